using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using Nbc.Tensors;
using Nbc.Values;

namespace Nbc.Kernels.Neural;

/// <summary>Checks of operands at the border of a kernel: what is wrong is said with expected and found.</summary>
internal static class Operand
{
    public static void ExpectType(TensorValue tensor, ElementType type, string name)
    {
        if (tensor.Type != type)
        {
            throw new KernelException(
                KernelFault.WrongType,
                $"{name} is {ElementTypes.TextOf(tensor.Type)}, expected {ElementTypes.TextOf(type)}");
        }
    }

    public static void ExpectRank(TensorValue tensor, int rank, string name)
    {
        if (tensor.Rank != rank)
        {
            throw new KernelException(
                KernelFault.WrongShape, $"{name} is {Shapes.Text(tensor.Shape)}, expected {rank} dimensions");
        }
    }

    public static void ExpectShape(TensorValue tensor, string name, params ReadOnlySpan<long> shape)
    {
        if (!tensor.Shape.SequenceEqual(shape))
        {
            throw new KernelException(
                KernelFault.WrongShape, $"{name} is {Shapes.Text(tensor.Shape)}, expected {Shapes.Text(shape)}");
        }
    }

    /// <summary>A shape that a condition of the operator does not allow.</summary>
    public static void Expect([DoesNotReturnIf(false)] bool holds, TensorValue tensor, string name, string expected)
    {
        if (!holds)
        {
            throw Shape(tensor, name, expected);
        }
    }

    /// <summary>As above; the text is only put together when it is needed: a run that goes well allocates
    /// nothing.</summary>
    public static void Expect(
        [DoesNotReturnIf(false)] bool holds,
        TensorValue tensor,
        string name,
        [InterpolatedStringHandlerArgument(nameof(holds))] ref ExpectedText expected)
    {
        if (!holds)
        {
            throw Shape(tensor, name, expected.ToString());
        }
    }

    public static KernelException Shape(TensorValue tensor, string name, string expected) =>
        new(KernelFault.WrongShape, $"{name} is {Shapes.Text(tensor.Shape)}, expected {expected}");

    public static KernelException Type(TensorValue tensor, string name) =>
        new(KernelFault.WrongType, $"{name} is {ElementTypes.TextOf(tensor.Type)}, which this operator does not take");

    public static KernelException Attribute(string name, object? value, string expected) =>
        new(KernelFault.WrongAttribute, $"attribute {name} is {value}, expected {expected}");

    /// <summary>The whole numbers of an int32 or int64 tensor, one at a time.</summary>
    public static long WholeAt(TensorValue tensor, int index) => tensor.Type switch
    {
        ElementType.Int32 => tensor.Span<int>()[index],
        ElementType.Int64 => tensor.Span<long>()[index],
        _ => throw Type(tensor, "an operand of whole numbers"),
    };
}

/// <summary>What was expected, written only where it was not met.</summary>
[InterpolatedStringHandler]
internal readonly ref struct ExpectedText
{
    private readonly StringBuilder? _text;

    public ExpectedText(int literalLength, int formattedCount, bool holds, out bool isNeeded)
    {
        isNeeded = !holds;
        _text = holds ? null : new StringBuilder(literalLength + (8 * formattedCount));
    }

    public void AppendLiteral(string text) => _text?.Append(text);

    public void AppendFormatted<T>(T value) => _text?.Append(CultureInfo.InvariantCulture, $"{value}");

    public override string ToString() => _text?.ToString() ?? "";
}
