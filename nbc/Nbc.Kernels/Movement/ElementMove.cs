using Nbc.Tensors;
using Nbc.Values;

namespace Nbc.Kernels.Movement;

/// <summary>Moves elements without looking into them, whatever they are.</summary>
internal interface IElementMove
{
    void Move<T>(ReadOnlySpan<T> source, Span<T> target);
}

/// <summary>Does a move with the type that is as large as the tensors' elements: one code for all element
/// types.</summary>
internal static class ElementMove
{
    public static void Run<TMove>(ref TMove move, TensorValue source, TensorValue target)
        where TMove : IElementMove, allows ref struct
    {
        switch (ElementTypes.SizeOf(source.Type))
        {
            case 1:
                move.Move<byte>(source.Span<byte>(), target.Span<byte>());
                break;
            case 2:
                move.Move<ushort>(source.Span<ushort>(), target.Span<ushort>());
                break;
            case 4:
                move.Move<uint>(source.Span<uint>(), target.Span<uint>());
                break;
            case 8:
                move.Move<ulong>(source.Span<ulong>(), target.Span<ulong>());
                break;
            case 16:
                move.Move<UInt128>(source.Span<UInt128>(), target.Span<UInt128>());
                break;
            default:
                move.Move<byte[]>(source.Strings, target.Strings);
                break;
        }
    }

    /// <summary>All elements, as they lie.</summary>
    public static void CopyAll(TensorValue source, TensorValue target)
    {
        WholeCopy copy = default;
        Run(ref copy, source, target);
    }

    /// <summary>The zero of the element type everywhere: 0, false, the empty string.</summary>
    public static void Clear(TensorValue target)
    {
        if (target.Type == ElementType.String)
        {
            target.Strings.AsSpan().Fill([]);
            return;
        }

        WholeClear clear = default;
        Run(ref clear, target, target);
    }

    private struct WholeCopy : IElementMove
    {
        public readonly void Move<T>(ReadOnlySpan<T> source, Span<T> target) => source.CopyTo(target);
    }

    private struct WholeClear : IElementMove
    {
        public readonly void Move<T>(ReadOnlySpan<T> source, Span<T> target) => target.Clear();
    }
}
