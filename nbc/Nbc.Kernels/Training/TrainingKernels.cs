namespace Nbc.Kernels.Training;

/// <summary>Which class is the code of which operator of Descriptors/Training.cs.</summary>
internal static class TrainingKernels
{
    public static void Register(IDictionary<string, KernelFactory> kernels)
    {
        kernels["training.adagrad"] = attributes => new AdagradKernel(attributes);
        kernels["training.adam"] = attributes => new AdamKernel(attributes);
        kernels["training.momentum"] = attributes => new MomentumKernel(attributes);
        kernels["negative_log_likelihood_loss"] = attributes => new LossKernel(attributes, isSoftmax: false);
        kernels["softmax_cross_entropy_loss"] = attributes => new LossKernel(attributes, isSoftmax: true);
    }
}
