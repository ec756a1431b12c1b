using Nbc.Tensors;
using Nbc.Values;

namespace Nbc.Kernels.Tests.Neural;

/// <summary>A run takes all its memory from the context: nothing goes to the collector.</summary>
public sealed class RunAllocationTests
{
    public static TheoryData<string> Names => [.. s_runs.Keys];

    private static readonly Dictionary<string, Func<(KernelAttributes, NbcValue?[], int)>> s_runs = new()
    {
        ["matmul"] = () => (KernelAttributes.None, [Random(1, 2, 3, 40), Random(2, 2, 40, 50)], 1),
        ["gemm"] = () => (KernelAttributes.None, [Random(1, 4, 70), Random(2, 70, 40), Random(3, 40)], 1),
        ["einsum"] = () => (
            KernelAttributes.Of(("equation", "...ij,...jk->...ik")), [Random(1, 2, 8, 9), Random(2, 2, 9, 8)], 1),
        ["conv"] = () => (
            KernelAttributes.Of(("pads", new long[] { 1, 1, 1, 1 })),
            [Random(1, 1, 4, 8, 8), Random(2, 6, 4, 3, 3), Random(3, 6)], 1),
        ["conv_transpose"] = () => (
            KernelAttributes.Of(("strides", new long[] { 2 })), [Random(1, 1, 4, 8), Random(2, 4, 6, 3)], 1),
        ["deform_conv"] = () => (
            KernelAttributes.None, [Random(1, 1, 2, 5, 5), Random(2, 2, 2, 2, 2), Random(3, 1, 8, 4, 4)], 1),
        ["max_pool"] = () => (
            KernelAttributes.Of(("kernel_shape", new long[] { 2, 2 })), [Random(1, 1, 2, 6, 6)], 2),
        ["average_pool"] = () => (
            KernelAttributes.Of(("kernel_shape", new long[] { 2, 2 })), [Random(1, 1, 2, 6, 6)], 1),
        ["global_average_pool"] = () => (KernelAttributes.None, [Random(1, 1, 2, 6, 6)], 1),
        ["lstm"] = () => (KernelAttributes.None, [Random(1, 4, 2, 3), Random(2, 1, 20, 3), Random(3, 1, 20, 5)], 3),
        ["gru"] = () => (KernelAttributes.None, [Random(1, 4, 2, 3), Random(2, 1, 15, 3), Random(3, 1, 15, 5)], 2),
        ["attention"] = () => (
            KernelAttributes.Of(("is_causal", 1)),
            [Random(1, 1, 4, 5, 8), Random(2, 1, 2, 5, 8), Random(3, 1, 2, 5, 8)], 3),
        ["ms.gelu"] = () => (KernelAttributes.None, [Random(1, 4, 8)], 1),
        ["ms.skip_layer_normalization"] = () => (
            KernelAttributes.None, [Random(1, 1, 4, 8), Random(2, 1, 4, 8), Random(3, 8)], 1),
        ["ms.multi_head_attention"] = () => (
            KernelAttributes.Of(("num_heads", 2)), [Random(1, 1, 4, 8), Random(2, 1, 4, 8), Random(3, 1, 4, 8)], 1),
        ["ms.group_query_attention"] = () => (
            KernelAttributes.Of(("num_heads", 2), ("kv_num_heads", 2)),
            [
                Random(1, 1, 4, 8), Random(2, 1, 4, 8), Random(3, 1, 4, 8), null, null, Given.Ints([1], 3),
                Given.Ints([1], 4),
            ],
            3),
        ["ms.matmul_nbits"] = () => (
            KernelAttributes.Of(("K", 16), ("N", 2), ("block_size", 16)),
            [Random(1, 3, 16), Given.Bytes(ElementType.UInt8, [2, 1, 8], new byte[16]), Random(2, 2)], 1),
        ["ml.scaler"] = () => (
            KernelAttributes.Of(("offset", new double[] { 1 }), ("scale", new double[] { 2 })), [Random(1, 3, 2)], 1),
    };

    [Theory]
    [MemberData(nameof(Names))]
    public void Nothing_is_allocated(string name)
    {
        (KernelAttributes attributes, NbcValue?[] operands, int results) = s_runs[name]();
        Kernel kernel = KernelRegistry.Create(name, attributes);
        kernel.Prepare(new TensorValue?[operands.Length]);
        ReusedContext context = new(results, operands) { Reuses = true };
        kernel.Run(context);
        context.Start();
        kernel.Run(context);
        context.Start();
        long before = GC.GetAllocatedBytesForCurrentThread();
        kernel.Run(context);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private static TensorValue Random(int seed, params long[] shape) => Given.Random(seed, shape);
}
