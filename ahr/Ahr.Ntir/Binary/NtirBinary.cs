using System.Buffers.Binary;
using System.Security.Cryptography;
using Ahr.Ntir.Graph;
using Ahr.Ntir.Text;
using Nbc.Values;

namespace Ahr.Ntir.Binary;

/// <summary>The binary form of a module: it is mapped into memory, and its constants are used where they lie.</summary>
/// <remarks>docs/ntir.md describes its bytes.</remarks>
public static unsafe class NtirBinary
{
    private const int CopyBytes = 1 << 24;

    /// <summary>True when a file that begins with these bytes is of this form.</summary>
    public static bool Begins(ReadOnlySpan<byte> bytes) => bytes.StartsWith("NTIR"u8);

    /// <summary>Writes a module; constants go from their memory straight to the stream.</summary>
    /// <remarks>Equal modules give equal bytes. Names and texts that are not well-formed UTF-16 lose what is not.
    /// </remarks>
    /// <exception cref="InvalidOperationException">A value is used that is not made before.</exception>
    public static void Write(NtirModule module, Stream stream)
    {
        ArgumentNullException.ThrowIfNull(module);
        ArgumentNullException.ThrowIfNull(stream);
        ModuleWriter writer = new();
        (uint Kind, byte[] Bytes)[] sections = writer.Write(module);
        stream.Write(Head(sections, writer.DataLength));
        ReadOnlySpan<byte> zeros = stackalloc byte[BinaryLayout.Alignment];
        long at = 0;
        foreach (TensorValue tensor in writer.Data)
        {
            stream.Write(zeros[..(int)(BinaryLayout.Aligned(at) - at)]);
            for (long done = 0; done < tensor.ByteCount; done += CopyBytes)
            {
                stream.Write(Piece(tensor, done));
            }

            at = BinaryLayout.Aligned(at) + tensor.ByteCount;
        }
    }

    /// <summary>As <see cref="Write"/>, into an array.</summary>
    public static byte[] ToBytes(NtirModule module)
    {
        using MemoryStream stream = new();
        Write(module, stream);
        return stream.ToArray();
    }

    /// <summary>Reads a module; its constants stay in the memory given, which must not change.</summary>
    /// <param name="memory">As a rule a mapped file; constants are aligned when it is.</param>
    /// <param name="checkContent">Whether each constant is compared with its SHA-256, which reads all of them.</param>
    /// <remarks>
    /// Meaning: the form is checked, not the sense; that is the verifier's work.
    /// Bound: memory follows the size of the file without its constants; nothing in the bytes makes it throw.
    /// </remarks>
    public static NtirReadResult Read(ForeignMemory memory, bool checkContent)
    {
        ArgumentNullException.ThrowIfNull(memory);
        FieldReader fields = new(memory);
        SortedDictionary<uint, (long Offset, long Length)> table = [];
        if (ReadTable(memory, table) is { } fault)
        {
            return new NtirReadResult(null, fault);
        }

        ModuleReader reader = new(fields, memory, table, checkContent);
        NtirModule module = reader.Read();
        return fields.Fault is null ? new NtirReadResult(module, null) : new NtirReadResult(null, fields.Diagnostic);
    }

    /// <summary>Reads a module from a copy of the bytes, and checks its constants.</summary>
    public static NtirReadResult Read(ReadOnlySpan<byte> bytes)
    {
        HeapMemory copy = new(bytes.Length);
        bytes.CopyTo(new Span<byte>(copy.Pointer, bytes.Length));
        return Read(new ForeignMemory(copy.Pointer, bytes.Length, copy), checkContent: true);
    }

    internal static byte[] Hash(TensorValue tensor)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        for (long done = 0; done < tensor.ByteCount; done += CopyBytes)
        {
            hash.AppendData(Piece(tensor, done));
        }

