using System.Runtime.InteropServices;
using Nbc.Runtime.Memory;
using Nbc.Values;

namespace Nbc.Runtime.Machine;

/// <summary>Copies of values that outlive a run.</summary>
internal static class ValueCopies
{
    /// <summary>The same content in memory of its own on the heap.</summary>
    public static NbcValue OnHeap(NbcValue value)
    {
        switch (value)
        {
            case TensorValue tensor:
                TensorValue copy = new();
                CopyTo(tensor, copy);
                return copy;
            case SequenceValue sequence:
                return new SequenceValue(sequence.ElementType, sequence.Items.Select(OnHeap));
            case OptionalValue optional:
                return new OptionalValue(optional.Content is null ? null : OnHeap(optional.Content));
            default:
                MapValue map = (MapValue)value;
                return new MapValue((TensorValue)OnHeap(map.Keys), (TensorValue)OnHeap(map.Values));
        }
    }

    /// <summary>Writes a tensor over another one, into its memory when that is large enough and nobody else's.
    /// </summary>
    public static unsafe void CopyTo(TensorValue source, TensorValue target)
    {
        if (source.Memory is null)
        {
            target.ResetStrings([.. source.Strings], source.Shape);
            return;
        }

        if (target.Memory is HeapMemory { IsExclusive: true } own && own.Length >= source.ByteCount)
        {
            target.Reset(source.Type, source.Shape, own, 0);
        }
        else
        {
            HeapMemory memory = new(source.ByteCount);
            target.Reset(source.Type, source.Shape, memory, 0);
            memory.Release();
        }

        NativeMemory.Copy(source.Pointer, target.Pointer, (nuint)source.ByteCount);
    }

    /// <summary>A value that shows a caller's without touching its counts.</summary>
    /// <param name="lend">Gives memory for one tensor each time.</param>
    public static NbcValue Borrow(NbcValue value, RegisterFile registers, Func<BorrowedMemory> lend)
    {
        switch (value)
        {
            case TensorValue tensor:
                TensorValue view = registers.NewTensor();
                if (tensor.Memory is null)
                {
                    view.ResetStrings(tensor.Strings, tensor.Shape);
                    return view;
                }

                BorrowedMemory memory = lend();
                memory.Lend(tensor);
                view.Reset(tensor.Type, tensor.Shape, memory, 0);
                return view;
            default:
                return BorrowNested(value, registers, lend);
        }
    }

    // Apart, so that its closure costs plain tensors nothing.
    private static NbcValue BorrowNested(NbcValue value, RegisterFile registers, Func<BorrowedMemory> lend)
    {
        switch (value)
        {
            case SequenceValue sequence:
                return new SequenceValue(
                    sequence.ElementType, sequence.Items.Select(item => Borrow(item, registers, lend)));
            case OptionalValue optional:
                return new OptionalValue(
                    optional.Content is null ? null : Borrow(optional.Content, registers, lend));
            default:
                MapValue map = (MapValue)value;
                return new MapValue((TensorValue)Borrow(map.Keys, registers, lend),
                    (TensorValue)Borrow(map.Values, registers, lend));
        }
    }
}
