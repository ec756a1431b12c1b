using System.Numerics;
using Nbc.Kernels.Iteration;
using Nbc.Tensors;
using Nbc.Values;

namespace Nbc.Kernels.Elementwise;

/// <summary>Asks the same of each pair of elements.</summary>
/// <remarks>
/// Shape: as both operands broadcast by numpy's rule; bool.
/// Special values: NaN is equal to nothing, less and greater than nothing; the two zeros are equal.
/// </remarks>
/// <param name="isEquality">True for the question that bool and strings have an answer to.</param>
internal sealed class ComparisonKernel<TOp>(bool isEquality = false) : Kernel
    where TOp : IComparison
{
    /// <inheritdoc/>
    public override void Run(KernelContext context)
    {
        TensorValue x = context.Input(0);
        TensorValue y = context.Input(1);
        if (x.Type != y.Type)
        {
            throw Refusal.Type("B", y.Type, x.Type);
        }

        ReadOnlySpan<long> shape = Broadcast.Shape(x.Shape, y.Shape, stackalloc long[Broadcast.MaxRank]);
        TensorValue z = context.Output(0, ElementType.Bool, shape);
        if (x.Type == ElementType.Float16)
        {
            Zip.Run<OfHalf, ushort, byte>(context, x, y, z);
        }
        else if (x.Type == ElementType.BFloat16)
        {
            Zip.Run<OfBrain, ushort, byte>(context, x, y, z);
        }
        else if (isEquality && x.Type == ElementType.String)
        {
            Zip.Run<OfStrings, byte[], byte[], byte>(context, x, x.Strings, y, y.Strings, z, z.Span<byte>());
        }
        else if (isEquality && x.Type == ElementType.Bool)
        {
            Zip.Run<OfBools, byte, byte>(context, x, y, z);
        }
        else if (!NumberTypes.TryNumbers(x.Type, new Action(context, x, y, z)))
        {
            throw Refusal.Type("A", x.Type, isEquality ? "a number, bool or string" : "a number");
        }
    }

    private static byte Bit(bool value) => value ? (byte)1 : (byte)0;

    private readonly struct Of<T> : IZip<T, T, byte>
        where T : unmanaged, IBinaryNumber<T>, IMinMaxValue<T>
    {
        public static byte Invoke(T x, T y) => Bit(TOp.Invoke(x, y));
    }

    private readonly struct OfHalf : IZip<ushort, ushort, byte>
    {
        public static byte Invoke(ushort x, ushort y) =>
            Bit(TOp.Invoke((float)BitConverter.UInt16BitsToHalf(x), (float)BitConverter.UInt16BitsToHalf(y)));
    }

    private readonly struct OfBrain : IZip<ushort, ushort, byte>
    {
        public static byte Invoke(ushort x, ushort y) =>
            Bit(TOp.Invoke((float)new BFloat16(x), (float)new BFloat16(y)));
    }

    private readonly struct OfBools : IZip<byte, byte, byte>
    {
        public static byte Invoke(byte x, byte y) => Bit((x != 0) == (y != 0));
    }

    private readonly struct OfStrings : IZip<byte[], byte[], byte>
    {
        public static byte Invoke(byte[] x, byte[] y) => Bit(x.AsSpan().SequenceEqual(y));
    }

    private readonly struct Action(KernelContext context, TensorValue x, TensorValue y, TensorValue z) : INumberAction
    {
        public void Invoke<T>()
            where T : unmanaged, IBinaryNumber<T>, IMinMaxValue<T> => Zip.Run<Of<T>, T, byte>(context, x, y, z);
    }
}
