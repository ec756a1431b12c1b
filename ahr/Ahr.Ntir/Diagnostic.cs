namespace Ahr.Ntir;

/// <summary>What can be wrong with a module. The numbers stand in messages and are never given twice.</summary>
public enum NtirFault
{
    /// <summary>The shapes of the operands do not go together.</summary>
    ShapeMismatch = 101,

    /// <summary>An operand has another element type, or is of another kind, than the operation takes.</summary>
    TypeMismatch = 102,

    /// <summary>An attribute is missing, unknown, of another kind, or outside its range.</summary>
    WrongAttribute = 103,

    /// <summary>No such operation.</summary>
    UnknownOperation = 104,

    /// <summary>Too few or too many operands or results.</summary>
    WrongCount = 105,

    /// <summary>A value is used before it is made, or outside the region that it belongs to.</summary>
    NotDominated = 106,

    /// <summary>Too few or too many regions, or one whose parameters or results do not fit its operation.</summary>
    WrongRegion = 107,

    /// <summary>A function that is called does not exist, exists twice, calls itself, or needs an operand that the call
    /// leaves out.</summary>
    WrongCall = 108,

    /// <summary>The text or the bytes of a module do not follow its form.</summary>
    Malformed = 201,

    /// <summary>Something larger, deeper or longer than this program accepts.</summary>
    TooLarge = 202,

    /// <summary>Content that a module refers to is not there or is not what it should be.</summary>
    MissingContent = 203,
}

/// <summary>One thing that is wrong, and where.</summary>
/// <param name="Where">Path of the node, such as <c>encoder/block3/Concat_7</c>.</param>
/// <param name="Detail">Expected and found, with the shapes.</param>
public readonly record struct Diagnostic(NtirFault Fault, string Where, string Detail)
{
    /// <summary>As people read it: <c>NTIR101 at encoder/block3/Concat_7: axis 1 differs: [8, 64] and [8, 65]</c>.
    /// </summary>
    public override string ToString() => $"NTIR{(int)Fault} at {Where}: {Detail}";
}
