namespace Ahr.Backends.OnnxRuntime;

/// <summary>Data that a model keeps in another file.</summary>
internal readonly record struct ExternalData(string Location, string Offset, string Length);

/// <summary>What must be known of an ONNX file before an engine may open it.</summary>
/// <remarks>
/// Bound: nesting of graphs by <see cref="DeepestGraph"/>; memory by the distinct external files and rankless inputs,
/// at most <see cref="MostExternal"/> each.
/// Source: onnx.proto (ModelProto, GraphProto, NodeProto, AttributeProto, TensorProto, ValueInfoProto, FunctionProto).
/// </remarks>
internal sealed class OnnxFile
{
    public const int DeepestGraph = 32;
    public const int MostExternal = 65_536;

    private readonly HashSet<ExternalData> _external = [];
    private readonly HashSet<string> _rankless = new(StringComparer.Ordinal);

    private OnnxFile()
    {
    }

    public long IrVersion { get; private set; }

    /// <summary>Version of the standard operator set that the model asks for; 0 when it asks for none.</summary>
    public long Opset { get; private set; }

    public bool HasGraph { get; private set; }

    public IReadOnlyCollection<ExternalData> External => _external;

    /// <summary>Inputs and outputs of the main graph without a declared shape.</summary>
    public IReadOnlySet<string> Rankless => _rankless;

    /// <summary>Reads the file's structure; null when it is not a whole ONNX model.</summary>
    public static OnnxFile? Read(Stream stream)
    {
        OnnxFile file = new();
        ProtoReader reader = new(stream);
        while (reader.TryReadField(reader.Length, out int field, out int kind))
        {
            switch (field, kind)
            {
                case (1, 0):
                    file.IrVersion = (long)reader.ReadVarint();
                    break;
                case (7, 2):
                    file.HasGraph = true;
                    file.ReadGraph(reader, reader.ReadEnd(reader.Length), 0);
                    break;
                case (8, 2):
                    file.ReadOpset(reader, reader.ReadEnd(reader.Length));
                    break;
                case (25, 2): // a function: field 7 holds its nodes
                    file.ReadFunction(reader, reader.ReadEnd(reader.Length));
                    break;
                default:
                    reader.Skip(kind, reader.Length);
                    break;
            }
        }

        return reader.IsFaulty || !file.HasGraph || file.IrVersion <= 0 || file._external.Count > MostExternal
            ? null
            : file;
    }

    private void ReadGraph(ProtoReader reader, long end, int depth)
    {
        while (depth <= DeepestGraph && reader.TryReadField(end, out int field, out int kind))
        {
            switch (field, kind)
            {
                case (1, 2):
                    ReadNode(reader, reader.ReadEnd(end), depth);
                    break;
                case (5, 2):
                    ReadTensor(reader, reader.ReadEnd(end));
                    break;
                case (11 or 12, 2) when depth == 0:
                    ReadValueInfo(reader, reader.ReadEnd(end));
                    break;
                case (15, 2):
                    ReadSparseTensor(reader, reader.ReadEnd(end));
                    break;
                default:
                    reader.Skip(kind, end);
                    break;
            }
        }

        if (depth > DeepestGraph)
        {
            reader.Refuse(); // the engine would recurse as deep
        }
    }

    private void ReadFunction(ProtoReader reader, long end)
    {
        while (reader.TryReadField(end, out int field, out int kind))
        {
            if (field == 7 && kind == 2)
            {
                ReadNode(reader, reader.ReadEnd(end), 0);
            }
            else
            {
                reader.Skip(kind, end);
            }
        }
    }

    private void ReadNode(ProtoReader reader, long end, int depth)
    {
        while (reader.TryReadField(end, out int field, out int kind))
        {
            if (field == 5 && kind == 2)
            {
                ReadAttribute(reader, reader.ReadEnd(end), depth);
            }
            else
            {
                reader.Skip(kind, end);
            }
        }
    }

