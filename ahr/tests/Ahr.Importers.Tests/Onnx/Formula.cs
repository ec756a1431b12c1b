using System.Globalization;
using System.Text;
using Ahr.Ntir.Graph;
using Nbc.Kernels;
using Nbc.Tensors;
using Nbc.Values;

namespace Ahr.Importers.Tests.Onnx;

/// <summary>A module as one formula a result: <c>reshape(x, concat([2], shape(x)){axis=0})</c>.</summary>
internal static class Formula
{
    public static string Of(NtirModule module) => Of(module.Main.Body);

    public static string Of(NtirRegion region) => string.Join("; ", region.Results.Select(Of));

    public static string Of(NtirValue? value)
    {
        if (value is null)
        {
            return "_";
        }

        if (value.TryGetConstant(out TensorValue? constant))
        {
            return Text(constant);
        }

        return value.Producer is { } op
            ? Of(op) + (op.Results.Count > 1 ? $"#{value.Index}" : "")
            : value.Name ?? $"arg{value.Index}";
    }

    private static string Of(NtirOp op)
    {
        StringBuilder text = new($"{op.Name}({string.Join(", ", op.Operands.Select(Of))})");
        if (op.Attributes.Count > 0)
        {
            text.Append($"{{{string.Join(", ", op.Attributes.All.Select(a => $"{a.Key}={Text(a.Value)}"))}}}");
        }

        foreach (NtirRegion region in op.Regions)
        {
            text.Append($" {{({string.Join(", ", region.Parameters.Select(Of))}) -> {Of(region)}}}");
        }

        return text.ToString();
    }

    private static string Text(AttributeValue value) => value.Kind switch
    {
        AttributeKind.Int => $"{value.Int}",
        AttributeKind.Float => Number(value.Float),
        AttributeKind.Text => value.Text,
        AttributeKind.Ints => $"[{string.Join(", ", value.Ints)}]",
        AttributeKind.Floats => $"[{string.Join(", ", value.Floats.Select(Number))}]",
        AttributeKind.Texts => $"[{string.Join(", ", value.Texts.Select(Encoding.UTF8.GetString))}]",
        AttributeKind.Tensor => Text(value.Tensor),
        _ => value.Kind.ToString(),
    };

    private static string Text(TensorValue tensor)
    {
        string[] items = tensor.Type switch
        {
            ElementType.Int64 => [.. tensor.Span<long>().ToArray().Select(item => $"{item}")],
            ElementType.Float32 => [.. tensor.Span<float>().ToArray().Select(item => Number(item))],
            ElementType.Bool => [.. tensor.Span<byte>().ToArray().Select(item => item != 0 ? "true" : "false")],
            ElementType.String => [.. tensor.Strings.Select(Encoding.UTF8.GetString)],
            _ => [tensor.ToString()],
        };
        string list = string.Join(", ", items);
        return tensor.Rank == 0 ? list : tensor.Rank == 1 ? $"[{list}]" : $"{Shapes.Text(tensor.Shape)}[{list}]";
    }

    private static string Number(double number) => ((float)number).ToString(CultureInfo.InvariantCulture);
}
