using Nbc.Tensors;
using static Noodle.Cli.Tests.InputFiles;

namespace Noodle.Cli.Tests;

public sealed class NpyTests
{
    public static TheoryData<string, ElementType, int> Types => new()
    {
        { "|b1", ElementType.Bool, 1 }, { "|i1", ElementType.Int8, 1 }, { "|u1", ElementType.UInt8, 1 },
        { "<i2", ElementType.Int16, 2 }, { "<u2", ElementType.UInt16, 2 }, { "<f2", ElementType.Float16, 2 },
        { "<i4", ElementType.Int32, 4 }, { "<u4", ElementType.UInt32, 4 }, { "<f4", ElementType.Float32, 4 },
        { "<i8", ElementType.Int64, 8 }, { "<u8", ElementType.UInt64, 8 }, { "<f8", ElementType.Float64, 8 },
    };

    [Theory]
    [MemberData(nameof(Types))]
    public async Task Every_type_keeps_its_bytes(string descr, ElementType type, int size)
    {
        byte[] data = [.. Enumerable.Range(0, 6 * size).Select(i => (byte)i)];
        foreach (byte version in new byte[] { 1, 2, 3 })
        {
            Tensor tensor = await ReadAsync(
                Npy($"'{descr}'", "(2, 3)", data, version: version), Spec("x", type, -1, 3));
            Assert.Equal((type, data.Length), (tensor.Type, tensor.Data.Length));
            Assert.Equal([2, 3], tensor.Shape);
            Assert.Equal(data, tensor.Data.ToArray());
        }
    }

    [Theory]
    [InlineData("'|S3'", new byte[] { 97, 0, 0, 98, 99, 100 })]
    [InlineData("'<U3'", new byte[] { 97, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 98, 0, 0, 0, 99, 0, 0, 0, 100, 0, 0, 0 })]
    public async Task Strings_lose_their_padding(string descr, byte[] data)
    {
        Tensor tensor = await ReadAsync(Npy(descr, "(2,)", data), Spec("x", ElementType.String, -1));
        Assert.Equal([1, 0, 0, 0, 97, 3, 0, 0, 0, 98, 99, 100], tensor.Data.ToArray());
    }

    [Fact]
    public async Task Empty_strings_have_no_bytes()
    {
        Tensor tensor = await ReadAsync(Npy("'|S0'", "(1,)", []), Spec("x", ElementType.String, -1));
        Assert.Equal(new byte[4], tensor.Data.ToArray());
    }

    [Theory]
    [InlineData("()", new long[] { 1 }, new long[] { 1 })]
    [InlineData("(6,)", new long[] { 2, 3 }, new long[] { 2, 3 })]
    [InlineData("(6,)", new long[] { -1, 3 }, new long[] { 2, 3 })]
    [InlineData("(2, 3)", new long[] { -1, 2, 3 }, new long[] { 1, 2, 3 })]
    [InlineData("(2, 3)", new long[] { -1, -1 }, new long[] { 2, 3 })]
    public async Task A_flat_list_or_a_missing_batch_takes_the_models_shape(string shape, long[] spec, long[] expected)
    {
        byte[] data = new byte[shape == "()" ? 1 : 6];
        Tensor tensor = await ReadAsync(Npy("'|u1'", shape, data), Spec("x", ElementType.UInt8, spec));
        Assert.Equal(expected, tensor.Shape);
    }

    public static TheoryData<byte[], long[], string> Mistakes => new()
    {   // file, sizes of the input, what the sentence says
        { Npy("'|u1'", "(2, 3)", new byte[6]), [3, 2], "has shape [2, 3]" },
        { Npy("'|u1'", "(6,)", new byte[6]), [-1, -1, -1], "has shape [6]" },
        { Npy("'|u1'", "(6,)", new byte[6]), [-1, 4], "reshape it" },
        { Npy("'|u1'", "(6,)", new byte[6]), [-1, 0], "reshape it" },
        { Npy("'|u1'", "(6,)", new byte[5]), [6], "is 6 bytes, the data is 5" },
        { Npy("'|u1'", "(2, 3)", new byte[6], "True"), [2, 3], "is in Fortran order" },
        { Npy("'>i4'", "(1,)", new byte[4]), [1], "is big-endian ('>i4')" },
        { Npy("'<i4'", "(1,)", new byte[4]), [1], "x.astype('uint8')" },
        { Npy("'<c8'", "(1,)", new byte[8]), [1], "has dtype '<c8'" },
        { Npy("[('a', '<i4')]", "(1,)", new byte[4]), [1], "holds records" },
        { Npy("'|u1'", "(-1,)", []), [1], "has no shape that can be read" },
        { Npy("'|u1'", "None", []), [1], "has no shape" },
        { Npy("'|u1'", "(4611686018427387904, 4)", []), [1], "beyond all memory" },
        { Npy("'|S3'", "(2,)", new byte[5]), [2], "not hold as many strings" },
        { Npy("'|S0'", "(99999999999,)", []), [-1], "not hold as many strings" },
        { Npy("'|u1'", "(1,)", [1], version: 4), [1], "version 1, 2 or 3" },
        { Npy("'|u1'", "(1,)", [1])[..30], [1], "cut off in its header" },
        { [0x93, .. "NUMPY"u8, 1], [1], "version 1, 2 or 3" },
    };

    [Theory]
    [MemberData(nameof(Mistakes))]
    public async Task A_mistake_is_one_sentence_with_the_way_out(byte[] file, long[] sizes, string sentence)
    {
        string message = await FailAsync(file, Spec("x", ElementType.UInt8, sizes));
        Assert.StartsWith("standard input ", message);
        Assert.Contains(sentence, message);
    }

    [Fact]
    public async Task Types_without_a_numpy_name_of_their_own_are_named_all_the_same()
    {
        byte[] file = Npy("'|u1'", "(1,)", [1]);
        Assert.Contains("astype('S')", await FailAsync(file, Spec("x", ElementType.String, 1)));
        Assert.Contains("astype('bfloat16')", await FailAsync(file, Spec("x", ElementType.BFloat16, 1)));
    }

    [Fact]
    public void Damaged_bytes_are_refused_and_never_crash() => Gen.Byte.Array[0, 120].Sample(noise =>
    {
        byte[] file = Npy("'|S3'", "(2, 3)", new byte[18]);
        for (int i = 0; i + 1 < noise.Length; i += 2)
        {
            file[6 + (noise[i] % (file.Length - 6))] = noise[i + 1];
        }

        Task<Tensor> reading = ReadAsync(file, Spec("x", ElementType.String, -1, -1));
        Assert.True(reading.IsCompleted); // memory streams never wait
        Assert.True(reading.IsCompletedSuccessfully || reading.Exception!.InnerException is Inputs.InputException);
    });
}
