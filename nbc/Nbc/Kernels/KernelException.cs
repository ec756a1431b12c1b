namespace Nbc.Kernels;

/// <summary>Why a kernel cannot do what it is asked. Numbers are NBC's error codes.</summary>
public enum KernelFault
{
    /// <summary>Something that this kernel does not do: an element type, a mode.</summary>
    Unsupported = 3001,

    /// <summary>An operand that must be there is absent.</summary>
    MissingOperand = 3002,

    /// <summary>An attribute is missing, of another kind, or out of its range.</summary>
    WrongAttribute = 3003,

    /// <summary>An index, axis or length is outside its range.</summary>
    OutOfRange = 3004,

    /// <summary>A result would take more memory than there is, or than is allowed.</summary>
    TooLarge = 4001,

    /// <summary>An operand has another element type, or is of another kind, than the kernel takes.</summary>
    WrongType = 5001,

    /// <summary>The shapes of the operands do not go together.</summary>
    WrongShape = 5002,
}

/// <summary>A kernel cannot run with these operands; the message is the part of a sentence that says why.</summary>
public sealed class KernelException(KernelFault fault, string message) : Exception(message)
{
    public KernelFault Fault { get; } = fault;
}
