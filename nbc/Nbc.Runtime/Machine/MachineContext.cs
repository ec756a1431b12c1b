using Nbc.Instructions;
using Nbc.Kernels;
using Nbc.Runtime.Errors;
using Nbc.Runtime.Memory;
using Nbc.Tensors;
using Nbc.Values;

namespace Nbc.Runtime.Machine;

/// <summary>What a kernel sees of the machine that runs it. One object serves all kernels of a machine.</summary>
/// <remarks>Results are kept apart until the kernel returned, so that a register may be operand and result.</remarks>
internal sealed unsafe class MachineContext(
    MemoryBudget budget, BlockPool pool, RegisterFile registers, TensorValue[] constants, RunClock clock)
    : KernelContext
{
    private readonly ScratchMemory _scratch = new(pool);
    private LoadedInstruction _instruction = null!;
    private NbcValue?[] _results = new NbcValue?[4];
    private int _first;
    private FrameArena? _arena;
    private ulong _seed;

    /// <summary>For each register of the entry function its result, while that function runs; else null.</summary>
    public int[]? ResultOf { get; set; }

    /// <summary>What the caller gave to be filled, by result.</summary>
    public NbcValue?[] Wanted { get; set; } = [];

    /// <inheritdoc/>
    public override int InputCount => _instruction.Inputs.Length;

    /// <inheritdoc/>
    public override int OutputCount => _instruction.Outputs.Length;

    public void Seed(ulong seed) => _seed = seed;

    /// <summary>Before a kernel runs.</summary>
    /// <param name="first">Where the registers of the call begin.</param>
    public void Begin(LoadedInstruction instruction, int first, FrameArena? arena)
    {
        (_instruction, _first, _arena) = (instruction, first, arena);
        if (_results.Length < instruction.Outputs.Length)
        {
            _results = new NbcValue?[instruction.Outputs.Length];
        }
    }

    /// <summary>The kernel is done: its results go into their registers.</summary>
    /// <exception cref="KernelException">A result takes more memory than there is.</exception>
    /// <exception cref="NbcException">A result is missing (3005).</exception>
    public void Commit()
    {
        _scratch.Reset();
        int[] outputs = _instruction.Outputs;
        if (outputs.Length == 0 && InputCount > 1 && Value(0) is SequenceValue && Value(InputCount - 1) is { } added)
        {
            registers.Charge(_first + _instruction.Inputs[0], added); // a kernel without results adds to its operand
        }

        for (int i = 0; i < outputs.Length; i++)
        {
            NbcValue? result = _results[i];
            _results[i] = null;
            if (outputs[i] < 0)
            {
                registers.Drop(result);
            }
            else if (result is not null)
            {
                registers.Set(_first + outputs[i], result);
            }
            else
            {
                throw new NbcException(NbcErrorCode.KernelFailed, $"the kernel made no result {i}");
            }
        }
    }

    /// <summary>After a kernel that failed.</summary>
    public void Abandon()
    {
        _scratch.Reset();
        for (int i = 0; i < _results.Length; i++)
        {
            registers.Drop(_results[i]);
            _results[i] = null;
        }
    }

    /// <summary>Gives scratch memory back.</summary>
    public void Trim() => _scratch.Drop();

    /// <inheritdoc/>
    public override NbcValue? Value(int input)
    {
        int operand = _instruction.Inputs[input];
        return operand >= 0 ? registers[_first + operand]
            : operand == NbcOperand.Absent ? null : constants[NbcOperand.ConstantIndex(operand)];
    }

    /// <inheritdoc/>
    public override bool Wants(int output) =>
        (uint)output < (uint)_instruction.Outputs.Length && _instruction.Outputs[output] >= 0;

    /// <inheritdoc/>
    public override TensorValue Output(int output, ElementType type, params ReadOnlySpan<long> shape)
    {
        long bytes = CheckedBytes(type, shape);
        TensorValue result = registers.NewTensor();
        if (type == ElementType.String)
        {
            CheckBudget(bytes);
            byte[][] strings = new byte[bytes / sizeof(long)][];
            Array.Fill(strings, []);
            result.ResetStrings(strings, shape);
        }
        else
        {
            TensorMemory memory = MemoryFor(output, bytes, out bool isOwn);
            result.Reset(type, shape, memory, 0);
            if (isOwn)
            {
                memory.Release(); // the tensor holds it
            }
        }

        Keep(output, result);
        return result;
    }

    /// <inheritdoc/>
    public override TensorValue OutputOver(int output, int input, ElementType type, params ReadOnlySpan<long> shape)
    {
        if (input < InputCount && _instruction.Dies[input] && type != ElementType.String && ResultIndex(output) < 0 &&
            Value(input) is TensorValue { Memory: { IsExclusive: true } memory } operand &&
            CheckedBytes(type, shape) == operand.ByteCount && !IsPlannedElsewhere(output, operand.Pointer))
        {
            TensorValue result = registers.NewTensor();
            result.Reset(type, shape, memory, operand.Pointer - memory.Pointer);
            Keep(output, result);
            return result;
        }

        return Output(output, type, shape);
    }

    /// <inheritdoc/>
    public override void View(int output, int input, params ReadOnlySpan<long> shape)
    {
        TensorValue source = Input(input);
        if (!Tensor.TryCount(shape, out long count) || count != source.Count)
        {
            throw new KernelException(KernelFault.WrongShape, $"{source} cannot be seen as {Shapes.Text(shape)}");
        }

        TensorValue view = registers.NewTensor();
        view.ResetView(source, shape);
        Keep(output, view);
    }

    /// <inheritdoc/>
    public override void ViewPart(int output, int input, long first, params ReadOnlySpan<long> shape)
    {
        TensorValue source = Input(input);
        if (!Tensor.TryCount(shape, out long count) || first < 0 || count > source.Count - first)
        {
            throw new KernelException(
                KernelFault.OutOfRange, $"{source} has no part {Shapes.Text(shape)} from element {first} on");
        }

        TensorValue view = registers.NewTensor();
        if (source.Type == ElementType.String)
        {
            view.ResetStrings(source.Strings.AsSpan((int)first, (int)count).ToArray(), shape);
        }
        else
        {
            view.ResetView(source, first * ElementTypes.SizeOf(source.Type), source.Type, shape);
        }

        Keep(output, view);
    }

    /// <inheritdoc/>
    public override void Give(int output, NbcValue value)
    {
        for (int i = 0; i < InputCount; i++)
        {
            if (ReferenceEquals(value, Value(i)))
            {
                value = value.Share(); // a register's value is its own
                break;
            }
        }

        Keep(output, value);
    }

    /// <inheritdoc/>
    public override Span<byte> Scratch(long bytes) => _scratch.Take(bytes);

    /// <inheritdoc/>
    public override void ThrowIfCancelled() => clock.Check();

    /// <inheritdoc/>
    public override ulong NextSeed()
    {
        ulong z = _seed += 0x9E3779B97F4A7C15; // SplitMix64
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }

    private void Keep(int output, NbcValue value)
    {
        if ((uint)output >= (uint)_instruction.Outputs.Length)
        {
            registers.Drop(value); // a result that the program does not name
            return;
        }

        registers.Drop(_results[output]);
        _results[output] = value;
    }

    private static long CheckedBytes(ElementType type, ReadOnlySpan<long> shape)
    {
        if (!Tensor.TryCount(shape, out long count) || count > int.MaxValue)
        {
            throw new KernelException(KernelFault.TooLarge, $"{Shapes.Text(shape)} is no shape of a tensor");
        }

        return count * (type == ElementType.String ? sizeof(long) : ElementTypes.SizeOf(type));
    }

    private int ResultIndex(int output)
    {
        int register = (uint)output < (uint)_instruction.Outputs.Length ? _instruction.Outputs[output] : -1;
        return ResultOf is { } results && register >= 0 ? results[register] : -1;
    }

    private bool IsPlannedElsewhere(int output, byte* place) =>
        _arena is { } arena && Wants(output) && arena.PlansElsewhere(_instruction.Outputs[output], place);

    private TensorMemory MemoryFor(int output, long bytes, out bool isOwn)
    {
        isOwn = true;
        if (ResultIndex(output) is >= 0 and int result)
        {
            if (Wanted[result] is TensorValue { Memory: HeapMemory { IsExclusive: true } given } &&
                given.Length >= bytes)
            {
                isOwn = false; // the caller holds it
                return given;
            }

            CheckBudget(bytes);
            return new HeapMemory(bytes);
        }

        return Wants(output) && _arena?.TryTake(_instruction.Outputs[output], bytes) is { } slot
            ? slot
            : pool.Take(bytes);
    }

    // The register takes it from the budget, but only when it is there already.
    private void CheckBudget(long bytes)
    {
        if (bytes > budget.Limit - budget.Held)
        {
            throw new KernelException(
                KernelFault.TooLarge, $"{bytes} bytes are wanted, {budget.Held} of {budget.Limit} are in use");
        }
    }
}
