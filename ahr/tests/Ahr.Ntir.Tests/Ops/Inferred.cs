using Ahr.Ntir.Graph;
using Ahr.Ntir.Inference;
using Ahr.Ntir.Types;
using Nbc.Kernels;
using Nbc.Tensors;
using Nbc.Values;

namespace Ahr.Ntir.Tests.Ops;

/// <summary>Infers one operation from operands written as text: <c>f32[batch, 3, ?]</c>, <c>f32*</c> of unknown rank,
/// an empty text for an absent operand.</summary>
internal static class Inferred
{
    public static string[] Types(
        string name, (string, AttributeValue)[] attributes, int results, params string[] operands) =>
        Types(name, attributes, results, new Dictionary<int, TensorValue>(), operands);

    /// <param name="constants">Operands whose content is known.</param>
    public static string[] Types(
        string name, (string, AttributeValue)[] attributes, int results, Dictionary<int, TensorValue> constants,
        params string[] operands)
    {
        (NtirOp op, IReadOnlyList<Diagnostic> faults) = Run(name, attributes, results, constants, operands);
        Assert.Empty(faults);
        return [.. op.Results.Select(value => Text(value.Type))];
    }

    /// <summary>The first result.</summary>
    public static string First(string name, (string, AttributeValue)[] attributes, params string[] operands) =>
        Types(name, attributes, 1, operands)[0];

    public static void Fails(string name, (string, AttributeValue)[] attributes, params string[] operands) =>
        Assert.NotEmpty(Run(name, attributes, 1, [], operands).Faults);

    public static NtirType Parse(string text)
    {
        int at = text.IndexOfAny(['[', '*']);
        Assert.True(ElementTypes.TryParseText(text.AsSpan(0, at), out ElementType element), text);
        if (text[at] == '*')
        {
            return new TensorType(element, null);
        }

        string[] sizes = text[(at + 1)..^1].Split(',', StringSplitOptions.RemoveEmptyEntries);
        return new TensorType(element, new SymbolicShape(sizes.Select(size =>
            size.Trim() == "?" ? Dim.Unknown
            : long.TryParse(size, out long number) ? number : Dim.Symbol(size.Trim()))));
    }

    private static (NtirOp Op, IReadOnlyList<Diagnostic> Faults) Run(
        string name, (string, AttributeValue)[] attributes, int results, Dictionary<int, TensorValue> constants,
        string[] operands)
    {
        NtirModule module = new();
        NtirRegion body = module.Main.Body;
        List<NtirValue?> values = [];
        for (int i = 0; i < operands.Length; i++)
        {
            values.Add(constants.TryGetValue(i, out TensorValue? constant)
                ? body.Add(NtirOp.Constant(constant)).Result
                : operands[i].Length == 0 ? null : body.AddParameter(Parse(operands[i])));
        }

        NtirOp op = body.Add(new NtirOp(
            name, values, Enumerable.Repeat(NtirType.Unknown, results), KernelAttributes.Of(attributes)));
        return (op, ShapeInference.Run(module));
    }

    private static string Text(NtirType type) => type is TensorType tensor
        ? ElementTypes.TextOf(tensor.Element) + (tensor.Shape is null ? "*" : $"[{string.Join(", ", tensor.Shape)}]")
        : type.ToString()!;
}
