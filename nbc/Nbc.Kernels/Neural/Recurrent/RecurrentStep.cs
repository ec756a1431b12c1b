using System.Numerics;
using Nbc.Kernels.Neural.Products;

namespace Nbc.Kernels.Neural.Recurrent;

/// <summary>What a cell sees of one step.</summary>
internal readonly unsafe ref struct RecurrentStep<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly KernelContext _context;
    private readonly double? _clip;
    private readonly GateFunction[] _functions;
    private readonly nint _packed;
    private readonly Span<T> _gates, _rounded;
    private readonly int _gateCount;

    public RecurrentStep(
        KernelContext context, (double? Clip, GateFunction[] Functions, int Directions, int Gates) cell, int direction,
        int hidden, Span<T> gates, Span<int> rows, nint packed, Span<T> rounded, Span<T> product, Span<T> extra,
            Span<T> recurrentBias,
        Span<T> peepholes, Span<T> state, Span<T> cellState)
    {
        _context = context;
        _clip = cell.Clip;
        _functions = cell.Functions;
        _gateCount = cell.Gates;
        _packed = packed;
        _rounded = rounded;
        _gates = gates;
        Function = direction * (cell.Functions.Length / cell.Directions);
        HiddenSize = hidden;
        Rows = rows;
        Product = product;
        Extra = extra;
        RecurrentBias = recurrentBias;
        Peepholes = peepholes;
        Hidden = state;
        Cell = cellState;
    }

    /// <summary>The first function of this direction.</summary>
    private int Function { get; }

    public int HiddenSize { get; }

    /// <summary>For each of the batch where its gates lie; -1 when its sequence is over.</summary>
    public Span<int> Rows { get; }

    /// <summary>[batch, gates * hidden]: what <see cref="Multiply"/> made.</summary>
    public Span<T> Product { get; }

    /// <summary>[batch, hidden] for the cell's own use.</summary>
    public Span<T> Extra { get; }

    /// <summary>Of gates that do not sum it into X * W.</summary>
    public Span<T> RecurrentBias { get; }

    /// <summary>Of input, output and forget gate; empty for none.</summary>
    public Span<T> Peepholes { get; }

    /// <summary>[batch, hidden], read and written.</summary>
    public Span<T> Hidden { get; }

    /// <summary>[batch, hidden], read and written; empty where there is no second state.</summary>
    public Span<T> Cell { get; }

    /// <summary>X * W and its bias for one of the batch: [gates * hidden].</summary>
    public Span<T> Gates(int batch) =>
        _gates.Slice(Rows[batch] * _gateCount * HiddenSize, _gateCount * HiddenSize);

    /// <summary>A state times R for some gates, into <see cref="Product"/>.</summary>
    public void Multiply(Span<T> state, int firstGate, int gates)
    {
        long size = MatrixProduct<T>.PackedCount(HiddenSize, HiddenSize);
        if (!_rounded.IsEmpty)
        {
            DynamicRange.Round(state, _rounded);
            state = _rounded;
        }

        Matrix<T> left = Matrix<T>.Dense(ConstantMatrix.First(state), Rows.Length, HiddenSize);
        for (int gate = firstGate; gate < firstGate + gates; gate++)
        {
            MatrixProduct<T>.Multiply(
                _context, left, new PackedMatrix<T>((T*)_packed + (gate * size), HiddenSize, HiddenSize),
                ConstantMatrix.First(Product) + (gate * HiddenSize), (long)_gateCount * HiddenSize, false, T.One);
        }
    }

    /// <summary>The i-th function of this direction, its argument clipped.</summary>
    public T Apply(int i, T x) => _functions[Function + i].Apply(Clipped(x));

    /// <summary>The i-th function of this direction, unclipped.</summary>
    public T ApplyFree(int i, T x) => _functions[Function + i].Apply(x);

    private T Clipped(T x) =>
        _clip is { } clip ? T.Clamp(x, T.CreateTruncating(-clip), T.CreateTruncating(clip)) : x;
}
