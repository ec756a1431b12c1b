using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using Nbc.Instructions;
using Nbc.Kernels;
using Nbc.Tensors;
using Nbc.Values;

namespace Nbc.Container;

public static partial class NbcContainer
{
    private const int MaxSections = 64;

    /// <summary>Reads a program; its constants stay in the memory given, which must not change.</summary>
    /// <param name="memory">As a rule a mapped file; constants are aligned when it is.</param>
    /// <param name="checkData">Whether the checksum of the constants is checked too, which reads all of them.</param>
    /// <remarks>Bound: memory follows the size of the file; nothing in the bytes makes it throw.</remarks>
    public static unsafe bool TryRead(
        ForeignMemory memory, bool checkData, [NotNullWhen(true)] out NbcProgram? program, out ContainerFault fault)
    {
        ArgumentNullException.ThrowIfNull(memory);
        program = null;
        SortedDictionary<uint, (long Offset, long Length)> table = [];
        int headLength = (int)Math.Min(memory.Length, int.MaxValue);
        fault = ReadTable(new ReadOnlySpan<byte>(memory.Pointer, headLength), memory.Length, table);
        if (fault.Kind != ContainerFaultKind.None)
        {
            return false;
        }

        ContainerParts parts = new();
        foreach ((uint kind, (long offset, long length)) in table)
        {
            if (kind >= ContainerLayout.Data)
            {
                continue;
            }

            ContainerReader reader = new(memory);
            reader.Enter(offset, length);
            parts.Read(kind, reader, memory, table[ContainerLayout.Data]);
            if (reader.Fault is null && !reader.IsAtEnd)
            {
                reader.Fail("bytes are left at its end");
            }

            if (reader.Fault is { } why)
            {
                fault = new(ContainerFaultKind.WrongField, offset, $"section {kind}: {why}");
                return false;
            }
        }

        (long dataOffset, long dataLength) = table[ContainerLayout.Data];
        if (checkData && !parts.IsDataRight(memory.Pointer + dataOffset, dataLength))
        {
            fault = new(ContainerFaultKind.WrongChecksum, dataOffset, "the constants were changed");
            return false;
        }

        program = parts.ToProgram();
        return true;
    }

    /// <summary>Reads a program from a copy of the bytes.</summary>
    public static unsafe bool TryRead(
        ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out NbcProgram? program, out ContainerFault fault)
    {
        HeapMemory copy = new(bytes.Length);
        bytes.CopyTo(new Span<byte>(copy.Pointer, bytes.Length));
        return TryRead(new ForeignMemory(copy.Pointer, bytes.Length, copy), true, out program, out fault);
    }

    private static ContainerFault ReadTable(
        ReadOnlySpan<byte> head, long fileLength, SortedDictionary<uint, (long Offset, long Length)> table)
    {
        if (head.Length < sizeof(uint) || BinaryPrimitives.ReadUInt32LittleEndian(head) != ContainerLayout.Magic)
        {
            return new(ContainerFaultKind.NotAContainer, 0, "it does not begin with NBC and a zero byte");
        }

        if (head.Length < ContainerLayout.HeaderBytes)
        {
            return new(ContainerFaultKind.WrongLength, head.Length, "it ends within its header");
        }

        if (BinaryPrimitives.ReadUInt16LittleEndian(head[4..]) is var version and not ContainerLayout.Version)
        {
            return new(ContainerFaultKind.WrongVersion, 4, $"version {version}, this reader knows 1");
        }

        long length = BinaryPrimitives.ReadInt64LittleEndian(head[16..]);
        if (length != fileLength)
        {
            return new(ContainerFaultKind.WrongLength, 16, $"{fileLength} bytes, its header says {length}");
        }

        uint rows = BinaryPrimitives.ReadUInt32LittleEndian(head[8..]);
        long sectionsBegin = ContainerLayout.HeaderBytes + (rows * (long)ContainerLayout.TableRowBytes);
        if (rows > MaxSections || sectionsBegin > head.Length || head[6] != 0 || head[7] != 0 ||
            head[12..16].ContainsAnyExcept((byte)0))
        {
            return new(ContainerFaultKind.WrongField, 8, $"{rows} sections, or a reserved byte that is not zero");
        }

        for (int i = 0; i < rows; i++)
        {
            int at = ContainerLayout.HeaderBytes + (i * ContainerLayout.TableRowBytes);
            uint kind = BinaryPrimitives.ReadUInt32LittleEndian(head[at..]);
            long offset = BinaryPrimitives.ReadInt64LittleEndian(head[(at + 8)..]);
            long size = BinaryPrimitives.ReadInt64LittleEndian(head[(at + 16)..]);
            bool isInside = offset >= sectionsBegin && size >= 0 && offset <= fileLength - size;
            bool isKnown = kind is (>= ContainerLayout.Names and <= ContainerLayout.Data)
                or >= ContainerLayout.FirstOptional;
            if (!isInside || !isKnown || (kind != ContainerLayout.Data && offset + size > head.Length) ||
                !table.TryAdd(kind, (offset, size)))
            {
                return new(ContainerFaultKind.WrongSection, at, $"section {kind}: {size} bytes at {offset}");
            }
        }

        return CheckSections(head, table);
    }

