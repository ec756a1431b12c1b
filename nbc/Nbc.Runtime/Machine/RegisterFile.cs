using Nbc.Kernels;
using Nbc.Runtime.Memory;
using Nbc.Tensors;
using Nbc.Values;

namespace Nbc.Runtime.Machine;

/// <summary>The registers of all calls that are open, and the tensor objects that are used again.</summary>
/// <remarks>A value in a register belongs to that register alone; whoever wants it too takes a share.</remarks>
internal sealed class RegisterFile(MemoryBudget budget)
{
    private const int SlotBytes = 16;
    private const int ObjectBytes = 192;
    private const int MaxDepth = 64;
    private readonly Stack<TensorValue> _spare = new();
    private NbcValue?[] _values = [];
    private long[] _charges = [];
    private int _top;

    public NbcValue? this[int at] => _values[at];

    /// <summary>Makes room for a call.</summary>
    /// <returns>Where its registers begin; all are unset.</returns>
    /// <exception cref="KernelException">Memory is used up.</exception>
    public int Open(int count)
    {
        long end = (long)_top + count;
        if (end > _values.Length)
        {
            long size = Math.Max(end, Math.Min((long)_values.Length * 2, int.MaxValue / 4));
            if (size > int.MaxValue / 4 || !budget.TryTake((size - _values.Length) * SlotBytes))
            {
                throw new KernelException(KernelFault.TooLarge, $"no memory for {end} registers");
            }

            Array.Resize(ref _values, (int)size);
            Array.Resize(ref _charges, (int)size);
        }

        int first = _top;
        _top = (int)end;
        return first;
    }

    /// <summary>Ends the innermost call; its values are let go.</summary>
    public void Close(int first)
    {
        for (int i = first; i < _top; i++)
        {
            Set(i, null);
        }

        _top = first;
    }

    /// <summary>Puts a value into a register, which lets go of what it held.</summary>
    /// <exception cref="KernelException">Memory is used up.</exception>
    public void Set(int at, NbcValue? value)
    {
        Drop(Take(at));
        _values[at] = value;
        if (value is not null and not TensorValue { Memory: not null and not HeapMemory })
        {
            Charge(at, value, 0);
        }
    }

    /// <summary>Takes the value out of a register, which is unset then.</summary>
    public NbcValue? Take(int at)
    {
        NbcValue? value = _values[at];
        if (_charges[at] > 0)
        {
            budget.GiveBack(_charges[at]);
        }

        (_values[at], _charges[at]) = (null, 0);
        return value;
    }

    /// <summary>An empty tensor object.</summary>
    public TensorValue NewTensor() => _spare.TryPop(out TensorValue? spare) ? spare : new TensorValue();

    /// <summary>The same content once more.</summary>
    public NbcValue? Share(NbcValue? value)
    {
        if (value is not TensorValue tensor)
        {
            return value?.Share();
        }

        TensorValue copy = NewTensor();
        copy.ResetView(tensor, tensor.Shape);
        return copy;
    }

    /// <summary>Lets go of a value that is in no register.</summary>
    public void Drop(NbcValue? value)
    {
        value?.Release();
        if (value is TensorValue tensor)
        {
            _spare.Push(tensor);
        }
    }

    /// <summary>Counts what a kernel added to a value that stays in its register.</summary>
    /// <exception cref="KernelException">Memory is used up.</exception>
    /// <param name="depth">How deep in the register's value it is.</param>
    public void Charge(int at, NbcValue added, int depth = 1)
    {
        long charge = BytesOf(added, depth);
        if (!budget.TryTake(charge))
        {
            throw new KernelException(
                KernelFault.TooLarge, $"{charge} bytes are wanted, {budget.Held} of {budget.Limit} are in use");
        }

        _charges[at] += charge;
    }

    /// <summary>An estimate of what a value takes outside the machine's own blocks.</summary>
    /// <exception cref="KernelException">It is nested so deep that going through it could end the process.</exception>
    internal static long BytesOf(NbcValue? value, int depth)
    {
        if (depth > MaxDepth)
        {
            throw new KernelException(KernelFault.TooLarge, $"values are nested more than {MaxDepth} deep");
        }

        long bytes = ObjectBytes;
        switch (value)
        {
            case TensorValue { Memory: HeapMemory } tensor:
                bytes += tensor.ByteCount;
                break;
            case TensorValue { Type: ElementType.String } strings:
                foreach (byte[] each in strings.Strings)
                {
                    bytes += each.Length + (SlotBytes * 2);
                }

                break;
            case SequenceValue sequence:
                foreach (NbcValue item in sequence.Items)
                {
                    bytes += BytesOf(item, depth + 1);
                }

                break;
            case OptionalValue { Content: { } content }:
                bytes += BytesOf(content, depth + 1);
                break;
            case MapValue map:
                bytes += BytesOf(map.Keys, depth + 1) + BytesOf(map.Values, depth + 1);
                break;
        }

        return bytes;
    }
}
