using Ahr.Ntir;

namespace Ahr.Importers.Onnx.Proto;

/// <summary>Walks the bytes of a model file before anything is made of them.</summary>
/// <remarks>
/// Meaning: a message of two bytes becomes an object of some hundred, and messages nest: both are counted first.
/// Cost: one pass over the heads of all fields; contents of tensors are skipped. No allocation.
/// </remarks>
internal static class WireScan
{
    /// <summary>Messages inside each other; Google.Protobuf stops at 100.</summary>
    public const int DeepestNesting = 96;

    private const int VarintBits = 64;

    private enum Kind
    {
        Leaf,
        Model,
        Graph,
        Function,
        Node,
        Attribute,
        Value,
        Type,
        TensorType,
        Item,
        Map,
        Shape,
        Tensor,
        Sparse,
    }

    /// <exception cref="ImportException">The bytes are no messages, or too many of them, or too deep.</exception>
    public static void Check(ReadOnlySpan<byte> bytes, int maxMessages)
    {
        Span<int> ends = stackalloc int[DeepestNesting];
        Span<Kind> kinds = stackalloc Kind[DeepestNesting];
        int depth = 0;
        int messages = 1;
        (ends[0], kinds[0]) = (bytes.Length, Kind.Model);
        int at = 0;
        while (true)
        {
            while (at == ends[depth])
            {
                if (depth-- == 0)
                {
                    return;
                }
            }

            ulong tag = Varint(bytes[..ends[depth]], ref at);
            int length = LengthOf((int)(tag & 7), bytes[..ends[depth]], ref at);
            if ((tag & 7) == 2 && Child(kinds[depth], tag >> 3) is { } child)
            {
                if (++messages > maxMessages)
                {
                    throw new ImportException(NtirFault.TooLarge, $"the file holds more than {maxMessages} messages");
                }

                if (++depth == DeepestNesting)
                {
                    throw new ImportException(
                        NtirFault.TooLarge, $"messages of the file are more than {DeepestNesting} inside each other");
                }

                (ends[depth], kinds[depth]) = (at + length, child);
                continue;
            }

            at += length;
        }
    }

    private static int LengthOf(int wire, ReadOnlySpan<byte> bytes, ref int at)
    {
        ulong length = 0;
        switch (wire)
        {
            case 0:
                Varint(bytes, ref at);
                break;
            case 1:
                length = sizeof(ulong);
                break;
            case 2:
                length = Varint(bytes, ref at);
                break;
            case 5:
                length = sizeof(uint);
                break;
            default:
                throw Malformed();
        }

        return length <= (ulong)(bytes.Length - at) ? (int)length : throw Malformed();
    }

    private static ulong Varint(ReadOnlySpan<byte> bytes, ref int at)
    {
        ulong value = 0;
        for (int shift = 0; shift < VarintBits; shift += 7)
        {
            if (at == bytes.Length)
            {
                break;
            }

            byte next = bytes[at++];
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80)
            {
                return value;
            }
        }

        throw Malformed();
    }

    // Fields that hold messages; all else is skipped.
    private static Kind? Child(Kind parent, ulong field) => (parent, field) switch
    {
        (Kind.Model, 7) => Kind.Graph,
        (Kind.Model, 25) => Kind.Function,
        (Kind.Model, 8 or 14) => Kind.Leaf,
        (Kind.Graph or Kind.Attribute, 5) => Kind.Tensor,
        (Kind.Graph, 1) or (Kind.Function, 7) => Kind.Node,
        (Kind.Graph, 11 or 12 or 13) or (Kind.Function, 12) => Kind.Value,
        (Kind.Graph, 15) or (Kind.Attribute, 22 or 23) => Kind.Sparse,
        (Kind.Function, 9) => Kind.Leaf,
        (Kind.Function, 11) or (Kind.Node, 5) => Kind.Attribute,
        (Kind.Attribute, 6 or 11) => Kind.Graph,
        (Kind.Attribute, 10) or (Kind.Sparse, 1 or 2) => Kind.Tensor,
        (Kind.Attribute, 14 or 15) or (Kind.Value, 2) or (Kind.Item, 1) or (Kind.Map, 2) => Kind.Type,
        (Kind.Type, 1 or 8) => Kind.TensorType,
        (Kind.Type, 4 or 9) => Kind.Item,
        (Kind.Type, 5) => Kind.Map,
        (Kind.Type, 7) or (Kind.Shape, 1) or (Kind.Tensor, 3 or 13) => Kind.Leaf,
        (Kind.TensorType, 2) => Kind.Shape,
        _ => null,
    };

    private static ImportException Malformed() =>
        new(NtirFault.Malformed, "the file is no ONNX model: its bytes are no messages, or it ends too early");
}
