using System.Text;
using Nbc.Kernels.Movement;
using Nbc.Tensors;
using Nbc.Values;

namespace Nbc.Kernels.Making;

/// <summary>Cuts strings at a delimiter, into a new last axis that shorter ones fill up with empty strings.</summary>
/// <remarks>
/// Meaning: without a delimiter, at runs of white space, those at both ends left out. maxsplit bounds the cuts; what
/// follows the last stays whole. The second result is the number of parts of each.
/// Source: ONNX operator StringSplit, version 20.
/// </remarks>
internal sealed class StringSplit : Kernel
{
    private readonly byte[] _delimiter;
    private readonly long _cuts;

    public StringSplit(KernelAttributes attributes)
    {
        _delimiter = attributes.Has("delimiter") ? Encoding.UTF8.GetBytes(attributes.Text("delimiter")) : [];
        _cuts = attributes.Int("maxsplit", long.MaxValue) is var cuts && cuts < 0 ? long.MaxValue : cuts;
    }

    public override void Run(KernelContext context)
    {
        TensorValue x = context.Input(0);
        Dimensions.CheckType(x, ElementType.String, "X");
        List<byte[]>[] parts = new List<byte[]>[x.Count];
        int most = 0;
        for (int i = 0; i < parts.Length; i++)
        {
            parts[i] = _delimiter.Length > 0 ? AtDelimiter(x.Strings[i]) : AtSpaces(x.Strings[i]);
            most = Math.Max(most, parts[i].Count);
            context.ThrowIfCancelled();
        }

        Span<long> shape = stackalloc long[Dimensions.Rank(x.Rank + 1)];
        x.Shape.CopyTo(shape);
        shape[^1] = most;
        TensorValue y = context.Output(0, ElementType.String, shape);
        ElementMove.Clear(y);
        for (int i = 0; i < parts.Length; i++)
        {
            parts[i].CopyTo(y.Strings, i * most);
        }

        if (context.Wants(1))
        {
            Span<long> counts = context.Output(1, ElementType.Int64, x.Shape).Span<long>();
            for (int i = 0; i < counts.Length; i++)
            {
                counts[i] = parts[i].Count;
            }
        }
    }

    private List<byte[]> AtDelimiter(ReadOnlySpan<byte> text)
    {
        List<byte[]> parts = [];
        while (parts.Count < _cuts && text.IndexOf(_delimiter) is var at && at >= 0)
        {
            parts.Add(text[..at].ToArray());
            text = text[(at + _delimiter.Length)..];
        }

        parts.Add(text.ToArray());
        return parts;
    }

    private List<byte[]> AtSpaces(byte[] bytes)
    {
        List<byte[]> parts = [];
        ReadOnlySpan<char> text = Encoding.UTF8.GetString(bytes).AsSpan().TrimStart();
        while (!text.IsEmpty)
        {
            int end = 0;
            while (end < text.Length && !char.IsWhiteSpace(text[end]))
            {
                end++;
            }

            bool isLast = parts.Count >= _cuts;
            // What stays whole keeps the white space inside it, not that at its end.
            ReadOnlySpan<char> part = isLast ? text.TrimEnd() : text[..end];
            parts.Add(Encoding.UTF8.GetBytes(part.ToString()));
            text = isLast ? [] : text[end..].TrimStart();
        }

        return parts;
    }
}