    private static ContainerFault CheckSections(
        ReadOnlySpan<byte> head, SortedDictionary<uint, (long Offset, long Length)> table)
    {
        for (uint kind = ContainerLayout.Names; kind <= ContainerLayout.Data; kind++)
        {
            if (!table.ContainsKey(kind))
            {
                return new(ContainerFaultKind.WrongSection, ContainerLayout.HeaderBytes, $"section {kind} is missing");
            }
        }

        long data = table[ContainerLayout.Data].Offset;
        if (data % ContainerLayout.DataAlignment != 0 || data > head.Length ||
            table.Any(row => row.Key != ContainerLayout.Data && row.Value.Offset + row.Value.Length > data))
        {
            return new(ContainerFaultKind.WrongSection, data, "the constants are not the last section, aligned");
        }

        Span<byte> hash = stackalloc byte[ContainerLayout.ChecksumBytes];
        SHA256.HashData(head[ContainerLayout.HeaderBytes..(int)data], hash);
        return hash.SequenceEqual(head.Slice(ContainerLayout.ChecksumOffset, ContainerLayout.ChecksumBytes))
            ? default
            : new(ContainerFaultKind.WrongChecksum, ContainerLayout.ChecksumOffset, "the sections were changed");
    }

    // What the sections say, in the order of their kinds.
    private sealed class ContainerParts
    {
        private readonly byte[] _dataHash = new byte[ContainerLayout.ChecksumBytes];
        private ImmutableArray<string> _names;
        private ImmutableArray<NbcScalar> _scalars;
        private ImmutableArray<KernelAttributes> _attributes;
        private ImmutableArray<NbcConstant> _constants;
        private ImmutableArray<NbcFunction> _functions;
        private int _entry;
        private ImmutableArray<NbcPort> _inputs;
        private ImmutableArray<NbcPort> _outputs;
        private ImmutableArray<NbcGlobal> _globals;
        private KeyValuePair<string, string>[] _metadata = [];

        public void Read(uint kind, ContainerReader reader, ForeignMemory memory, (long Offset, long Length) data)
        {
            switch (kind)
            {
                case ContainerLayout.Names:
                    _names = reader.Array(reader.Utf8Text);
                    break;
                case ContainerLayout.Scalars:
                    _scalars = reader.Array(reader.Scalar);
                    break;
                case ContainerLayout.Attributes:
                    _attributes = reader.Array(reader.Attributes);
                    break;
                case ContainerLayout.Constants:
                    reader.Take(ContainerLayout.ChecksumBytes).CopyTo(_dataHash);
                    _constants = reader.Array(() => ReadConstant(reader, memory, data));
                    break;
                case ContainerLayout.Signature:
                    ReadSignature(reader);
                    break;
                default:
                    _functions = reader.Array(() => ReadFunction(reader));
                    break;
            }
        }

        public unsafe bool IsDataRight(byte* data, long length)
        {
            using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            for (long done = 0; done < length; done += CopyBytes)
            {
                hash.AppendData(new ReadOnlySpan<byte>(data + done, (int)Math.Min(CopyBytes, length - done)));
            }

            return hash.GetHashAndReset().AsSpan().SequenceEqual(_dataHash);
        }

