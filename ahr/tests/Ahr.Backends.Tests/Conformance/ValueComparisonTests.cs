using Ahr.Backends.Conformance;
using Nbc.Tensors;
using Nbc.Values;

namespace Ahr.Backends.Tests.Conformance;

public sealed class ValueComparisonTests
{
    [Theory]
    [InlineData(ElementType.Float8E5M2, 0x7E, 0x7F, true)] // no number has many codes
    [InlineData(ElementType.Float8E4M3FN, 0x7F, 0xFF, true)]
    [InlineData(ElementType.Float8E4M3FN, 0x00, 0x80, true)] // two zeros
    [InlineData(ElementType.Float8E4M3FN, 0x7E, 0x7F, false)]
    [InlineData(ElementType.Float8E4M3FN, 0x38, 0x39, false)]
    [InlineData(ElementType.Float4E2M1, 0x8, 0x0, true)]
    [InlineData(ElementType.Float4E2M1, 0x7, 0xF, false)]
    [InlineData(ElementType.Float8E8M0, 0xFF, 0xFF, true)]
    [InlineData(ElementType.Int4, 0x7, 0x7, true)]
    [InlineData(ElementType.UInt8, 0x7E, 0x7F, false)]
    public void Small_floats_are_equal_when_their_numbers_are(ElementType type, byte actual, byte expected, bool same)
    {
        string? difference = ValueComparison.Difference(
            One(type, actual), One(type, expected), Tolerance.Onnx);
        Assert.Equal(same, difference is null);
    }

    private static TensorValue One(ElementType type, byte code)
    {
        TensorValue value = TensorValue.Allocate(type, 1);
        value.Bytes()[0] = code;
        return value;
    }
}
