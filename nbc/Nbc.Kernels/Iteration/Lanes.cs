using Nbc.Tensors;

namespace Nbc.Kernels.Iteration;

/// <summary>A tensor as lanes along one axis: lane (o, i) has its elements at o * Size * Inner + i, Inner
/// apart.</summary>
/// <param name="Outer">Product of the sizes before the axis.</param>
/// <param name="Size">Elements of a lane.</param>
/// <param name="Inner">Product of the sizes behind the axis.</param>
internal readonly record struct Lanes(int Outer, int Size, int Inner)
{
    public int Count => Outer * Inner;

    /// <param name="axis">Counted from the end when negative.</param>
    /// <exception cref="KernelException">There is no such axis.</exception>
    public static Lanes Along(ReadOnlySpan<long> shape, long axis)
    {
        int at = CheckAxis(axis, shape.Length);
        return new Lanes(
            (int)Shapes.Product(shape[..at]), (int)shape[at], (int)Shapes.Product(shape[(at + 1)..]));
    }

    /// <summary>The axis counted from the start.</summary>
    public static int CheckAxis(long axis, int rank) => Shapes.TryNormalizeAxis(axis, rank, out int at)
        ? at
        : throw Refusal.Range("axis", axis, rank == 0 ? "none for a scalar" : $"{-rank} to {rank - 1}");

    /// <summary>The first element of a lane.</summary>
    public int First(int lane) => (lane / Inner * Size * Inner) + (lane % Inner);
}