        public NbcProgram ToProgram() => new()
        {
            Names = _names,
            Scalars = _scalars,
            Attributes = _attributes,
            Constants = _constants,
            Functions = _functions,
            Entry = _entry,
            Inputs = _inputs,
            Outputs = _outputs,
            Globals = _globals,
            Metadata = ImmutableSortedDictionary.CreateRange(StringComparer.Ordinal, _metadata),
        };

        private static NbcConstant ReadConstant(
            ContainerReader reader, ForeignMemory memory, (long Offset, long Length) data)
        {
            string name = reader.Utf8Text();
            ElementType type = reader.Element();
            long[] shape = reader.Shape(out long count);
            long bytes = count * ElementTypes.SizeOf(type);
            byte place = reader.Byte();
            TensorValue value = new();
            switch (place)
            {
                case ContainerLayout.InData when type != ElementType.String:
                    long offset = reader.Length();
                    if (reader.Fault is null && (offset % ContainerLayout.DataAlignment != 0 || bytes > data.Length ||
                        offset > data.Length - bytes))
                    {
                        reader.Fail($"constant {name}: {bytes} bytes at {offset} are not in the data, aligned");
                    }

                    if (reader.Fault is null)
                    {
                        value.Reset(type, shape, memory, data.Offset + offset);
                    }

                    break;
                case ContainerLayout.InBlob when type != ElementType.String:
                    string blob = reader.Utf8Text();
                    return NbcConstant.InBlob(name, type, shape, blob, reader.Length());
                case ContainerLayout.InIndex when type == ElementType.String:
                    byte[][] strings = reader.Strings(count);
                    if (reader.Fault is null)
                    {
                        value.ResetStrings(strings, shape);
                    }

                    break;
                default:
                    reader.Fail($"constant {name} of {ElementTypes.TextOf(type)} is at place {place}");
                    break;
            }

            return NbcConstant.Of(name, reader.Fault is null ? value : TensorValue.FromStrings([], 0));
        }

        private void ReadSignature(ContainerReader reader)
        {
            _entry = reader.Int32();
            _inputs = reader.Array(() => new NbcPort(reader.Utf8Text(), reader.Type()));
            _outputs = reader.Array(() => new NbcPort(reader.Utf8Text(), reader.Type()));
            _globals = reader.Array(() => new NbcGlobal(reader.Utf8Text(), reader.Scalar()));
            _metadata =
                [.. reader.List(() => new KeyValuePair<string, string>(reader.Utf8Text(), reader.Utf8Text()))];
            for (int i = 1; i < _metadata.Length; i++)
            {
                if (string.CompareOrdinal(_metadata[i - 1].Key, _metadata[i].Key) >= 0)
                {
                    reader.Fail("metadata is not in the order of its names");
                }
            }
        }

        private static NbcFunction ReadFunction(ContainerReader reader) => new()
        {
            Name = reader.Utf8Text(),
            Parameters = reader.Array(reader.Int32),
            Results = reader.Array(reader.Int32),
            ScalarParameters = reader.Array(() => (ScalarKind)reader.Byte()),
            ScalarResults = reader.Array(() => (ScalarKind)reader.Byte()),
            Registers = reader.Array(() =>
                new NbcRegister(reader.Type(), reader.Signed(), reader.Signed())),
            LocalCount = reader.Int32(),
            ArenaBytes = reader.Signed(),
            Operands = reader.Array(reader.Int32),
            Instructions = reader.Array(() => ReadInstruction(reader)),
            Locations = reader.Array(reader.Int32),
        };

        private static NbcInstruction ReadInstruction(ContainerReader reader)
        {
            int opcode = reader.Byte() | (reader.Byte() << 8);
            byte mask = reader.Byte();
            Span<int> fields = stackalloc int[4];
            for (int i = 0; i < fields.Length; i++)
            {
                fields[i] = (mask >> i & 1) != 0 ? reader.Int32() : 0;
                if (fields[i] == 0 && (mask >> i & 1) != 0)
                {
                    reader.Fail("a field of 0 is written");
                }
            }

            if (mask > 0xF)
            {
                reader.Fail($"{mask} is no set of fields");
            }

            return new NbcInstruction((ushort)opcode, fields[0], fields[1], fields[2], fields[3]);
        }
    }
}
