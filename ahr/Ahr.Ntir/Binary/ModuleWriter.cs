using System.Text;
using Ahr.Ntir.Graph;
using Ahr.Ntir.Types;
using Nbc.Container;
using Nbc.Tensors;
using Nbc.Values;

namespace Ahr.Ntir.Binary;

/// <summary>Writes the sections of a module. Texts, types and constants are written once and named by number.</summary>
internal sealed unsafe class ModuleWriter
{
    private readonly SectionWriter _texts = new();
    private readonly SectionWriter _types = new();
    private readonly SectionWriter _constants = new();
    private readonly SectionWriter _module = new();
    private readonly Dictionary<string, ulong> _textNumbers = new(StringComparer.Ordinal);
    private readonly Dictionary<NtirType, ulong> _typeNumbers = [];
    private readonly Dictionary<TensorValue, ulong> _constantNumbers = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<(nint Place, long Bytes), long> _offsets = [];
    private readonly List<TensorValue> _data = [];
    private readonly Dictionary<NtirValue, ulong> _values = new(ReferenceEqualityComparer.Instance);

    /// <summary>Tensors whose elements follow, each at the next multiple of the alignment.</summary>
    public IReadOnlyList<TensorValue> Data => _data;

    /// <summary>Unit: bytes.</summary>
    public long DataLength { get; private set; }

    /// <returns>The kind and the bytes of each section but the data.</returns>
    public (uint Kind, byte[] Bytes)[] Write(NtirModule module)
    {
        _module.List(module.Metadata, pair =>
        {
            Text(_module, pair.Key);
            Text(_module, pair.Value);
        });
        _module.List(module.OutputNames, name => Text(_module, name));
        _module.List(module.Functions, function =>
        {
            Text(_module, function.Name);
            Region(function.Body);
        });
        return
        [
            (BinaryLayout.Texts, Counted(_textNumbers.Count, _texts)),
            (BinaryLayout.Types, Counted(_typeNumbers.Count, _types)),
            (BinaryLayout.Constants, Counted(_constantNumbers.Count, _constants)),
            (BinaryLayout.Module, _module.Written.ToArray()),
        ];
    }

    private static byte[] Counted(int count, SectionWriter items)
    {
        SectionWriter all = new();
        all.Count(count);
        all.Raw(items.Written);
        return all.Written.ToArray();
    }

    // Values are numbered as they come; those of a region lose their numbers behind it.
    private void Region(NtirRegion region)
    {
        _module.List(region.Parameters, Define);
        _module.List(region.Ops, Op);
        _module.List(region.Results, result => _module.Unsigned(Number(result)));
        foreach (NtirValue value in region.Parameters.Concat(region.Ops.SelectMany(op => op.Results)))
        {
            _values.Remove(value);
        }
    }

    private void Op(NtirOp op)
    {
        Text(_module, op.Name);
        Text(_module, op.Location.Path);
        Text(_module, op.Location.Kind);
        _module.Byte(op.FusionGroup is null ? (byte)0 : (byte)1);
        if (op.FusionGroup is { } group)
        {
            _module.Signed(group);
        }

        _module.List(op.Operands, operand => _module.Unsigned(operand is null ? 0 : Number(operand) + 1));
        _module.Attributes(
            op.Attributes,
            name => Text(_module, name),
            tensor => _module.Unsigned(ConstantNumber(tensor)));
        _module.List(op.Regions, Region);
        _module.List(op.Results, Define);
    }

    private void Define(NtirValue value)
    {
        _values[value] = (ulong)_values.Count;
        _module.Unsigned(TypeNumber(value.Type));
        _module.Unsigned(value.Name is { } name ? TextNumber(name) + 1 : 0);
    }

    private ulong Number(NtirValue value) => _values.TryGetValue(value, out ulong number)
        ? number
        : throw new InvalidOperationException($"{value} is used before it is made; the verifier says where");

    private void Text(SectionWriter writer, string text) => writer.Unsigned(TextNumber(text));

    private ulong TextNumber(string text)
    {
        if (!_textNumbers.TryGetValue(text, out ulong number))
        {
            number = (ulong)_textNumbers.Count;
            _textNumbers.Add(text, number);
            _texts.Bytes(Encoding.UTF8.GetBytes(text));
        }

        return number;
    }

    // What a type is made of is written before it, so that a reader meets nothing that it does not know.
    private ulong TypeNumber(NtirType type)
    {
        if (_typeNumbers.TryGetValue(type, out ulong known))
        {
            return known;
        }

        switch (type)
        {
            case SequenceType sequence: Wrap(BinaryLayout.SequenceType, TypeNumber(sequence.Element)); break;
            case OptionalType optional: Wrap(BinaryLayout.OptionalType, TypeNumber(optional.Element)); break;
            case MapType map:
                ulong value = TypeNumber(map.Value);
                _types.Byte(BinaryLayout.MapType);
                _types.Byte((byte)map.Key);
                _types.Unsigned(value);
                break;
            case TensorType tensor:
                _types.Byte(tensor.Shape is null ? BinaryLayout.UnrankedType : BinaryLayout.TensorType);
                _types.Byte((byte)tensor.Element);
                if (tensor.Shape is { } shape)
                {
                    _types.List(shape, Size);
                }

                break;
            default: _types.Byte(BinaryLayout.UnknownType); break;
        }

        ulong number = (ulong)_typeNumbers.Count;
        _typeNumbers.Add(type, number);
        return number;
    }

    private void Wrap(byte kind, ulong item)
    {
        _types.Byte(kind);
        _types.Unsigned(item);
    }

    private void Size(Dim size)
    {
        if (size is { IsConstant: true, Value: >= 0 })
        {
            _types.Unsigned((ulong)size.Value + BinaryLayout.FirstSize);
        }
        else if (size.IsUnknown)
        {
            _types.Unsigned(BinaryLayout.UnknownSize);
        }
        else
        {
            _types.Unsigned(BinaryLayout.NamedSize);
            Text(_types, size.ToString());
        }
    }

    private ulong ConstantNumber(TensorValue tensor)
    {
        if (_constantNumbers.TryGetValue(tensor, out ulong known))
        {
            return known;
        }

        _constants.Byte((byte)tensor.Type);
        _constants.Count(tensor.Rank);
        foreach (long size in tensor.Shape)
        {
            _constants.Unsigned((ulong)size);
        }

        if (tensor.Type == ElementType.String)
        {
            _constants.Strings(tensor);
        }
        else
        {
            _constants.Unsigned((ulong)Place(tensor));
            _constants.Raw(NtirBinary.Hash(tensor));
        }

        ulong number = (ulong)_constantNumbers.Count;
        _constantNumbers.Add(tensor, number);
        return number;
    }

    // Tensors that lie at one place are written once.
    private long Place(TensorValue tensor)
    {
        if (tensor.Count == 0)
        {
            return 0;
        }

        (nint, long) place = ((nint)tensor.Pointer, tensor.ByteCount);
        if (!_offsets.TryGetValue(place, out long offset))
        {
            offset = BinaryLayout.Aligned(DataLength);
            DataLength = offset + tensor.ByteCount;
            _offsets.Add(place, offset);
            _data.Add(tensor);
        }

        return offset;
    }
}
