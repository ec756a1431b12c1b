using System.Globalization;
using System.Text;
using Ahr.Ntir.Binary;
using Nbc.Tensors;
using Nbc.Values;

namespace Ahr.Ntir.Text;

/// <summary>How a module is printed.</summary>
public sealed record NtirTextOptions
{
    /// <summary>Unit: bytes. Larger tensors are named by their SHA-256 instead of written out.</summary>
    public long MostInlineBytes { get; init; } = long.MaxValue;

    /// <summary>Whether each operation says where in the model it comes from.</summary>
    public bool WithLocations { get; init; } = true;
}

/// <summary>Finds the elements of tensors that a text names by their SHA-256.</summary>
public interface INtirContent
{
    /// <param name="sha256">Sixty-four hex digits.</param>
    /// <returns>Null when there is no such content.</returns>
    TensorMemory? Find(string sha256);
}

/// <summary>Tensors in the text form; see <see cref="AttributeText"/>.</summary>
internal static class TensorText
{
    private const int HashLength = 64;

    public static void Print(StringBuilder text, TensorValue tensor, NtirTextOptions options)
    {
        bool isInline = tensor.Type == ElementType.String || tensor.ByteCount <= options.MostInlineBytes;
        text.Append(isInline ? "#ntir.tensor<" : "#ntir.content<").Append(TypeText.Element(tensor.Type))
            .Append(", ").Append(Shapes.Text(tensor.Shape)).Append(", ");
        if (tensor.Type == ElementType.String)
        {
            AttributeText.List(text, tensor.Strings);
        }
        else
        {
            ReadOnlySpan<byte> shown = isInline ? tensor.Bytes() : NtirBinary.Hash(tensor);
            text.Append('"').Append(Convert.ToHexString(shown)).Append('"');
        }

        text.Append('>');
    }

    public static TensorValue? Parse(Scanner scanner, INtirContent? content)
    {
        bool isElsewhere = scanner.TryTake("#ntir.content<");
        if (!isElsewhere && !scanner.Expect("#ntir.tensor<"))
        {
            return null;
        }

        if (TypeText.ParseElement(scanner) is not { } type || !scanner.Expect(",") ||
            ParseShape(scanner) is not { } shape || !scanner.Expect(","))
        {
            return null;
        }

        if (!Tensor.TryCount(shape, out long count) || count > int.MaxValue)
        {
            return scanner.Fail<TensorValue>($"{Shapes.Text(shape)} is no shape of a tensor", NtirFault.TooLarge);
        }

        TensorValue? tensor = type == ElementType.String
            ? ParseStrings(scanner, shape, count)
            : isElsewhere ? Find(scanner, content, type, shape, count) : ParseHex(scanner, type, shape, count);
        return tensor is not null && scanner.Expect(">") ? tensor : null;
    }

    private static long[]? ParseShape(Scanner scanner)
    {
        List<long> shape = [];
        if (!scanner.Expect("["))
        {
            return null;
        }

        while (!scanner.TryTake("]"))
        {
            if ((shape.Count > 0 && !scanner.Expect(",")) || scanner.TakeInt() is not { } size)
            {
                return null;
            }

            shape.Add(size);
        }

        return [.. shape];
    }

    private static TensorValue? ParseStrings(Scanner scanner, long[] shape, long count) =>
        AttributeText.ParseList(scanner) is not { } strings ? null
        : strings.Count == count ? TensorValue.FromStrings([.. strings], shape)
        : scanner.Fail<TensorValue>($"{Shapes.Text(shape)} has {count} elements, {strings.Count} are given");

    private static TensorValue? ParseHex(Scanner scanner, ElementType type, long[] shape, long count)
    {
        if (!scanner.Expect("\""))
        {
            return null;
        }

        string digits = scanner.TakeUntil('"');
        long bytes = count * ElementTypes.SizeOf(type);
        if (digits.Length != bytes * 2 || type == ElementType.Undefined)
        {
            return scanner.Fail<TensorValue>(string.Create(
                CultureInfo.InvariantCulture, $"{bytes * 2} hex digits are needed, {digits.Length} are given"));
        }

        TensorValue tensor = TensorValue.Allocate(type, shape);
        return Convert.FromHexString(digits, tensor.Bytes(), out _, out _) == System.Buffers.OperationStatus.Done &&
            scanner.Expect("\"")
            ? tensor
            : scanner.Fail<TensorValue>("elements are written as hex digits");
    }

    private static TensorValue? Find(
        Scanner scanner, INtirContent? content, ElementType type, long[] shape, long count)
    {
        if (scanner.TakeText() is not { } bytes)
        {
            return null;
        }

        string hash = Encoding.UTF8.GetString(bytes);
        if (hash.Length != HashLength || content?.Find(hash) is not { } memory)
        {
            return scanner.Fail<TensorValue>($"the content {hash} is not there", NtirFault.MissingContent);
        }

        if (memory.Length != count * ElementTypes.SizeOf(type))
        {
            return scanner.Fail<TensorValue>($"the content {hash} has another size", NtirFault.MissingContent);
        }

        TensorValue tensor = new();
        tensor.Reset(type, shape, memory, 0);
        return tensor;
    }
}
