namespace Nbc.Kernels.Reduction;

/// <summary>Which class is the code of which operator of Descriptors/Reduction.cs.</summary>
internal static class ReductionKernels
{
    public static void Register(IDictionary<string, KernelFactory> kernels)
    {
        kernels["reduce_sum"] = attributes => new ReduceKernel<SumOf>(attributes);
        kernels["reduce_mean"] = attributes => new ReduceKernel<MeanOf>(attributes);
        kernels["reduce_max"] = attributes => new ReduceKernel<MaxOf>(attributes);
        kernels["reduce_min"] = attributes => new ReduceKernel<MinOf>(attributes);
        kernels["reduce_prod"] = attributes => new ReduceKernel<ProductOf>(attributes);
        kernels["reduce_l1"] = attributes => new ReduceKernel<L1Of>(attributes);
        kernels["reduce_l2"] = attributes => new ReduceKernel<L2Of>(attributes);
        kernels["reduce_log_sum"] = attributes => new ReduceKernel<LogSumOf>(attributes);
        kernels["reduce_log_sum_exp"] = attributes => new ReduceLogSumExpKernel(attributes);
        kernels["reduce_sum_square"] = attributes => new ReduceKernel<SumSquareOf>(attributes);
        kernels["arg_max"] = attributes => new ArgKernel(attributes, isMax: true);
        kernels["arg_min"] = attributes => new ArgKernel(attributes, isMax: false);
        kernels["cum_sum"] = attributes => new CumulativeKernel<SumOf>(attributes);
        kernels["cum_prod"] = attributes => new CumulativeKernel<ProductOf>(attributes);
        kernels["top_k"] = attributes => new TopKKernel(attributes);
        kernels["softmax"] = attributes => new LaneKernel<Softmax>(attributes);
        kernels["log_softmax"] = attributes => new LaneKernel<LogSoftmax>(attributes);
        kernels["hardmax"] = attributes => new LaneKernel<Hardmax>(attributes);
        kernels["layer_normalization"] = attributes => new LayerNormalizationKernel(attributes, isRms: false);
        kernels["rms_normalization"] = attributes => new LayerNormalizationKernel(attributes, isRms: true);
        kernels["group_normalization"] = attributes => new GroupNormalizationKernel(attributes, isInstance: false);
        kernels["instance_normalization"] = attributes => new GroupNormalizationKernel(attributes, isInstance: true);
        kernels["batch_normalization"] = attributes => new BatchNormalizationKernel(attributes);
        kernels["lp_normalization"] = LpNormalizationKernel.Create;
        kernels["mean_variance_normalization"] = attributes => new MeanVarianceKernel(attributes);
        kernels["lrn"] = attributes => new LrnKernel(attributes);
    }
}
