using Nbc.Tensors;
using Nbc.Values;
using static Nbc.Kernels.Tests.Movement.Give;

namespace Nbc.Kernels.Tests.Movement;

/// <summary>A move of any elements is the same as the move of their places.</summary>
public sealed class ElementTypeTests
{
    public static TheoryData<ElementType> Types => [.. ElementTypes.All];

    [Theory]
    [MemberData(nameof(Types))]
    public void Every_move_moves_every_type(ElementType type)
    {
        TensorValue x = Any(type, 2, 3, 4);
        TensorValue places = TensorValue.Allocate(ElementType.Int64, 2, 3, 4);
        for (int i = 0; i < places.Count; i++)
        {
            places.Span<long>()[i] = i;
        }

        foreach ((string name, KernelAttributes attributes, NbcValue?[] others) in Moves())
        {
            TensorValue expected = Run(name, attributes, [places, .. others]);
            TensorValue y = Run(name, attributes, [x, .. others]);
            Assert.Equal(type, y.Type);
            Assert.Equal(expected.Shape.ToArray(), y.Shape.ToArray());
            for (int i = 0; i < y.Count; i++)
            {
                Assert.Equal(Element(x, (int)expected.Span<long>()[i]), Element(y, i));
            }
        }
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void Every_type_is_scattered_and_concatenated(ElementType type)
    {
        TensorValue x = Any(type, 4);
        TensorValue update = Run("slice", x, Longs(3), Longs(4));
        TensorValue y = Run("scatter_elements", x, Longs(1), update);
        TensorValue z = Run("scatter_nd", x, Tensor([1, 1], 1L), update);
        TensorValue twice = Run("concat", Attributes(("axis", 0)), x, x);
        Assert.Equal([Element(x, 0), Element(x, 3), Element(x, 2), Element(x, 3)],
            Enumerable.Range(0, 4).Select(i => Element(y, i)));
        Assert.Equal(Element(x, 3), Element(z, 1));
        Assert.Equal(Element(x, 2), Element(twice, 6));
    }

    private static IEnumerable<(string Name, KernelAttributes Attributes, NbcValue?[] Others)> Moves()
    {
        yield return ("transpose", KernelAttributes.None, []);
        yield return ("slice", KernelAttributes.None, [Longs(2, 0), Longs(-9, 3), Longs(1, 2), Longs(-1, 2)]);
        yield return ("expand", KernelAttributes.None, [Longs(2, 1, 1, 1)]);
        yield return ("tile", KernelAttributes.None, [Longs(1, 2, 2)]);
        yield return ("pad", Attributes(("mode", "reflect")), [Longs(1, 1, 1, 0, 1, -1)]);
        yield return ("gather", Attributes(("axis", 1)), [Longs(2, 0)]);
        yield return ("gather", Attributes(("axis", 2)), [Longs(2, 0)]);
        yield return ("gather_elements", KernelAttributes.None,
            [TensorValue.From<long>(ElementType.Int64, [1, 0], 1, 1, 2)]);
        yield return ("gather_nd", KernelAttributes.None, [TensorValue.From<long>(ElementType.Int64, [1, 2], 1, 2)]);
        yield return ("compress", Attributes(("axis", 1)), [Row(true, false, true)]);
        yield return ("reverse_sequence", KernelAttributes.None, [Longs(1, 2, 2)]);
        yield return ("center_crop_pad", KernelAttributes.None, [Longs(1, 2, 3)]);
        yield return ("resize", Attributes(("coordinate_transformation_mode", "asymmetric")),
            [null, Row(1f, 2f, 0.5f)]);
    }

    private static TensorValue Any(ElementType type, params long[] shape)
    {
        TensorValue tensor = TensorValue.Allocate(type, shape);
        if (type == ElementType.String)
        {
            for (int i = 0; i < tensor.Count; i++)
            {
                tensor.Strings[i] = [(byte)i];
            }

            return tensor;
        }

        for (int i = 0; i < tensor.ByteCount; i++)
        {
            tensor.Bytes()[i] = (byte)(i * 7);
        }

        return tensor;
    }

    private static string Element(TensorValue tensor, int i)
    {
        int size = ElementTypes.SizeOf(tensor.Type);
        return Convert.ToHexString(size == 0 ? tensor.Strings[i] : tensor.Bytes().Slice(i * size, size));
    }
}
