using Ahr.Ntir.Graph;
using Ahr.Ntir.Inference;
using Ahr.Ntir.Types;
using Nbc.Kernels;
using Nbc.Tensors;
using Nbc.Values;

namespace Ahr.Ntir.Tests.Ops;

/// <summary>One operation under inference, its types written as <c>f32 [batch, 3]</c>; <c>f32 *</c> has no known
/// rank, <c>?</c> is no known type, <c>-</c> an absent operand.</summary>
internal static class RuleRun
{
    /// <param name="operands">Types as text, or tensors that are constants.</param>
    /// <returns>Types of the results as text, or <c>fails</c>.</returns>
    public static string[] ResultTypes(string name, KernelAttributes attributes, int results, params object[] operands)
    {
        NtirOp op = Infer(name, attributes, results, operands, out NtirModule module);
        return ShapeInference.Run(module).Count > 0
            ? ["fails"]
            : [.. op.Results.Select(result => Text(result.Type))];
    }

    public static string Type(string name, KernelAttributes attributes, params object[] operands) =>
        ResultTypes(name, attributes, 1, operands)[0];

    public static string Type(string name, params object[] operands) => Type(name, KernelAttributes.None, operands);

    /// <summary>The shape that a tensor of these sizes gets: shows which elements are known of a result.</summary>
    public static string Elements(string name, KernelAttributes attributes, params object[] operands)
    {
        NtirOp op = Infer(name, attributes, 1, operands, out NtirModule module);
        NtirOp made = module.Main.Body.Add(new NtirOp("expand",
            [Value(module, Numbers(1)), op.Result], [NtirType.Unknown]));
        ShapeInference.Run(module);
        return made.Result.Type is TensorType { Shape: { } shape } ? shape.ToString() : "?";
    }

    public static string Elements(string name, params object[] operands) =>
        Elements(name, KernelAttributes.None, operands);

    public static TensorValue Numbers(params long[] values) =>
        TensorValue.From<long>(ElementType.Int64, values, values.Length);

    /// <summary>A tensor of sizes [batch, 3]: what Shape gives of one.</summary>
    public static NtirValue Sizes(NtirModule module, string shape) =>
        module.Main.Body.Add(new NtirOp("shape", [Value(module, "f32 " + shape)], [NtirType.Unknown])).Result;

    private static NtirOp Infer(
        string name, KernelAttributes attributes, int results, object[] operands, out NtirModule module)
    {
        NtirModule made = module = new NtirModule();
        NtirValue?[] values = [.. operands.Select(operand => operand is "-" ? null : Value(made, operand))];
        return module.Main.Body.Add(new NtirOp(
            name, values, Enumerable.Repeat(NtirType.Unknown, results), attributes));
    }

    private static NtirValue Value(NtirModule module, object operand) => operand switch
    {
        TensorValue constant => module.Main.Body.Add(NtirOp.Constant(constant)).Result,
        string text when text.StartsWith("sizes ", StringComparison.Ordinal) => Sizes(module, text.Substring(6)),
        string text => module.Main.Body.AddParameter(Parse(text)),
        _ => throw new ArgumentException($"{operand} is no operand", nameof(operand)),
    };

    private static NtirType Parse(string text)
    {
        if (text == "?")
        {
            return NtirType.Unknown;
        }

        int blank = text.IndexOf(' ', StringComparison.Ordinal);
        Assert.True(ElementTypes.TryParseText(text.AsSpan(0, blank), out ElementType element), text);
        string shape = text[(blank + 1)..];
        return shape == "*" ? new TensorType(element, null)
            : new TensorType(element, new SymbolicShape(shape.Trim('[', ']')
                .Split(", ", StringSplitOptions.RemoveEmptyEntries).Select(dim => DimText.TryParse(dim)!)));
    }

    private static string Text(NtirType type) => type is TensorType tensor
        ? $"{ElementTypes.TextOf(tensor.Element)} {(tensor.Shape is { } shape ? shape.ToString() : "*")}"
        : "?";
}
