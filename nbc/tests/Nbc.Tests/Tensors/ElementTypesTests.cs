using Nbc.Tensors;

namespace Nbc.Tests.Tensors;

public sealed class ElementTypesTests
{
    public static TheoryData<ElementType, int, string, int> Table => new()
    {   // type               number  name      size     numbers are ONNX's and frozen
        { ElementType.Float32, 1, "FP32", 4 },
        { ElementType.UInt8, 2, "UINT8", 1 },
        { ElementType.Int8, 3, "INT8", 1 },
        { ElementType.UInt16, 4, "UINT16", 2 },
        { ElementType.Int16, 5, "INT16", 2 },
        { ElementType.Int32, 6, "INT32", 4 },
        { ElementType.Int64, 7, "INT64", 8 },
        { ElementType.String, 8, "BYTES", 0 },
        { ElementType.Bool, 9, "BOOL", 1 },
        { ElementType.Float16, 10, "FP16", 2 },
        { ElementType.Float64, 11, "FP64", 8 },
        { ElementType.UInt32, 12, "UINT32", 4 },
        { ElementType.UInt64, 13, "UINT64", 8 },
        { ElementType.BFloat16, 16, "BF16", 2 },
    };

    [Theory]
    [MemberData(nameof(Table))]
    public void Every_type_has_its_number_name_and_size(ElementType type, int number, string name, int size)
    {
        Assert.Equal(number, (int)type);
        Assert.Equal(name, ElementTypes.NameOf(type));
        Assert.Equal(size, ElementTypes.SizeOf(type));
        Assert.True(ElementTypes.TryParse(name, out ElementType parsed));
        Assert.Equal(type, parsed);
    }

    [Fact]
    public void Every_type_has_a_size_and_a_text_of_its_own()
    {
        Assert.Equal(
            Enum.GetValues<ElementType>().Where(type => type != ElementType.Undefined), ElementTypes.All.Order());
        foreach (ElementType type in ElementTypes.All)
        {
            Assert.True(ElementTypes.TryParseText(ElementTypes.TextOf(type), out ElementType parsed));
            Assert.Equal(type, parsed);
            Assert.Equal(type == ElementType.String, ElementTypes.SizeOf(type) == 0);
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("fp32")]
    [InlineData("FP32 ")]
    [InlineData("UNDEFINED")]
    public void Other_names_are_not_types(string name)
    {
        Assert.False(ElementTypes.TryParse(name, out ElementType type));
        Assert.Equal(ElementType.Undefined, type);
    }

    [Theory]
    [InlineData(ElementType.Undefined)]
    [InlineData((ElementType)99)]
    public void What_is_no_type_has_no_size(ElementType type)
    {
        Assert.Equal(0, ElementTypes.SizeOf(type));
        Assert.Equal("UNDEFINED", ElementTypes.NameOf(type));
    }
}
