using Ahr.Ntir.Graph;
using Ahr.Ntir.Text;
using Ahr.Ntir.Types;
using Nbc.Kernels;
using Nbc.Tensors;
using Nbc.Values;

namespace Ahr.Ntir.Binary;

/// <summary>Reads the sections of a module; the first fault is in the fields' reader.</summary>
/// <param name="checkContent">Whether each constant is compared with its SHA-256.</param>
internal sealed unsafe class ModuleReader(
    FieldReader fields,
    ForeignMemory memory,
    SortedDictionary<uint, (long Offset, long Length)> table,
    bool checkContent)
{
    private const int HighestRank = 64;

    private readonly List<NtirValue> _values = [];
    private readonly Dictionary<(ulong Offset, long Bytes), byte[]> _places = [];
    private string[] _texts = [];
    private Dim?[] _sizes = [];
    private int _readFunctions;
    private long _claimed;
    private TensorValue[] _constants = [];
    private readonly List<(NtirType Type, int Depth)> _types = [];

    /// <returns>Something without meaning after a fault.</returns>
    public NtirModule Read()
    {
        NtirModule module = new();
        Section(BinaryLayout.Texts, () => _texts = [.. fields.List(fields.Utf8Text)]);
        _sizes = new Dim?[_texts.Length];
        Section(BinaryLayout.Types, () => fields.List(ReadType));
        Section(BinaryLayout.Constants, () => _constants = [.. fields.List(ReadConstant)]);
        Section(BinaryLayout.Module, () => ReadModule(module));
        return module;
    }

    private void Section(uint kind, Action read)
    {
        if (fields.Fault is not null)
        {
            return;
        }

        (long offset, long length) = table[kind];
        fields.Enter(offset, length);
        read();
        if (!fields.IsAtEnd)
        {
            fields.Fail($"bytes are left at the end of section {kind}");
        }
    }

    private bool ReadType()
    {
        int depth = 0;
        byte kind = fields.Byte();
        NtirType type = kind switch
        {
            BinaryLayout.UnknownType => NtirType.Unknown,
            BinaryLayout.TensorType =>
                new TensorType(fields.Element(orUndefined: true), new SymbolicShape(fields.List(ReadSize))),
            BinaryLayout.UnrankedType => new TensorType(fields.Element(orUndefined: true), null),
            BinaryLayout.SequenceType => new SequenceType(Inner(ref depth)),
            BinaryLayout.OptionalType => new OptionalType(Inner(ref depth)),
            BinaryLayout.MapType => new MapType(fields.Element(orUndefined: true), Inner(ref depth)),
            _ => Refuse(kind),
        };
        if (depth > TypeText.DeepestNesting)
        {
            fields.Fail($"types nest to at most {TypeText.DeepestNesting}", NtirFault.TooLarge);
        }

        _types.Add((type, depth));
        return true;
    }

    private NtirType Refuse(byte kind)
    {
        fields.Fail($"{kind} is no kind of type");
        return NtirType.Unknown;
    }

    private NtirType Inner(ref int depth)
    {
        int number = fields.Below(_types.Count, "type");
        if (fields.Fault is not null)
        {
            return NtirType.Unknown;
        }

        depth = _types[number].Depth + 1;
        return _types[number].Type;
    }

    private Dim ReadSize()
    {
        ulong value = fields.Unsigned();
        if (value != BinaryLayout.NamedSize)
        {
            ulong size = value - BinaryLayout.FirstSize;
            return value == BinaryLayout.UnknownSize ? Dim.Unknown
                : size <= long.MaxValue ? (long)size
                : FailSize($"{size} is no size");
        }

        int number = fields.Below(_texts.Length, "text");
        return fields.Fault is not null ? Dim.Unknown
            : _sizes[number] ??= DimText.TryParse(_texts[number]) ?? FailSize("a text is no size");
    }

    private Dim FailSize(string detail)
    {
        fields.Fail(detail);
        return Dim.Unknown;
    }

    private TensorValue ReadConstant()
    {
        TensorValue tensor = new();
        ElementType type = fields.Element(orUndefined: true);
        List<long> shape = fields.List(() => (long)Math.Min(fields.Unsigned(), long.MaxValue));
        if (fields.Fault is null && (shape.Count > HighestRank || type == ElementType.Undefined ||
            !Tensor.TryCount([.. shape], out long count) || count > int.MaxValue))
        {
            fields.Fail($"{Shapes.Text([.. shape])} is no shape of a constant", NtirFault.TooLarge);
        }

        if (fields.Fault is not null)
        {
            return tensor;
        }

        count = Shapes.Product([.. shape]);
        if (type == ElementType.String)
        {
            byte[][] strings = fields.Strings(count);
            if (fields.Fault is null)
            {
                tensor.ResetStrings(strings, [.. shape]);
            }
        }
        else
        {
            ReadData(tensor, type, [.. shape], count * ElementTypes.SizeOf(type));
        }

        return tensor;
    }

    private void ReadData(TensorValue tensor, ElementType type, long[] shape, long bytes)
    {
        (long start, long length) = table[BinaryLayout.Data];
        ulong offset = fields.Unsigned();
        ReadOnlySpan<byte> hash = fields.Take(BinaryLayout.HashBytes);
        if (fields.Fault is null && (offset > (ulong)length || bytes > length - (long)offset ||
            offset % BinaryLayout.Alignment != 0))
        {
            fields.Fail($"{bytes} bytes of a constant cannot lie at {offset} of {length}");
        }

        if (fields.Fault is not null)
        {
            return;
        }

        tensor.Reset(type, shape, memory, start + (long)offset);
        if (bytes > 0 && !_places.ContainsKey((offset, bytes)))
        {
            // Else a small file could ask for its data to be hashed over and over.
            _claimed += bytes;
            _places[(offset, bytes)] = checkContent && _claimed <= length ? NtirBinary.Hash(tensor) : hash.ToArray();
        }

        if (_claimed > length || (bytes > 0 && !hash.SequenceEqual(_places[(offset, bytes)])))
        {
            fields.Fail(
                _claimed > length ? "constants overlap" : "a constant was changed: its SHA-256 is another",
                NtirFault.MissingContent);
        }
    }

    private void ReadModule(NtirModule module)
    {
        fields.List(() => module.Metadata[Text()] = Text());
        module.OutputNames.AddRange(fields.List(Text));
        fields.List(() =>
        {
            string name = Text();
            bool isFirst = _readFunctions++ == 0;
            if (isFirst != (name == NtirModule.MainName))
            {
                fields.Fail($"the first function, and no other, is {NtirModule.MainName}");
                return false;
            }

            ReadRegion(isFirst ? module.Main.Body : module.AddFunction(name).Body, 0);
            return true;
        });
        if (_readFunctions == 0)
        {
            fields.Fail($"there is no function {NtirModule.MainName}");
        }
    }

    private void ReadRegion(NtirRegion region, int depth)
    {
        if (depth > NtirParser.DeepestNesting)
        {
            fields.Fail($"regions nest to at most {NtirParser.DeepestNesting}", NtirFault.TooLarge);
        }

        int outer = _values.Count;
        foreach ((NtirType type, string? name) in fields.List(ReadValue))
        {
            _values.Add(region.AddParameter(type, name));
        }

        fields.List(() => ReadOp(region, depth));
        foreach (int number in fields.List(() => fields.Below(_values.Count, "value")))
        {
            if (fields.Fault is null)
            {
                region.AddResult(_values[number]);
            }
        }

        _values.RemoveRange(outer, _values.Count - outer);
    }

    private bool ReadOp(NtirRegion region, int depth)
    {
        string name = Text();
        SourceLocation location = new(Text(), Text());
        int? group = fields.Flag() ? (int)fields.Signed() : null;

        List<NtirValue?> operands = fields.List(() =>
            fields.Below(_values.Count + 1L, "value") is var number && number > 0 ? _values[number - 1] : null);
        KernelAttributes attributes = fields.Attributes(Text, Constant);
        List<NtirRegion> regions = fields.List(() =>
        {
            NtirRegion inner = new(null);
            ReadRegion(inner, depth + 1);
            return inner;
        });
        List<(NtirType Type, string? Name)> results = fields.List(ReadValue);
        if (fields.Fault is not null)
        {
            return false;
        }

        NtirOp op = new(
            name, operands, results.Select(result => result.Type), attributes,
            location == SourceLocation.None ? SourceLocation.None : location) { FusionGroup = group };
        regions.ForEach(inner => inner.MoveTo(op.AddRegion()));
        region.Add(op);
        for (int i = 0; i < results.Count; i++)
        {
            op.Results[i].Name = results[i].Name;
            _values.Add(op.Results[i]);
        }

        return true;
    }

    private (NtirType Type, string? Name) ReadValue()
    {
        int type = fields.Below(_types.Count, "type");
        int name = fields.Below(_texts.Length + 1L, "text");
        return fields.Fault is null
            ? (_types[type].Type, name == 0 ? null : _texts[name - 1])
            : (NtirType.Unknown, null);
    }

    private TensorValue Constant()
    {
        int number = fields.Below(_constants.Length, "constant");
        return fields.Fault is null ? _constants[number] : new TensorValue();
    }

    private string Text()
    {
        int number = fields.Below(_texts.Length, "text");
        return fields.Fault is null ? _texts[number] : "";
    }
}
