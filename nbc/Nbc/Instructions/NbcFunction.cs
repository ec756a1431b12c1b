using System.Collections.Immutable;

namespace Nbc.Instructions;

/// <summary>What is known of one register of a function.</summary>
/// <param name="Type">What it will hold; for planning and tracing, checked by no kernel.</param>
/// <param name="ArenaOffset">Unit: bytes in the function's arena, a multiple of 64; -1 when its memory is not planned.
/// </param>
/// <param name="ArenaBytes">Unit: bytes planned.</param>
public sealed record NbcRegister(NbcType Type, long ArenaOffset = -1, long ArenaBytes = 0)
{
    public bool IsPlanned => ArenaOffset >= 0;
}

/// <summary>A function; immutable.</summary>
/// <remarks>
/// Meaning: a call puts its values into the registers <see cref="Parameters"/> and pops
/// <see cref="ScalarParameters"/> (the last one is on top) into the first locals. RET gives the values of
/// <see cref="Results"/> and pushes the operand stack, which then is exactly <see cref="ScalarResults"/>.
/// </remarks>
public sealed class NbcFunction
{
    /// <summary>Locals of one function, frames in it included, at most.</summary>
    public const int MaxLocals = 65_536;

    /// <summary>Unique in its program.</summary>
    public required string Name { get; init; }

    public ImmutableArray<int> Parameters { get; init; } = [];

    public ImmutableArray<int> Results { get; init; } = [];

    public ImmutableArray<ScalarKind> ScalarParameters { get; init; } = [];

    public ImmutableArray<ScalarKind> ScalarResults { get; init; } = [];

    public ImmutableArray<NbcRegister> Registers { get; init; } = [];

    /// <summary>Scalar locals; those that take no parameter are null at first.</summary>
    public int LocalCount { get; init; }

    /// <summary>Unit: bytes that the planned registers share.</summary>
    public long ArenaBytes { get; init; }

    public ImmutableArray<NbcInstruction> Instructions { get; init; } = [];

    /// <summary>Operands of all instructions, written as <see cref="NbcOperand"/> says.</summary>
    public ImmutableArray<int> Operands { get; init; } = [];

    /// <summary>For each instruction the place in the source, an index into the names, or -1. Empty: none is known.
    /// </summary>
    public ImmutableArray<int> Locations { get; init; } = [];

    /// <summary>Inputs of an instruction of format Values.</summary>
    public ReadOnlySpan<int> InputsOf(in NbcInstruction instruction) =>
        Operands.AsSpan().Slice(instruction.A, instruction.B);

    /// <summary>Outputs of an instruction of format Values.</summary>
    public ReadOnlySpan<int> OutputsOf(in NbcInstruction instruction) =>
        Operands.AsSpan().Slice(instruction.A + instruction.B, instruction.C);
}
