using System.Numerics;
using System.Runtime.CompilerServices;
using Nbc.Kernels.Iteration;
using Nbc.Tensors;
using Nbc.Values;

namespace Nbc.Kernels.Elementwise;

/// <summary>A function of the bits of two whole numbers.</summary>
internal interface IBitOperator
{
    static abstract T Invoke<T>(T x, T y)
        where T : unmanaged, IBinaryInteger<T>;
}

internal readonly struct BitwiseAnd : IBitOperator
{
    static T IBitOperator.Invoke<T>(T x, T y) => x & y;
}

internal readonly struct BitwiseOr : IBitOperator
{
    static T IBitOperator.Invoke<T>(T x, T y) => x | y;
}

internal readonly struct BitwiseXor : IBitOperator
{
    static T IBitOperator.Invoke<T>(T x, T y) => x ^ y;
}

/// <summary>Zero when all bits are shifted out.</summary>
internal readonly struct ShiftLeft : IBitOperator
{
    static T IBitOperator.Invoke<T>(T x, T y) => ulong.CreateTruncating(y) >= (ulong)Unsafe.SizeOf<T>() * 8
        ? T.Zero
        : x << int.CreateTruncating(y);
}

/// <inheritdoc cref="ShiftLeft"/>
internal readonly struct ShiftRight : IBitOperator
{
    static T IBitOperator.Invoke<T>(T x, T y) => ulong.CreateTruncating(y) >= (ulong)Unsafe.SizeOf<T>() * 8
        ? T.Zero
        : x >>> int.CreateTruncating(y);
}

/// <summary>Computes with the bits of two operands, broadcast to one shape.</summary>
/// <param name="isUnsignedOnly">True when the operator takes no signed numbers.</param>
internal sealed class BitKernel<TOp>(bool isUnsignedOnly = false) : Kernel
    where TOp : IBitOperator
{
    /// <inheritdoc/>
    public override void Run(KernelContext context)
    {
        TensorValue x = context.Input(0);
        TensorValue y = context.Input(1);
        if (x.Type != y.Type)
        {
            throw Refusal.Type("the second operand", y.Type, x.Type);
        }

        if (isUnsignedOnly && !ElementTypes.IsUnsigned(x.Type))
        {
            throw Refusal.Type("the first operand", x.Type, "a whole number without sign");
        }

        if (!NumberTypes.TryIntegers(x.Type, new Action(context, x, y)))
        {
            throw Refusal.Type("the first operand", x.Type, "a whole number of 8 to 64 bits");
        }
    }

    private readonly struct Of<T> : IZip<T, T, T>
        where T : unmanaged, IBinaryInteger<T>
    {
        public static T Invoke(T x, T y) => TOp.Invoke(x, y);
    }

    private readonly struct Action(KernelContext context, TensorValue x, TensorValue y) : IIntegerAction
    {
        public void Invoke<T>()
            where T : unmanaged, IBinaryInteger<T>, IMinMaxValue<T>
        {
            ReadOnlySpan<long> shape = Broadcast.Shape(x.Shape, y.Shape, stackalloc long[Broadcast.MaxRank]);
            Zip.Run<Of<T>, T, T>(context, x, y, Broadcast.Output(context, 0, x.Type, shape, 2));
        }
    }
}

/// <summary>Turns every bit around.</summary>
internal sealed class BitwiseNotKernel : Kernel
{
    /// <inheritdoc/>
    public override void Run(KernelContext context)
    {
        TensorValue x = context.Input(0);
        if (!NumberTypes.TryIntegers(x.Type, new Action(context, x)))
        {
            throw Refusal.Type("X", x.Type, "a whole number of 8 to 64 bits");
        }
    }

    private readonly struct Action(KernelContext context, TensorValue x) : IIntegerAction
    {
        public void Invoke<T>()
            where T : unmanaged, IBinaryInteger<T>, IMinMaxValue<T>
        {
            Span<T> y = context.OutputOver(0, 0, x.Type, x.Shape).Span<T>();
            ReadOnlySpan<T> from = x.Span<T>();
            for (int i = 0; i < from.Length; i++)
            {
                y[i] = ~from[i];
            }
        }
    }
}
