using System.Buffers;
using System.Text;
using System.Text.Json;
using Nbc.Tensors;
using Noodle.Client.Protocol;

namespace Noodle.Client.Tests;

public sealed class TensorJsonTests
{
    private static readonly JsonSerializerOptions s_named = new()
    {
        NumberHandling = System.Text.Json.Serialization.JsonNumberHandling.AllowNamedFloatingPointLiterals,
    };

    private static (string? Fault, long[] Shape, byte[] Data) Read(string json, ElementType type)
    {
        ArrayBufferWriter<byte> data = new();
        Utf8JsonReader reader = new(Encoding.UTF8.GetBytes(json));
        reader.Read();
        TensorJson.TryRead(ref reader, type, data, out long[] shape, out string? fault);
        return (fault, shape, data.WrittenSpan.ToArray());
    }

    public static TheoryData<ElementType, string, string> Extremes => new()
    {
        { ElementType.Int8, "[-128,127]", "807F" },
        { ElementType.UInt8, "[0,255]", "00FF" },
        { ElementType.Int16, "[-32768,32767]", "0080FF7F" },
        { ElementType.UInt16, "[65535]", "FFFF" },
        { ElementType.Int32, "[-2147483648,2147483647]", "00000080FFFFFF7F" },
        { ElementType.UInt32, "[4294967295]", "FFFFFFFF" },
        { ElementType.Int64, "[-9223372036854775808,9223372036854775807]", "0000000000000080FFFFFFFFFFFFFF7F" },
        { ElementType.UInt64, "[18446744073709551615]", "FFFFFFFFFFFFFFFF" },
        { ElementType.Bool, "[true,false]", "0100" },
        { ElementType.Float16, "[1,-65504]", "003CFFFB" },
        { ElementType.BFloat16, "[1,1.00390625,\"NaN\"]", "803F803FC0FF" },
        { ElementType.Float32, "[0.1,\"Infinity\",\"-Infinity\"]", "CDCCCC3D0000807F000080FF" },
        { ElementType.Float64, "[0.1]", "9A9999999999B93F" },
        { ElementType.String, "[\"\",\"\\u00e9\"]", "0000000002000000C3A9" },
    };

    [Theory]
    [MemberData(nameof(Extremes))]
    public void Every_type_is_read_exactly(ElementType type, string json, string hex)
    {
        (string? fault, _, byte[] data) = Read(json, type);
        Assert.Null(fault);
        Assert.Equal(hex, Convert.ToHexString(data));
    }

    public static TheoryData<ElementType, string, string> Refused => new()
    {
        { ElementType.Int8, "128", "128 is not a INT8" },
        { ElementType.UInt8, "-1", "-1 is not a UINT8" },
        { ElementType.Int16, "32768", "is not" },
        { ElementType.UInt16, "65536", "is not" },
        { ElementType.Int32, "2147483648", "is not" },
        { ElementType.UInt32, "4294967296", "is not" },
        { ElementType.Int64, "1.5", "1.5 is not a INT64" },
        { ElementType.Int64, "9223372036854775808", "is not" },
        { ElementType.UInt64, "-1", "is not" },
        { ElementType.UInt64, "\"1\"", "kind String" },
        { ElementType.Float32, "1e39", "1e39 is not a FP32" },
        { ElementType.Float64, "1e400", "is not" },
        { ElementType.Float16, "65536", "is not" },
        { ElementType.BFloat16, "3.4e38", "is not" },
        { ElementType.Float32, "\"one\"", "kind String" },
        { ElementType.Float32, "null", "kind Null" },
        { ElementType.Bool, "1", "1 is not a BOOL" },
        { ElementType.String, "1", "1 is not a BYTES" },
        { ElementType.String, "\"\\ud800\"", "not valid Unicode" },
        { ElementType.Undefined, "1", "is not" },
        { ElementType.Int32, "{}", "kind StartObject" },
        { ElementType.Int32, "[[1],[2,3]]", "differ in length" },
        { ElementType.Int32, "[[1],2]", "differ in length" },
        { ElementType.Int32, "[1,[2]]", "differ in length" },
        { ElementType.Int32, "[[[]],[]]", "differ in length" },
    };

    [Theory]
    [MemberData(nameof(Refused))]
    public void What_does_not_fit_is_refused_and_never_wrapped(ElementType type, string json, string sentence) =>
        Assert.Contains(sentence, Read(json, type).Fault);

    [Theory]
    [InlineData("5", new long[0])]
    [InlineData("[]", new long[] { 0 })]
    [InlineData("[[],[]]", new long[] { 2, 0 })]
    [InlineData("[[1,2],[3,4],[5,6]]", new long[] { 3, 2 })]
    public void The_shape_is_that_of_the_lists(string json, long[] shape) =>
        Assert.Equal(shape, Read(json, ElementType.Int32).Shape);

    [Fact]
    public void Any_float_comes_back_bit_for_bit() => Gen.Single.Array[0, 50].Sample(values =>
    {
        string json = JsonSerializer.Serialize(values, s_named);
        byte[] data = Read(json, ElementType.Float32).Data;
        for (int i = 0; i < values.Length; i++)
        {
            Assert.Equal(values[i], BitConverter.ToSingle(data, i * 4));
        }
    });
}
