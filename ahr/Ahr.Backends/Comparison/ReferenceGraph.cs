using Ahr.Backends.OnnxRuntime;

namespace Ahr.Backends.Comparison;

/// <summary>A copy of an ONNX model in which every value of the main graph is an output.</summary>
/// <remarks>
/// Meaning: a message field that comes twice in protobuf is one message with the fields of both, so that a second graph
/// behind the file adds outputs to the first, and nothing needs to be understood or written anew.
/// Source: onnx.proto (ModelProto.graph, GraphProto.node and output, NodeProto.output, ValueInfoProto.name).
/// </remarks>
internal sealed class ReferenceGraph
{
    private const int GraphField = 7;
    private const int OutputField = 12;
    private readonly List<string> _made = [];
    private readonly HashSet<string> _outputs = new(StringComparer.Ordinal);

    private ReferenceGraph()
    {
    }

    /// <summary>Names of all values that nodes of the main graph make, in the order of the nodes.</summary>
    public IReadOnlyList<string> Values => _made;

    /// <returns>Null when the bytes are no ONNX model.</returns>
    public static ReferenceGraph? Read(Stream model)
    {
        ReferenceGraph graph = new();
        ProtoReader reader = new(model);
        while (reader.TryReadField(reader.Length, out int field, out int kind))
        {
            if ((field, kind) == (GraphField, 2))
            {
                graph.ReadGraph(reader, reader.ReadEnd(reader.Length));
            }
            else
            {
                reader.Skip(kind, reader.Length);
            }
        }

        return reader.IsFaulty ? null : graph;
    }

    /// <summary>The model with further outputs.</summary>
    /// <param name="wanted">Which values; those that are outputs already are left out.</param>
    public byte[] Extend(ReadOnlySpan<byte> model, IEnumerable<string> wanted)
    {
        using MemoryStream outputs = new();
        foreach (string name in wanted.Where(name => !_outputs.Contains(name)))
        {
            byte[] text = System.Text.Encoding.UTF8.GetBytes(name);
            using MemoryStream value = new();
            WriteField(value, 1, text); // ValueInfoProto.name
            WriteField(outputs, OutputField, value.ToArray());
        }

        using MemoryStream all = new();
        all.Write(model);
        WriteField(all, GraphField, outputs.ToArray());
        return all.ToArray();
    }

    private void ReadGraph(ProtoReader reader, long end)
    {
        while (reader.TryReadField(end, out int field, out int kind))
        {
            switch (field, kind)
            {
                case (1, 2):
                    ReadNames(reader, reader.ReadEnd(end), 2, _made.Add);
                    break;
                case (OutputField, 2):
                    ReadNames(reader, reader.ReadEnd(end), 1, name => _outputs.Add(name));
                    break;
                default:
                    reader.Skip(kind, end);
                    break;
            }
        }
    }

    private static void ReadNames(ProtoReader reader, long end, int wanted, Action<string> take)
    {
        while (reader.TryReadField(end, out int field, out int kind))
        {
            if (field != wanted || kind != 2)
            {
                reader.Skip(kind, end);
            }
            else if (reader.ReadText(end) is { Length: > 0 } name)
            {
                take(name);
            }
        }
    }

    private static void WriteField(MemoryStream target, int field, ReadOnlySpan<byte> bytes)
    {
        WriteNumber(target, ((uint)field << 3) | 2);
        WriteNumber(target, (uint)bytes.Length);
        target.Write(bytes);
    }

    private static void WriteNumber(MemoryStream target, uint number)
    {
        for (; number >= 0x80; number >>= 7)
        {
            target.WriteByte((byte)(number | 0x80));
        }

        target.WriteByte((byte)number);
    }
}