        return hash.GetHashAndReset();
    }

    private static ReadOnlySpan<byte> Piece(TensorValue tensor, long from) =>
        new(tensor.Pointer + from, (int)Math.Min(CopyBytes, tensor.ByteCount - from));

    // Header, table and all sections but the data, up to where the data begins.
    private static byte[] Head((uint Kind, byte[] Bytes)[] sections, long dataLength)
    {
        int rows = sections.Length + 1;
        int at = BinaryLayout.HeaderBytes + (rows * BinaryLayout.TableRowBytes);
        long total = BinaryLayout.Aligned(at + sections.Sum(section => (long)section.Bytes.Length));
        byte[] head = new byte[checked((int)total)];
        BinaryPrimitives.WriteUInt32LittleEndian(head, BinaryLayout.Magic);
        BinaryPrimitives.WriteUInt16LittleEndian(head.AsSpan(4), BinaryLayout.Version);
        BinaryPrimitives.WriteInt32LittleEndian(head.AsSpan(BinaryLayout.CountOffset), rows);
        BinaryPrimitives.WriteInt64LittleEndian(head.AsSpan(BinaryLayout.LengthOffset), total + dataLength);
        Span<byte> table = head.AsSpan(BinaryLayout.HeaderBytes);
        foreach ((uint kind, byte[] bytes) in sections)
        {
            Row(table, kind, at, bytes.Length);
            table = table[BinaryLayout.TableRowBytes..];
            bytes.CopyTo(head, at);
            at += bytes.Length;
        }

        Row(table, BinaryLayout.Data, total, dataLength);
        SHA256.HashData(head.AsSpan(BinaryLayout.HeaderBytes), head.AsSpan(BinaryLayout.ChecksumOffset));
        return head;
    }

    private static void Row(Span<byte> row, uint kind, long offset, long length)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(row, kind);
        BinaryPrimitives.WriteInt64LittleEndian(row[8..], offset);
        BinaryPrimitives.WriteInt64LittleEndian(row[16..], length);
    }

    private static Diagnostic? ReadTable(
        ForeignMemory memory, SortedDictionary<uint, (long Offset, long Length)> table)
    {
        ReadOnlySpan<byte> head = new(memory.Pointer, (int)Math.Min(memory.Length, int.MaxValue));
        if (!Begins(head) || head.Length < BinaryLayout.HeaderBytes)
        {
            return Fault(0, "it does not begin with NTIR and a whole header");
        }

        if (BinaryPrimitives.ReadUInt16LittleEndian(head[4..]) is var version and not BinaryLayout.Version)
        {
            return Fault(4, $"it is of version {version}, this program reads {BinaryLayout.Version}");
        }

        if (BinaryPrimitives.ReadInt64LittleEndian(head[BinaryLayout.LengthOffset..]) is var length &&
            length != memory.Length)
        {
            return Fault(BinaryLayout.LengthOffset, $"it has {memory.Length} bytes, and should have {length}");
        }

        uint rows = BinaryPrimitives.ReadUInt32LittleEndian(head[BinaryLayout.CountOffset..]);
        long begin = BinaryLayout.HeaderBytes + (rows * (long)BinaryLayout.TableRowBytes);
        if (rows > BinaryLayout.MostSections || begin > head.Length || head[6..8].ContainsAnyExcept((byte)0) ||
            head[12..16].ContainsAnyExcept((byte)0))
        {
            return Fault(BinaryLayout.CountOffset, $"{rows} sections, or a byte kept free that is not 0");
        }

        for (int i = 0; i < rows; i++)
        {
            int at = BinaryLayout.HeaderBytes + (i * BinaryLayout.TableRowBytes);
            uint kind = BinaryPrimitives.ReadUInt32LittleEndian(head[at..]);
            long offset = BinaryPrimitives.ReadInt64LittleEndian(head[(at + 8)..]);
            long size = BinaryPrimitives.ReadInt64LittleEndian(head[(at + 16)..]);
            bool isKnown = kind is (>= BinaryLayout.Texts and <= BinaryLayout.Data) or >= BinaryLayout.FirstOptional;
            if (!isKnown || offset < begin || size < 0 || offset > memory.Length - size ||
                !table.TryAdd(kind, (offset, size)))
            {
                return Fault(at, $"section {kind} cannot be {size} bytes at {offset}");
            }
        }

        return CheckSections(head, table);
    }

    private static Diagnostic? CheckSections(
        ReadOnlySpan<byte> head, SortedDictionary<uint, (long Offset, long Length)> table)
    {
        for (uint kind = BinaryLayout.Texts; kind <= BinaryLayout.Data; kind++)
        {
            if (!table.ContainsKey(kind))
            {
                return Fault(BinaryLayout.HeaderBytes, $"section {kind} is missing");
            }
        }

        long data = table[BinaryLayout.Data].Offset;
        if (data % BinaryLayout.Alignment != 0 || data > head.Length ||
            table.Any(row => row.Key != BinaryLayout.Data && row.Value.Offset + row.Value.Length > data))
        {
            return Fault(data, $"the constants are not the last section, at a multiple of {BinaryLayout.Alignment}");
        }

        Span<byte> hash = stackalloc byte[BinaryLayout.HashBytes];
        SHA256.HashData(head[BinaryLayout.HeaderBytes..(int)data], hash);
        return hash.SequenceEqual(head.Slice(BinaryLayout.ChecksumOffset, BinaryLayout.HashBytes))
            ? null
            : Fault(BinaryLayout.ChecksumOffset, "it was changed: its checksum is another");
    }

    private static Diagnostic Fault(long at, string detail) => new(NtirFault.Malformed, $"byte {at}", detail);
}
