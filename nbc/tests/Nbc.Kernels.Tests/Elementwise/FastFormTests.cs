using Nbc.Kernels.Elementwise;
using Nbc.Kernels.Iteration;
using Nbc.Tensors;
using Nbc.Values;

namespace Nbc.Kernels.Tests.Elementwise;

/// <summary>The vector forms against the scalar lines beside them, at every length that has another tail.</summary>
public sealed class FastFormTests
{
    private const int Lengths = 70;

    [Fact]
    public void Functions_of_one_number_equal_their_scalar_line()
    {
        Reals<Ceil>();
        Reals<Floor>();
        Reals<Round>();
        Reals<Reciprocal>();
        Reals<Sqrt>();
        Reals<Exp>();
        Reals<Log>();
        Reals<Sin>();
        Reals<Cos>();
        Reals<Sigmoid>();
        Numbers<Neg>();
        Numbers<Relu>();
    }

    [Fact]
    public void Functions_of_two_numbers_equal_their_scalar_line()
    {
        Pairs<Add>();
        Pairs<Sub>();
        Pairs<Mul>();
        Pairs<Div>();
        Pairs<Max>();
        Pairs<Min>();
        Pairs<FloorMod>();
        Pairs<TruncatedMod>();
        Pairs<Power>();
    }

    [Fact]
    public void Elements_of_any_size_are_repeated()
    {
        Repeated(ElementType.Int8);
        Repeated(ElementType.Int16);
        Repeated(ElementType.Int32);
        Repeated(ElementType.Int64);
        Repeated(ElementType.Complex128);
        TensorValue texts = TensorValue.Allocate(ElementType.String, 2, 2);
        BroadcastCopy.Run(TensorValue.FromStrings([[1], [2]], 2), texts);
        Assert.Equal([[1], [2], [1], [2]], texts.Strings);
    }

    private static void Repeated(ElementType type)
    {
        TensorValue row = TensorValue.Allocate(type, 2, 1);
        row.Bytes().Clear();
        row.Bytes()[0] = 1;
        row.Bytes()[ElementTypes.SizeOf(type)] = 2;
        TensorValue all = TensorValue.Allocate(type, 2, 3);
        BroadcastCopy.Run(row, all);
        int size = ElementTypes.SizeOf(type);
        Assert.Equal([1, 1, 1, 2, 2, 2], Enumerable.Range(0, 6).Select(i => all.Bytes()[i * size]));
    }

    private static float[] Inputs(int length, float from) =>
        [.. Enumerable.Range(0, length).Select(i => from + (i * 0.375f))];

    private static void Reals<TOp>()
        where TOp : IRealUnary
    {
        for (int length = 0; length <= Lengths; length++)
        {
            float[] x = Inputs(length, 0.125f);
            float[] y = new float[length];
            TOp.Invoke<TOp, float>(x, y, 0, 0);
            AssertClose([.. x.Select(item => TOp.Invoke(item, 0f, 0f))], y);
        }
    }

    private static void Numbers<TOp>()
        where TOp : INumberUnary
    {
        for (int length = 0; length <= Lengths; length++)
        {
            float[] x = Inputs(length, -9);
            float[] y = new float[length];
            TOp.Invoke<TOp, float>(x, y, 0, 0);
            AssertClose([.. x.Select(item => TOp.Invoke(item, 0f, 0f))], y);
        }
    }

    private static void Pairs<TOp>()
        where TOp : IBinaryKernel
    {
        for (int length = 0; length <= Lengths; length++)
        {
            float[] x = Inputs(length, 0.5f);
            float[] y = Inputs(length, 0.25f);
            float[] z = new float[length];
            TOp.Invoke<TOp, float>(x, y, z);
            AssertClose([.. x.Zip(y, (a, b) => TOp.Invoke(a, b))], z);
            TOp.Invoke<TOp, float>(x, 2, z);
            AssertClose([.. x.Select(a => TOp.Invoke(a, 2f))], z);
            TOp.Invoke<TOp, float>(3, y, z);
            AssertClose([.. y.Select(b => TOp.Invoke(3f, b))], z);
        }
    }

    private static void AssertClose(float[] expected, float[] actual) => Elementwise.Numbers.AssertClose(
        [.. expected.Select(item => (double)item)], [.. actual.Select(item => (double)item)], 1e-6);
}