    private void ReadAttribute(ProtoReader reader, long end, int depth)
    {
        while (reader.TryReadField(end, out int field, out int kind))
        {
            switch (field, kind)
            {
                case (5 or 10, 2):
                    ReadTensor(reader, reader.ReadEnd(end));
                    break;
                case (6 or 11, 2):
                    ReadGraph(reader, reader.ReadEnd(end), depth + 1);
                    break;
                case (22 or 23, 2):
                    ReadSparseTensor(reader, reader.ReadEnd(end));
                    break;
                default:
                    reader.Skip(kind, end);
                    break;
            }
        }
    }

    private void ReadSparseTensor(ProtoReader reader, long end)
    {
        while (reader.TryReadField(end, out int field, out int kind))
        {
            if (field is 1 or 2 && kind == 2)
            {
                ReadTensor(reader, reader.ReadEnd(end));
            }
            else
            {
                reader.Skip(kind, end);
            }
        }
    }

    private void ReadTensor(ProtoReader reader, long end)
    {
        string location = "", offset = "", length = "";
        bool isExternal = false;
        while (reader.TryReadField(end, out int field, out int kind))
        {
            switch (field, kind)
            {
                case (13, 2):
                    (string key, string value) = ReadEntry(reader, reader.ReadEnd(end));
                    isExternal = true;
                    location = key == "location" ? value : location;
                    offset = key == "offset" ? value : offset;
                    length = key == "length" ? value : length;
                    break;
                case (14, 0):
                    isExternal |= reader.ReadVarint() != 0;
                    break;
                default:
                    reader.Skip(kind, end);
                    break;
            }
        }

        if (isExternal && _external.Count <= MostExternal)
        {
            _external.Add(new ExternalData(location, offset, length));
        }
    }

    private static (string Key, string Value) ReadEntry(ProtoReader reader, long end)
    {
        string key = "", value = "";
        while (reader.TryReadField(end, out int field, out int kind))
        {
            switch (field, kind)
            {
                case (1, 2):
                    key = reader.ReadText(end);
                    break;
                case (2, 2):
                    value = reader.ReadText(end);
                    break;
                default:
                    reader.Skip(kind, end);
                    break;
            }
        }

        return (key, value);
    }

    private void ReadOpset(ProtoReader reader, long end)
    {
        string domain = "";
        long version = 0;
        while (reader.TryReadField(end, out int field, out int kind))
        {
            switch (field, kind)
            {
                case (1, 2):
                    domain = reader.ReadText(end);
                    break;
                case (2, 0):
                    version = (long)reader.ReadVarint();
                    break;
                default:
                    reader.Skip(kind, end);
                    break;
            }
        }

        Opset = domain is "" or "ai.onnx" ? version : Opset;
    }

    // ValueInfoProto: name 1, type 2. TypeProto: tensor_type 1. Tensor: shape 2.
    private void ReadValueInfo(ProtoReader reader, long end)
    {
        string name = "";
        bool hasShape = false;
        while (reader.TryReadField(end, out int field, out int kind))
        {
            switch (field, kind)
            {
                case (1, 2):
                    name = reader.ReadText(end);
                    break;
                case (2, 2):
                    hasShape = HasField(reader, reader.ReadEnd(end), 1, 2);
                    break;
                default:
                    reader.Skip(kind, end);
                    break;
            }
        }

        if (!hasShape && _rankless.Count < MostExternal)
        {
            _rankless.Add(name);
        }
    }

    private static bool HasField(ProtoReader reader, long end, int outer, int inner)
    {
        bool found = false;
        while (reader.TryReadField(end, out int field, out int kind))
        {
            if (field == outer && kind == 2)
            {
                found = inner == 0 || HasField(reader, reader.ReadEnd(end), inner, 0) || found;
                if (inner == 0)
                {
                    reader.Skip(kind, end);
                }
            }
            else
            {
                reader.Skip(kind, end);
            }
        }

        return found;
    }
}
