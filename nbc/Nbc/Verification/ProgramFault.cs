namespace Nbc.Verification;

/// <summary>Why a program is not legal.</summary>
public enum FaultKind
{
    /// <summary>No function, an entry that is none, or ports that do not match its registers.</summary>
    WrongEntry,

    /// <summary>A name that must be unique is taken or empty.</summary>
    WrongName,

    /// <summary>A type, element type or shape that is none.</summary>
    WrongType,

    /// <summary>A number of registers, locals, bytes or places that is out of its range.</summary>
    WrongSize,

    /// <summary>No instruction has this opcode.</summary>
    UnknownOpcode,

    /// <summary>An index of a scalar, local, global, name, function or resource that is out of its range.</summary>
    WrongIndex,

    /// <summary>A jump to a place outside its function, or a function that does not end in one.</summary>
    WrongTarget,

    /// <summary>Too few or too many operands, or one that may not stand there.</summary>
    WrongOperand,

    /// <summary>An attribute that the operator does not know, of another kind, or missing.</summary>
    WrongAttribute,

    /// <summary>The operand stack does not hold what an instruction takes.</summary>
    WrongStack,

    /// <summary>Two ways lead here with different stacks or frames.</summary>
    WrongMerge,

    /// <summary>A register is read that need not hold a value.</summary>
    Unassigned,

    /// <summary>Two registers that are alive at once share planned memory, or a plan leaves its arena.</summary>
    WrongPlan,

    /// <summary>The program is larger than the verifier has patience for.</summary>
    TooComplex,
}

/// <summary>One fault of a program.</summary>
/// <param name="Function">Null when it concerns the program as a whole.</param>
/// <param name="Instruction">-1 when it concerns the function as a whole.</param>
/// <param name="Detail">Expected and found, as a part of a sentence.</param>
public readonly record struct ProgramFault(FaultKind Kind, string? Function, int Instruction, string Detail)
{
    /// <summary>As people read it: <c>main, instruction 3: WrongStack: ADD takes …</c>.</summary>
    public override string ToString() =>
        Function is null ? $"{Kind}: {Detail}"
        : Instruction < 0 ? $"{Function}: {Kind}: {Detail}"
        : $"{Function}, instruction {Instruction}: {Kind}: {Detail}";
}
