using Ahr.Ntir.Graph;
using Ahr.Ntir.Types;
using Nbc.Kernels;

namespace Ahr.Backends.Inspection;

/// <summary>How many additions and multiplications an operation needs, from the shapes that are known.</summary>
/// <remarks>
/// Meaning: a product of matrices or a convolution counts two for each product of two numbers; what works element by
/// element, or reduces, one for each element; a norm or a softmax <see cref="NormCost"/> for each; moving nothing.
/// A size that is not known counts as 1. Bodies of control flow count once, however often they run.
/// </remarks>
internal static class OperationCost
{
    public const double NormCost = 5;

    public static double Of(NtirOp op) => op.Name switch
    {
        "matmul" or "matmul_integer" or "ms.fused_matmul" or "ms.matmul_nbits" or "ms.dynamic_quantize_matmul"
            or "ms.matmul_integer_to_float" or "qlinear_matmul" => Product(op),
        "gemm" or "ms.fused_gemm" or "ms.qgemm" => Gemm(op),
        "conv" or "ms.fused_conv" or "ms.nhwc_conv" or "conv_integer" or "deform_conv" => Convolution(op, 1),
        "qlinear_conv" => Convolution(op, 3),
        "conv_transpose" => 2 * Elements(op.Operand(0)) * PerFirst(op.Operand(1)),
        "lstm" or "gru" or "rnn" => Recurrence(op),
        "attention" or "ms.multi_head_attention" => Attention(op),
        "average_pool" or "max_pool" or "lp_pool" => Elements(op.Result) * Window(op),
        _ => Plain(op),
    };

    /// <summary>True when a size that counts is not known.</summary>
    public static bool IsPartial(NtirOp op) => op.Results.Concat(op.Operands.OfType<NtirValue>())
        .Any(value => value.TensorType is { Shape: null or { IsStatic: false } });

    private static double Plain(NtirOp op)
    {
        if (op.Name.EndsWith("normalization", StringComparison.Ordinal) ||
            op.Name.EndsWith("softmax", StringComparison.Ordinal))
        {
            return NormCost * Elements(op.Result);
        }

        if (op.Name.StartsWith("reduce_", StringComparison.Ordinal) ||
            op.Name.StartsWith("global_", StringComparison.Ordinal))
        {
            return Elements(op.Operand(0));
        }

        bool isElementwise = KernelTable.Find(op.Name)?.Has(KernelTraits.Elementwise) == true;
        return isElementwise && op.Name != "cast" ? Elements(op.Result) : 0;
    }

    private static double Product(NtirOp op) => 2 * Elements(op.Result) * Size(op.Operand(0), -1);

    private static double Gemm(NtirOp op) =>
        2 * Elements(op.Result) * Size(op.Operand(0), op.Attributes.Int("transA") is > 0 ? 0 : 1);

    private static double Convolution(NtirOp op, int weight) =>
        2 * Elements(op.Result) * PerFirst(op.Operand(weight));

    // Each step multiplies with both matrices; the first two sizes are steps and batch, or batch and steps.
    private static double Recurrence(NtirOp op) => 2 * Size(op.Operand(0), 0) * Size(op.Operand(0), 1) *
        (Elements(op.Operand(1)) + Elements(op.Operand(2)));

    // Queries with keys, and weights with values.
    private static double Attention(NtirOp op)
    {
        int rank = op.Operand(1)?.TensorType?.Shape?.Rank ?? 3;
        return 4 * Elements(op.Operand(0)) * Size(op.Operand(1), rank - 2);
    }

    private static double Window(NtirOp op) =>
        (op.Attributes.Ints("kernel_shape") ?? []).Aggregate(1.0, (product, size) => product * size);

    private static double PerFirst(NtirValue? weights) => Elements(weights) / Math.Max(Size(weights, 0), 1);

    private static double Elements(NtirValue? value) => value?.TensorType?.Shape is { } shape
        ? shape.Aggregate(1.0, (product, dim) => product * Number(dim))
        : 1;

    private static double Size(NtirValue? value, int axis)
    {
        if (value?.TensorType?.Shape is not { } shape)
        {
            return 1;
        }

        int at = axis < 0 ? shape.Rank + axis : axis;
        return at >= 0 && at < shape.Rank ? Number(shape[at]) : 1;
    }

    private static double Number(Dim dim) => dim is { IsConstant: true, Value: >= 0 } ? dim.Value : 1;
}
