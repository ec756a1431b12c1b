using System.Runtime.InteropServices;
using Nbc.Kernels.Neural.Products;
using Nbc.Values;

namespace Nbc.Kernels.Neural.Attending;

/// <summary>Sizes of an operand of heads.</summary>
/// <param name="HeadsFirst">[batch, heads, rows, width]; else [batch, rows, heads * width].</param>
internal readonly record struct HeadShape(int Batch, int Heads, int Rows, int Width, bool HeadsFirst)
{
    public unsafe HeadView<T> View<T>(T* first)
        where T : unmanaged =>
        HeadsFirst ? HeadView<T>.HeadsFirst(first, Heads, Rows, Width)
        : HeadView<T>.RowsFirst(first, Heads, Rows, Width);
}

/// <summary>Keys or values with those of the past before them.</summary>
/// <remarks>
/// Shape: past and present are [batch, heads, rows, width]. Where there is neither a past nor a wish for the present,
/// the operand is read where it lies.
/// </remarks>
internal readonly unsafe ref struct Cache<T>
    where T : unmanaged
{
    private readonly TensorValue? _present;
    private readonly Span<T> _rows;

    public Cache(KernelContext context, int output, TensorValue tensor, HeadShape shape, TensorValue? past)
    {
        HeadView<T> own = shape.View(ConstantMatrix.First(Reals.Read<T>(context, tensor)));
        PastRows = past is null ? null : (int)past.Shape[past.Rank > 2 ? 2 : 0];
        Rows = checked(shape.Rows + (PastRows ?? 0));
        if (past is not null)
        {
            Operand.ExpectType(past, tensor.Type, "the past");
            Operand.ExpectShape(past, "the past", shape.Batch, shape.Heads, PastRows!.Value, shape.Width);
        }

        bool wanted = output < context.OutputCount && context.Wants(output);
        if (past is null && !wanted)
        {
            View = own;
            return;
        }

        _present = wanted ? context.Output(output, tensor.Type, shape.Batch, shape.Heads, Rows, shape.Width) : null;
        long count = checked((long)shape.Batch * shape.Heads * Rows * shape.Width);
        _rows = _present is not null
            ? Reals.Room<T>(context, _present)
            : MemoryMarshal.Cast<byte, T>(context.Scratch(checked(count * sizeof(T))));
        View = HeadView<T>.HeadsFirst(ConstantMatrix.First(_rows), shape.Heads, Rows, shape.Width);
        if (past is not null)
        {
            HeadView<T> before = HeadView<T>.HeadsFirst(
                ConstantMatrix.First(Reals.Read<T>(context, past)), shape.Heads, PastRows!.Value, shape.Width);
            before.CopyTo(View, shape.Batch, shape.Heads, PastRows.Value, shape.Width);
        }

        own.CopyTo(View.From((PastRows ?? 0) * View.RowStep), shape.Batch, shape.Heads, shape.Rows, shape.Width);
    }

    /// <summary>Rows of the past; null when there is no past.</summary>
    public int? PastRows { get; }

    public int Rows { get; }

    public HeadView<T> View { get; }

    /// <summary>Rounds the present into its result.</summary>
    public void Write()
    {
        if (_present is not null)
        {
            Reals.Write<T>(_rows, _present);
        }
    }
}
