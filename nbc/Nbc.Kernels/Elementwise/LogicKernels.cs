using Nbc.Kernels.Iteration;
using Nbc.Tensors;
using Nbc.Values;

namespace Nbc.Kernels.Elementwise;

internal readonly struct And : IZip<byte, byte, byte>
{
    public static byte Invoke(byte x, byte y) => x != 0 && y != 0 ? (byte)1 : (byte)0;
}

internal readonly struct Or : IZip<byte, byte, byte>
{
    public static byte Invoke(byte x, byte y) => x != 0 || y != 0 ? (byte)1 : (byte)0;
}

internal readonly struct Xor : IZip<byte, byte, byte>
{
    public static byte Invoke(byte x, byte y) => (x != 0) != (y != 0) ? (byte)1 : (byte)0;
}

/// <summary>Logic of two tensors of bool, broadcast to one shape.</summary>
internal sealed class LogicKernel<TOp> : Kernel
    where TOp : IZip<byte, byte, byte>
{
    /// <inheritdoc/>
    public override void Run(KernelContext context)
    {
        TensorValue x = context.Input(0);
        TensorValue y = context.Input(1);
        if (x.Type != ElementType.Bool || y.Type != ElementType.Bool)
        {
            throw Refusal.Type("an operand", x.Type == ElementType.Bool ? y.Type : x.Type, ElementType.Bool);
        }

        ReadOnlySpan<long> shape = Broadcast.Shape(x.Shape, y.Shape, stackalloc long[Broadcast.MaxRank]);
        Zip.Run<TOp, byte, byte>(context, x, y, Broadcast.Output(context, 0, ElementType.Bool, shape, 2));
    }
}

/// <summary>True for false and false for true.</summary>
internal sealed class NotKernel : Kernel
{
    /// <inheritdoc/>
    public override void Run(KernelContext context)
    {
        TensorValue x = context.Input(0);
        if (x.Type != ElementType.Bool)
        {
            throw Refusal.Type("X", x.Type, ElementType.Bool);
        }

        Span<byte> y = context.OutputOver(0, 0, x.Type, x.Shape).Span<byte>();
        ReadOnlySpan<byte> from = x.Span<byte>();
        for (int i = 0; i < from.Length; i++)
        {
            y[i] = from[i] == 0 ? (byte)1 : (byte)0;
        }
    }
}
