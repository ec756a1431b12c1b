using Nbc.Kernels;
using Nbc.Tensors;

namespace Nbc.Instructions;

/// <summary>A place in a function that jumps may go to.</summary>
public readonly record struct NbcLabel(int Index);

/// <summary>Puts one function together.</summary>
public sealed class NbcFunctionBuilder
{
    private const int Unmarked = -1;
    private readonly NbcProgramBuilder _program;
    private readonly List<NbcRegister> _registers = [];
    private readonly List<NbcInstruction> _instructions = [];
    private readonly List<int> _operands = [];
    private readonly List<int> _locations = [];
    private readonly List<int> _labels = [];
    private bool _anyLocation;

    internal NbcFunctionBuilder(NbcProgramBuilder program, string name, int index)
    {
        _program = program;
        Name = name;
        Index = index;
    }

    public string Name { get; }

    /// <summary>Index in the program; what <see cref="Call"/> takes.</summary>
    public int Index { get; }

    /// <summary>Registers that the call's values go into.</summary>
    public IReadOnlyList<int> Parameters { get; set; } = [];

    /// <summary>Registers whose values RET gives.</summary>
    public IReadOnlyList<int> Results { get; set; } = [];

    public IReadOnlyList<ScalarKind> ScalarParameters { get; set; } = [];

    public IReadOnlyList<ScalarKind> ScalarResults { get; set; } = [];

    /// <summary>Scalar locals, those of the parameters included.</summary>
    public int LocalCount { get; set; }

    /// <summary>Unit: bytes.</summary>
    public long ArenaBytes { get; set; }

    /// <summary>Instructions so far: the index of the next one.</summary>
    public int Count => _instructions.Count;

    /// <returns>The number of the register.</returns>
    public int AddRegister(NbcType type) => AddRegister(new NbcRegister(type));

    /// <returns>The number of the register.</returns>
    public int AddRegister(NbcRegister register)
    {
        _registers.Add(register);
        return _registers.Count - 1;
    }

    /// <summary>What is known of a register.</summary>
    public NbcRegister RegisterOf(int register) => _registers[register];

    /// <summary>Says anew what is known of a register: plans are made when all instructions are there.</summary>
    public void SetRegister(int register, NbcRegister info) => _registers[register] = info;

    /// <returns>The number of a new local.</returns>
    public int AddLocal() => LocalCount++;

    public NbcLabel NewLabel()
    {
        _labels.Add(Unmarked);
        return new NbcLabel(_labels.Count - 1);
    }

    /// <summary>The label stands before the next instruction.</summary>
    public void Mark(NbcLabel label) => _labels[label.Index] = _instructions.Count;

    /// <summary>Adds an instruction as it is.</summary>
    /// <returns>Its index.</returns>
    public int Emit(NbcInstruction instruction, string? location = null)
    {
        _instructions.Add(instruction);
        _locations.Add(location is null ? -1 : _program.AddName(location));
        _anyLocation |= location is not null;
        return _instructions.Count - 1;
    }

    /// <summary>Adds an instruction of any format but Values.</summary>
    public int Emit(NbcOpcode opcode, int a = 0, int b = 0, string? location = null) =>
        Emit(new NbcInstruction(opcode, a, b), location);

    /// <summary>JMP, JZ or JNZ.</summary>
    public int Jump(NbcOpcode opcode, NbcLabel target, string? location = null) =>
        Emit(new NbcInstruction(opcode, -1 - target.Index), location);

    public int Push(NbcScalar scalar, string? location = null) =>
        Emit(NbcOpcode.Push, _program.AddScalar(scalar), location: location);

    /// <summary>An operation of a kernel.</summary>
    /// <param name="inputs">As <see cref="NbcOperand"/> says.</param>
    /// <param name="outputs">Registers, or <see cref="NbcOperand.Absent"/>.</param>
    /// <exception cref="ArgumentException">There is no such operator.</exception>
    public int Kernel(
        string name, KernelAttributes? attributes, ReadOnlySpan<int> inputs, ReadOnlySpan<int> outputs,
        string? location = null)
    {
        KernelDescriptor descriptor = KernelTable.Find(name)
            ?? throw new ArgumentException($"there is no operator {name}", nameof(name));
        return Values(descriptor.Opcode, inputs, outputs, _program.AddAttributes(attributes), location);
    }

    /// <summary>Any instruction of format Values.</summary>
    public int Values(
        ushort opcode, ReadOnlySpan<int> inputs, ReadOnlySpan<int> outputs, int detail = NbcInstruction.NoDetail,
        string? location = null)
    {
        int first = _operands.Count;
        _operands.AddRange(inputs);
        _operands.AddRange(outputs);
        return Emit(new NbcInstruction(opcode, first, inputs.Length, outputs.Length, detail), location);
    }

    /// <summary>Any instruction of format Values.</summary>
    public int Values(
        NbcOpcode opcode, ReadOnlySpan<int> inputs, ReadOnlySpan<int> outputs, int detail = NbcInstruction.NoDetail,
        string? location = null) => Values((ushort)opcode, inputs, outputs, detail, location);

    public int Call(
        NbcFunctionBuilder function, ReadOnlySpan<int> inputs, ReadOnlySpan<int> outputs, string? location = null)
    {
        ArgumentNullException.ThrowIfNull(function);
        return Values(NbcOpcode.Call, inputs, outputs, function.Index, location);
    }

    /// <summary>The value of one operand in a second register.</summary>
    public int Move(int from, int to, string? location = null) =>
        Values(NbcOpcode.Move, [from], [to], location: location);

    /// <summary>Lets go of registers; directly behind an operation it lets that write over them.</summary>
    public int Destroy(params ReadOnlySpan<int> registers) => Values(NbcOpcode.TensorDestroy, registers, []);

    /// <summary>Pushes the only element of a tensor.</summary>
    public int TensorToScalar(ScalarKind kind, int operand, string? location = null) =>
        Values(NbcOpcode.TensorToScalar, [operand], [], (int)kind, location);

    /// <summary>Pops a scalar into a tensor without dimensions.</summary>
    public int ScalarToTensor(ElementType type, int register, string? location = null) =>
        Values(NbcOpcode.ScalarToTensor, [], [register], (int)type, location);

    /// <exception cref="InvalidOperationException">A label that a jump names was never marked.</exception>
    internal NbcFunction Build() => new()
    {
        Name = Name,
        Parameters = [.. Parameters],
        Results = [.. Results],
        ScalarParameters = [.. ScalarParameters],
        ScalarResults = [.. ScalarResults],
        Registers = [.. _registers],
        LocalCount = LocalCount,
        ArenaBytes = ArenaBytes,
        Instructions = [.. _instructions.Select(Resolve)],
        Operands = [.. _operands],
        Locations = _anyLocation ? [.. _locations] : [],
    };

    // Jumps hold -1 - label until now.
    private NbcInstruction Resolve(NbcInstruction instruction)
    {
        if (InstructionTable.Find(instruction.Opcode)?.Format != NbcFormat.Target || instruction.A >= 0)
        {
            return instruction;
        }

        int target = _labels[-1 - instruction.A];
        return target == Unmarked
            ? throw new InvalidOperationException($"a jump in {Name} goes to a label that was never marked")
            : instruction with { A = target };
    }
}
