using Ahr.Ntir.Graph;
using Ahr.Ntir.Inference;
using Ahr.Ntir.Types;
using Nbc.Kernels;
using Nbc.Tensors;
using Nbc.Values;

namespace Ahr.Ntir.Tests.Ops.Movement;

/// <summary>One operation on operands that are written as people write types: <c>f32 [n, 3, ?]</c>.</summary>
internal static class TypeScene
{
    public static KernelAttributes With(params ReadOnlySpan<(string Name, AttributeValue Value)> values) =>
        KernelAttributes.Of(values);

    /// <param name="operands">Texts are types of inputs, null is absent, <c>long[]</c> and tensors are constants; an
    /// operation stands for its first result.</param>
    public static NtirOp Add(NtirModule module, string name, KernelAttributes attributes, int results,
        object?[] operands)
    {
        NtirRegion body = module.Main.Body;
        NtirValue?[] values = [.. operands.Select(operand => operand switch
        {
            string text => body.AddParameter(Parse(text)),
            NtirType type => body.AddParameter(type),
            long[] numbers => body.Add(NtirOp.Constant(TensorValue.From<long>(
                ElementType.Int64, numbers, numbers.Length))).Result,
            TensorValue tensor => body.Add(NtirOp.Constant(tensor)).Result,
            NtirOp op => op.Result,
            _ => null,
        })];
        return body.Add(new NtirOp(name, values, Enumerable.Repeat(NtirType.Unknown, results), attributes));
    }

    /// <summary>The types of all results, each as a text.</summary>
    public static string[] Infer(string name, KernelAttributes attributes, int results, params object?[] operands)
    {
        NtirModule module = new();
        NtirOp op = Add(module, name, attributes, results, operands);
        IReadOnlyList<Diagnostic> diagnostics = ShapeInference.Run(module);
        Assert.Empty(diagnostics);
        return [.. op.Results.Select(result => Text(result.Type))];
    }

    public static string Infer(string name, KernelAttributes attributes, params object?[] operands) =>
        Infer(name, attributes, 1, operands)[0];

    public static string Infer(string name, params object?[] operands) =>
        Infer(name, KernelAttributes.None, 1, operands)[0];

    /// <summary>What is computed of sizes, read off the shape that constant_of_shape makes of it.</summary>
    public static string Elements(string name, KernelAttributes attributes, params object?[] operands)
    {
        NtirModule module = new();
        NtirOp op = Add(module, name, attributes, 1, operands);
        NtirOp user = Add(module, "constant_of_shape", KernelAttributes.None, 1, [op]);
        Assert.Empty(ShapeInference.Run(module));
        return Text(user.Result.Type);
    }

    public static void Refuses(string name, KernelAttributes attributes, params object?[] operands)
    {
        NtirModule module = new();
        Add(module, name, attributes, 1, operands);
        Diagnostic diagnostic = Assert.Single(ShapeInference.Run(module));
        Assert.NotEmpty(diagnostic.Detail);
    }

    /// <summary>A size of this name, made by an operation: what a shape gives.</summary>
    public static NtirType Parse(string text)
    {
        if (text == "unknown")
        {
            return NtirType.Unknown;
        }

        int at = text.IndexOf(' ', StringComparison.Ordinal);
        Assert.True(ElementTypes.TryParseText(text.AsSpan(0, at), out ElementType element));
        string sizes = text[(at + 1)..];
        return new TensorType(element, sizes == "*" ? null : new SymbolicShape(
            sizes[1..^1].Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
                .Select(size => DimText.TryParse(size)!)));
    }

    private static string Text(NtirType type) => type switch
    {
        TensorType tensor => $"{ElementTypes.TextOf(tensor.Element)} {tensor.Shape?.ToString() ?? "*"}",
        SequenceType sequence => $"list of {Text(sequence.Element)}",
        OptionalType optional => $"perhaps {Text(optional.Element)}",
        _ => "unknown",
    };
}
