using System.Buffers.Binary;
using System.Security.Cryptography;
using Nbc.Assembly;
using Nbc.Container;
using Nbc.Instructions;
using Nbc.Tests.Assembly;
using Nbc.Values;

namespace Nbc.Tests.Container;

public sealed class ContainerTests
{
    private static readonly byte[] s_bytes = NbcContainer.ToBytes(SampleProgram.Program);

    [Fact]
    public void A_program_goes_there_and_back()
    {
        Assert.True(NbcContainer.TryRead(s_bytes, out NbcProgram? program, out ContainerFault fault), fault.ToString());
        Assert.Equal(s_bytes, NbcContainer.ToBytes(program));
        Assert.Equal(NbcDisassembler.Disassemble(SampleProgram.Program), NbcDisassembler.Disassemble(program));
        Assert.Equal("NBC\0\u0001\0\0\0"u8.ToArray(), s_bytes[..8]);
    }

    [Fact]
    public void Random_programs_go_there_and_back() => Gen.Int[0, 1_000_000].Sample(seed =>
    {
        byte[] bytes = NbcContainer.ToBytes(RandomPrograms.Make(seed));
        Assert.True(NbcContainer.TryRead(bytes, out NbcProgram? program, out _));
        Assert.Equal(bytes, NbcContainer.ToBytes(program));
    }, iter: 200);

    [Fact]
    public unsafe void Constants_stay_in_the_memory_given()
    {
        HeapMemory file = new(s_bytes.Length);
        s_bytes.CopyTo(new Span<byte>(file.Pointer, s_bytes.Length));
        ForeignMemory mapped = new(file.Pointer, s_bytes.Length, file);
        Assert.True(NbcContainer.TryRead(mapped, checkData: false, out NbcProgram? program, out _));
        foreach (TensorValue value in program.Constants.Select(each => each.Value).OfType<TensorValue>()
            .Where(each => each.Memory is not null))
        {
            Assert.InRange((nint)value.Pointer, (nint)file.Pointer, (nint)file.Pointer + s_bytes.Length);
            Assert.Equal(0, (nint)value.Pointer % 64);
        }
    }

    [Fact]
    public void A_changed_byte_anywhere_is_noticed()
    {
        for (int i = 0; i < s_bytes.Length; i++)
        {
            byte[] changed = [.. s_bytes];
            changed[i] ^= 0x10;
            Assert.False(NbcContainer.TryRead(changed, out _, out ContainerFault fault), $"byte {i}");
            Assert.NotEqual(ContainerFaultKind.None, fault.Kind);
        }
    }

    [Fact]
    public void Every_cut_is_noticed()
    {
        for (int length = 0; length < s_bytes.Length; length++)
        {
            Assert.False(NbcContainer.TryRead(s_bytes.AsSpan(0, length), out _, out _));
        }
    }

    public static TheoryData<string, int, byte[], ContainerFaultKind> Headers => new()
    {
        { "magic", 0, [1], ContainerFaultKind.NotAContainer },
        { "version", 4, [2], ContainerFaultKind.WrongVersion },
        { "reserved", 6, [1], ContainerFaultKind.WrongField },
        { "sections", 8, [65], ContainerFaultKind.WrongField },
        { "length", 16, [1], ContainerFaultKind.WrongLength },
        { "kind of section", 56, [9], ContainerFaultKind.WrongSection },
        { "section twice", 56, [2], ContainerFaultKind.WrongSection },
        { "section missing", 57, [1], ContainerFaultKind.WrongSection },
        { "section outside", 64, [0xFF, 0xFF, 0xFF], ContainerFaultKind.WrongSection },
        { "data not aligned", 56 + (6 * 24) + 8, [1], ContainerFaultKind.WrongSection },
        { "checksum", 24, [1, 2, 3], ContainerFaultKind.WrongChecksum },
    };

    [Theory]
    [MemberData(nameof(Headers))]
    public void Each_field_of_the_header_is_checked(string what, int offset, byte[] value, ContainerFaultKind kind)
    {
        byte[] changed = [.. s_bytes];
        value.CopyTo(changed, offset);
        Assert.False(NbcContainer.TryRead(changed, out _, out ContainerFault fault), what);
        Assert.Equal(kind, fault.Kind);
    }

    [Fact]
    public void A_section_of_an_unknown_kind_is_skipped_when_it_may_be()
    {
        Assert.True(NbcContainer.TryRead(WithSection(0x100), out NbcProgram? program, out ContainerFault fault),
            fault.ToString());
        Assert.Equal(s_bytes, NbcContainer.ToBytes(program));
        Assert.False(NbcContainer.TryRead(WithSection(8), out _, out _));
    }

    [Fact]
    public void An_empty_tensor_may_have_sizes_beyond_all_memory()
    {
        NbcProgram program = SampleProgram.Read("""
            nbc 1
            const numbers = f32 [1099511627776, 1099511627776, 0] []
            const words = !ntir.string [0, 1099511627776, 1099511627776] []
            """);
        Assert.True(NbcContainer.TryRead(NbcContainer.ToBytes(program), out NbcProgram? again, out _));
        Assert.All(again.Constants, constant => Assert.Equal(0, constant.Value!.Count));
    }

    [Fact]
    public void A_section_is_used_to_its_last_byte()
    {
        byte[] changed = [.. s_bytes];
        changed[56 + 16]++; // the names reach into the scalars
        Assert.False(NbcContainer.TryRead(Sign(changed), out _, out ContainerFault fault));
        Assert.Equal(ContainerFaultKind.WrongField, fault.Kind);
        Assert.Contains("bytes are left", fault.ToString());
    }

    [Fact]
    public void Whatever_the_sections_say_the_reader_only_refuses() =>
        Gen.Int[0, 1_000_000].Array[1, 6].Sample(places =>
    {
        byte[] changed = [.. s_bytes];
        foreach (int place in places)
        {
            changed[56 + (7 * 24) + (place % (s_bytes.Length - 56 - (7 * 24)))] = (byte)(place >> 8);
        }

        if (NbcContainer.TryRead(Sign(changed), out NbcProgram? program, out _))
        {
            Nbc.Verification.NbcVerifier.Verify(program);
        }
    }, iter: 2000);

    // The table grows by a row, which points to one byte behind it.
    private static byte[] WithSection(uint kind)
    {
        const int Moved = 64;
        byte[] bytes = new byte[s_bytes.Length + Moved];
        s_bytes.AsSpan(0, 56 + (7 * 24)).CopyTo(bytes);
        s_bytes.AsSpan(56 + (7 * 24)).CopyTo(bytes.AsSpan(56 + (7 * 24) + Moved));
        for (int i = 0; i < 7; i++)
        {
            Span<byte> offset = bytes.AsSpan(56 + (i * 24) + 8);
            BinaryPrimitives.WriteInt64LittleEndian(offset, BinaryPrimitives.ReadInt64LittleEndian(offset) + Moved);
        }

        Span<byte> row = bytes.AsSpan(56 + (7 * 24));
        BinaryPrimitives.WriteUInt32LittleEndian(row, kind);
        BinaryPrimitives.WriteInt64LittleEndian(row[8..], 56 + (8 * 24));
        BinaryPrimitives.WriteInt64LittleEndian(row[16..], 1);
        bytes[8] = 8;
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(16), bytes.Length);
        return Sign(bytes);
    }

    private static byte[] Sign(byte[] bytes)
    {
        long data = BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(56 + (6 * 24) + 8));
        SHA256.HashData(bytes.AsSpan(56, (int)data - 56), bytes.AsSpan(24));
        return bytes;
    }
}
