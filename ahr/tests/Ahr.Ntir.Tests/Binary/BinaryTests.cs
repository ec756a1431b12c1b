using System.Buffers.Binary;
using System.Security.Cryptography;
using Ahr.Ntir.Binary;
using Ahr.Ntir.Graph;
using Ahr.Ntir.Tests.Types;
using Ahr.Ntir.Text;
using Ahr.Ntir.Types;
using Ahr.Ntir.Verification;
using Nbc.Kernels;
using Nbc.Tensors;
using Nbc.Values;

namespace Ahr.Ntir.Tests.Binary;

public sealed unsafe class BinaryTests
{
    private static readonly byte[] s_sample = NtirBinary.ToBytes(Sample());

    [Fact]
    public void Bytes_read_back_as_the_same_module() => Gen.Int[0, 1_000_000].Sample(seed =>
    {
        NtirModule module = RandomModules.Make(seed);
        byte[] bytes = NtirBinary.ToBytes(module);
        NtirReadResult read = NtirBinary.Read(bytes);
        Assert.True(read.Fault is null, $"{read.Fault}");
        Assert.Equal(NtirPrinter.Print(module), NtirPrinter.Print(read.Module!));
        Assert.Equal(bytes, NtirBinary.ToBytes(read.Module!));
    }, iter: 300);

    [Fact]
    public void Constants_are_used_where_they_lie()
    {
        HeapMemory file = new(s_sample.Length);
        s_sample.CopyTo(new Span<byte>(file.Pointer, s_sample.Length));
        NtirModule module = NtirBinary.Read(new ForeignMemory(file.Pointer, s_sample.Length, file), false).Module!;
        TensorValue[] constants = [.. module.Main.Body.Ops
            .Where(op => op.Name == NtirOp.ConstantName).Select(op => op.Attributes.Tensor("value")!)];
        Assert.Equal(4, constants.Length);
        foreach (TensorValue constant in constants.Where(each => each.Count > 0))
        {
            Assert.InRange((nint)constant.Pointer, (nint)file.Pointer, (nint)file.Pointer + s_sample.Length);
            Assert.Equal(0, (constant.Pointer - file.Pointer) % 64);
        }

        Assert.True(constants[0].Pointer == constants[1].Pointer, "one place is written once");
    }

    [Fact]
    public void A_changed_byte_anywhere_is_noticed()
    {
        for (int i = 0; i < s_sample.Length; i++)
        {
            byte[] changed = [.. s_sample];
            changed[i] ^= 0x10;
            bool isPadding = i >= s_sample.Length - 58 && i < s_sample.Length - 2; // between two constants
            Assert.True(NtirBinary.Read(changed).Fault is not null || isPadding, $"byte {i} of {s_sample.Length}");
        }
    }

