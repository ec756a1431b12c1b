using System.Numerics;
using Nbc.Kernels.Iteration;
using Nbc.Tensors;
using Nbc.Values;

namespace Nbc.Kernels.Movement;

/// <summary>Moves elements onto others, each pair by a rule.</summary>
internal unsafe interface ICombiningMove
{
    /// <param name="combine">Old element and update to new element; null when the update simply replaces it.</param>
    void Move<T>(ReadOnlySpan<T> updates, Span<T> target, delegate*<T, T, T> combine);
}

/// <summary>The rules by which scattered elements meet what is there.</summary>
/// <remarks>
/// Meaning: none, add, mul, max, min. Whole numbers wrap; NaN spreads through max and min; of bool, add and max are
/// or, mul and min are and. float16 and bfloat16 are rounded after each step.
/// </remarks>
internal static unsafe class Combine
{
    public const int None = 0, Add = 1, Mul = 2, Max = 3, Min = 4;

    /// <summary>The attribute reduction.</summary>
    public static int Rule(KernelAttributes attributes) =>
        attributes.Choice("reduction", "none", "add", "mul", "max", "min");

    /// <summary>The first result, starting as a copy of the first operand, in its place where that is
    /// possible.</summary>
    public static TensorValue StartFrom(KernelContext context, TensorValue data)
    {
        TensorValue output = context.OutputOver(0, 0, data.Type, data.Shape);
        bool inPlace = data.Type == ElementType.String
            ? ReferenceEquals(output.Strings, data.Strings) : output.Pointer == data.Pointer;
        if (!inPlace)
        {
            ElementMove.CopyAll(data, output);
        }

        return output;
    }

    public static void Run<TMove>(ref TMove move, int rule, TensorValue updates, TensorValue target)
        where TMove : ICombiningMove, allows ref struct
    {
        if (rule == None)
        {
            Plain<TMove> plain = new(move);
            ElementMove.Run(ref plain, updates, target);
            return;
        }

        switch (updates.Type)
        {
            case ElementType.Float16:
                Number<Half, TMove>(ref move, rule, updates, target);
                break;
            case ElementType.BFloat16:
                move.Move(updates.Span<BFloat16>(), target.Span<BFloat16>(), OfBFloat16(rule));
                break;
            case ElementType.Bool:
                move.Move<byte>(updates.Span<byte>(), target.Span<byte>(), rule is Add or Max ? &Or : &And);
                break;
            default:
                if (!NumberTypes.TryNumbers(updates.Type, new Numbers<TMove>(move, rule, updates, target)))
                {
                    throw new KernelException(
                        KernelFault.WrongType, $"{ElementTypes.TextOf(updates.Type)} is not reduced, only replaced");
                }

                break;
        }
    }

    private static void Number<T, TMove>(ref TMove move, int rule, TensorValue updates, TensorValue target)
        where T : unmanaged, INumber<T>
        where TMove : ICombiningMove, allows ref struct =>
        move.Move<T>(updates.Span<T>(), target.Span<T>(), rule switch
        {
            Add => &Sum<T>,
            Mul => &Product<T>,
            Max => &T.Max,
            _ => &T.Min,
        });

    private static T Sum<T>(T a, T b)
        where T : INumber<T> => unchecked(a + b);

    private static T Product<T>(T a, T b)
        where T : INumber<T> => unchecked(a * b);

    private static byte Or(byte a, byte b) => (byte)((a | b) != 0 ? 1 : 0);

    private static byte And(byte a, byte b) => (byte)(a != 0 && b != 0 ? 1 : 0);

    private static delegate*<BFloat16, BFloat16, BFloat16> OfBFloat16(int rule)
    {
        static BFloat16 Sum(BFloat16 a, BFloat16 b) => (BFloat16)((float)a + (float)b);
        static BFloat16 Product(BFloat16 a, BFloat16 b) => (BFloat16)((float)a * (float)b);
        static BFloat16 Largest(BFloat16 a, BFloat16 b) => (BFloat16)float.Max((float)a, (float)b);
        static BFloat16 Smallest(BFloat16 a, BFloat16 b) => (BFloat16)float.Min((float)a, (float)b);
        return rule switch
        {
            Add => &Sum,
            Mul => &Product,
            Max => &Largest,
            _ => &Smallest,
        };
    }

    private ref struct Numbers<TMove>(TMove move, int rule, TensorValue updates, TensorValue target) : INumberAction
        where TMove : ICombiningMove, allows ref struct
    {
        private TMove _move = move;

        public void Invoke<T>()
            where T : unmanaged, IBinaryNumber<T>, IMinMaxValue<T> =>
            Number<T, TMove>(ref _move, rule, updates, target);
    }

    private ref struct Plain<TMove>(TMove move) : IElementMove
        where TMove : ICombiningMove, allows ref struct
    {
        private TMove _move = move;

        public void Move<T>(ReadOnlySpan<T> source, Span<T> target) => _move.Move(source, target, null);
    }
}
