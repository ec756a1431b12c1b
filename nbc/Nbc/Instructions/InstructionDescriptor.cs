namespace Nbc.Instructions;

/// <summary>Which fields of an instruction are used, and for what.</summary>
public enum NbcFormat
{
    /// <summary>None.</summary>
    Plain,

    /// <summary>A: index of a scalar.</summary>
    Scalar,

    /// <summary>A: index of a local.</summary>
    Local,

    /// <summary>A: index of a global.</summary>
    Global,

    /// <summary>A: index of an instruction of the same function.</summary>
    Target,

    /// <summary>A: index of a name.</summary>
    Name,

    /// <summary>A: index of a name; B: locals of the frame.</summary>
    Frame,

    /// <summary>A: a kind of resource.</summary>
    Resource,

    /// <summary>A: a number from 1 on.</summary>
    Number,

    /// <summary>A: first operand; B: inputs; C: outputs; D: the detail.</summary>
    Values,
}

/// <summary>What field D of an instruction of format Values says.</summary>
public enum NbcDetail
{
    /// <summary>Nothing; -1.</summary>
    None,

    /// <summary>Index of attributes, or -1 when it has none.</summary>
    Attributes,

    /// <summary>Index of a function.</summary>
    Function,

    /// <summary>Index of a name.</summary>
    Name,

    /// <summary>An element type.</summary>
    ElementType,

    /// <summary>A kind of scalar.</summary>
    ScalarKind,
}

/// <summary>What is legal for one instruction; verifier, assembler, disassembler and specification read it.</summary>
public sealed record InstructionDescriptor
{
    public required ushort Opcode { get; init; }

    /// <summary>As the text form names it.</summary>
    public required string Mnemonic { get; init; }

    public required NbcFormat Format { get; init; }

    public NbcDetail Detail { get; init; }

    /// <summary>What it may find on the operand stack, and what it leaves: <c>ii>i</c>; one entry a form.</summary>
    /// <remarks>i, f, b, t, n: int, float, bool, text, null; x, y: anything, the same letter the same kind. The
    /// rightmost is on top. Instructions whose effect hangs on their operands have none.</remarks>
    public string[] Stack { get; init; } = [">"];

    public int MinInputs { get; init; }

    public int MaxInputs { get; init; }

    public int MinOutputs { get; init; }

    public int MaxOutputs { get; init; }

    /// <summary>True when an input may be a constant or absent, as a kernel allows.</summary>
    public bool TakesConstants { get; init; } = true;

    /// <summary>False: nothing after it is reached by falling through.</summary>
    public bool FallsThrough { get; init; } = true;

    /// <summary>What it does, in a sentence.</summary>
    public string Meaning { get; init; } = "";

    /// <summary>Error codes that it may end a run with, besides those of limits.</summary>
    public int[] Errors { get; init; } = [];
}