    [Fact]
    public void Content_is_checked_on_demand_only()
    {
        byte[] changed = [.. s_sample];
        changed[^1] ^= 1;
        HeapMemory file = new(changed.Length);
        changed.CopyTo(new Span<byte>(file.Pointer, changed.Length));
        ForeignMemory memory = new(file.Pointer, changed.Length, file);
        Assert.NotNull(NtirBinary.Read(memory, checkContent: false).Module);
        Diagnostic fault = Assert.NotNull(NtirBinary.Read(memory, checkContent: true).Fault);
        Assert.Equal(NtirFault.MissingContent, fault.Fault);
        Assert.Contains("SHA-256", fault.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_cut_is_noticed()
    {
        for (int length = 0; length < s_sample.Length; length++)
        {
            Assert.NotNull(NtirBinary.Read(s_sample.AsSpan(0, length)).Fault);
        }
    }

    [Fact]
    public void Mutations_with_a_right_checksum_give_a_fault_or_a_module_that_can_be_written()
    {
        Random random = new(7);
        int refused = 0;
        for (int round = 0; round < 8_000; round++)
        {
            byte[] changed = [.. s_sample];
            int data = (int)BinaryPrimitives.ReadInt64LittleEndian(changed.AsSpan(56 + (4 * 24) + 8));
            for (int i = random.Next(3); i >= 0; i--)
            {
                changed[random.Next(56 + (5 * 24), data)] = (byte)random.Next(256);
            }

            Sign(changed);
            NtirReadResult read = NtirBinary.Read(changed);
            refused += read.Module is null ? 1 : 0;
            if (read.Module is { } module)
            {
                _ = Verifier.Check(module);
                Assert.NotNull(NtirBinary.Read(NtirBinary.ToBytes(module)).Module);
            }
        }

        Assert.InRange(refused, 500, 7_900);
    }

    [Theory]
    [InlineData(4, 2, "version 2")]
    [InlineData(6, 1, "kept free")]
    [InlineData(12, 1, "kept free")]
    [InlineData(8, 200, "sections")]
    [InlineData(56, 9, "section 9 cannot be")]
    [InlineData(56, 2, "section 2 cannot be")]
    [InlineData(16, 1, "should have")]
    public void A_wrong_header_is_refused(int at, byte value, string detail)
    {
        byte[] changed = [.. s_sample];
        changed[at] = value;
        Assert.Contains(detail, NtirBinary.Read(changed).Fault!.Value.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void Sections_of_a_later_time_are_skipped_and_those_of_this_one_are_needed()
    {
        byte[] changed = [.. s_sample];
        changed[57] = 1; // section 1 becomes section 0x101
        Sign(changed);
        Assert.Contains("section 1 is missing", NtirBinary.Read(changed).Fault!.Value.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void A_deep_module_is_refused()
    {
        NtirModule module = new();
        NtirRegion region = module.Main.Body;
        for (int i = 0; i < 70; i++)
        {
            region = region.Add(new NtirOp("a", [], [])).AddRegion();
        }

        Assert.Equal(NtirFault.TooLarge, NtirBinary.Read(NtirBinary.ToBytes(module)).Fault!.Value.Fault);
        NtirType type = NtirTypes.Scalar;
        for (int i = 0; i < 20; i++)
        {
            type = new SequenceType(type);
        }

        module = new NtirModule();
        module.Main.Body.AddParameter(type);
        Assert.Equal(NtirFault.TooLarge, NtirBinary.Read(NtirBinary.ToBytes(module)).Fault!.Value.Fault);
    }

    [Fact]
    public void A_value_used_before_it_is_made_cannot_be_written()
    {
        NtirModule module = new();
        module.Main.Body.Add(new NtirOp("a", [new NtirOp("b", [], [NtirTypes.Scalar]).Result], []));
        Assert.Throws<InvalidOperationException>(() => NtirBinary.ToBytes(module));
    }

    [Fact]
    public void The_forms_are_told_apart_by_their_first_bytes()
    {
        Assert.True(NtirBinary.Begins(s_sample));
        Assert.False(NtirBinary.Begins("\"ntir.module\""u8));
        Assert.False(NtirBinary.Begins("NTI"u8));
    }

    private static void Sign(byte[] bytes)
    {
        int data = (int)BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(56 + (4 * 24) + 8));
        SHA256.HashData(bytes.AsSpan(56, data - 56), bytes.AsSpan(24));
    }

    private static NtirModule Sample()
    {
        NtirModule module = new();
        module.Metadata["producer"] = "test";
        NtirRegion body = module.Main.Body;
        NtirValue x = body.AddParameter(NtirTypes.Float(Dim.Symbol("n"), 2), "x");
        TensorValue shared = TensorValue.From<float>(ElementType.Float32, [1, 2], 2);
        TensorValue again = new();
        again.ResetView(shared, [2, 1]);
        foreach (TensorValue value in (TensorValue[])[shared, again, TensorValue.Allocate(ElementType.Int8, 0),
            TensorValue.From<byte>(ElementType.UInt8, [7, 9], 2)])
        {
            body.Add(NtirOp.Constant(value, "c"));
        }

        body.Add(new NtirOp("text", [x, null], [new SequenceType(x.Type)], KernelAttributes.Of(
            ("list", new long[] { 1, -1 }), ("more", AttributeValue.FromTexts(["a"u8.ToArray()])),
            ("value", TensorValue.FromStrings(["s"u8.ToArray()], 1))), new SourceLocation("p", "k")));
        NtirRegion inner = body.Ops[^1].AddRegion();
        inner.AddResult(inner.AddParameter(x.Type));
        body.AddResult(x);
        return module;
    }
}
