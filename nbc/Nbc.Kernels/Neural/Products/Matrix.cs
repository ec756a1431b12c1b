namespace Nbc.Kernels.Neural.Products;

/// <summary>A matrix anywhere in memory; owns nothing.</summary>
/// <remarks>Shape: element (r, c) lies at First[r * RowStep + c * ColumnStep].</remarks>
internal readonly unsafe struct Matrix<T>(T* first, int rows, int columns, long rowStep, long columnStep)
    where T : unmanaged
{
    public T* First { get; } = first;

    public int Rows { get; } = rows;

    public int Columns { get; } = columns;

    public long RowStep { get; } = rowStep;

    public long ColumnStep { get; } = columnStep;

    /// <summary>Rows and columns swapped; nothing is copied.</summary>
    public Matrix<T> Transposed => new(First, Columns, Rows, ColumnStep, RowStep);

    /// <summary>Row-major without gaps.</summary>
    public static Matrix<T> Dense(T* first, int rows, int columns) => new(first, rows, columns, columns, 1);
}

/// <summary>A right-hand matrix rearranged for the kernel; owns nothing.</summary>
/// <remarks>
/// Shape: panels of <see cref="MatrixProduct{T}.PanelWidth"/> columns, each a row-major block of Depth rows, columns
/// past the last are zero.
/// </remarks>
internal readonly unsafe struct PackedMatrix<T>(T* first, int depth, int columns)
    where T : unmanaged
{
    public T* First { get; } = first;

    public int Depth { get; } = depth;

    public int Columns { get; } = columns;
}

/// <summary>A constant right-hand matrix, rearranged once; lives as long as this object.</summary>
internal sealed unsafe class PackedConstant<T>
    where T : unmanaged, System.Numerics.INumberBase<T>
{
    private readonly T[] _elements;

    public PackedConstant(Matrix<T> source)
    {
        _elements = GC.AllocateUninitializedArray<T>(
            checked((int)MatrixProduct<T>.PackedCount(source.Rows, source.Columns)), pinned: true);
        Depth = source.Rows;
        Columns = source.Columns;
        MatrixProduct<T>.Pack(source, View.First);
    }

    public int Depth { get; }

    public int Columns { get; }

    // Pinned: the address holds as long as the array lives, and this object keeps it.
    public PackedMatrix<T> View =>
        new((T*)System.Runtime.CompilerServices.Unsafe.AsPointer(
            ref System.Runtime.InteropServices.MemoryMarshal.GetArrayDataReference(_elements)), Depth, Columns);
}
