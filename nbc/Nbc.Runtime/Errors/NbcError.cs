using Nbc.Kernels;

namespace Nbc.Runtime.Errors;

/// <summary>One error with its place.</summary>
/// <param name="Message">What is wrong, as a part of a sentence, with what was expected and found.</param>
/// <param name="Function">Null outside a run.</param>
/// <param name="Instruction">Its index in the function; -1 outside a run.</param>
/// <param name="Mnemonic">Null outside a run.</param>
/// <param name="Location">Place in the source that the program was made from; null when it is not known.</param>
public sealed record NbcError(
    NbcErrorCode Code,
    string Message,
    string? Function = null,
    int Instruction = -1,
    string? Mnemonic = null,
    string? Location = null)
{
    /// <summary>What may help.</summary>
    public RecoveryStrategy Recovery => RecoveryOf(Code);

    public static RecoveryStrategy RecoveryOf(NbcErrorCode code) => code switch
    {
        NbcErrorCode.Unsupported or NbcErrorCode.KernelFailed => RecoveryStrategy.Fallback,
        NbcErrorCode.TooLarge or NbcErrorCode.OutOfTime or NbcErrorCode.DeadlineExceeded =>
            RecoveryStrategy.Degrade,
        NbcErrorCode.TooManyInstructions or NbcErrorCode.TooMuchOutput or NbcErrorCode.TooManyFrames or
            NbcErrorCode.NotPermitted => RecoveryStrategy.Isolate,
        NbcErrorCode.UnknownNode or NbcErrorCode.TransferFailed => RecoveryStrategy.Retry,
        NbcErrorCode.NoPlacement or NbcErrorCode.NoCollectives => RecoveryStrategy.Fallback,
        NbcErrorCode.NoBlob or NbcErrorCode.WrongBlob => RecoveryStrategy.Reset,
        _ => RecoveryStrategy.None,
    };

    /// <summary>As people read it: <c>NBC3004 at encoder/Gather_3 (main, …): index 7 is …</c>.</summary>
    public override string ToString()
    {
        string inside = Function is null ? "" : $"{Function}, instruction {Instruction}, {Mnemonic}";
        string place = (Location, inside) switch
        {
            (null, "") => "",
            (null, _) => $" in {inside}",
            _ => $" at {Location} ({inside})",
        };
        return $"NBC{(int)Code}{place}: {Message}";
    }
}

/// <summary>A program could not be loaded, or a run did not come to its end.</summary>
public sealed class NbcException : Exception
{
    public NbcException(NbcError error, Exception? inner = null)
        : base(error?.ToString(), inner)
    {
        ArgumentNullException.ThrowIfNull(error);
        Error = error;
    }

    public NbcException(NbcErrorCode code, string message)
        : this(new NbcError(code, message))
    {
    }

    public NbcError Error { get; }

    internal static NbcException Of(KernelException kernel) =>
        new(new NbcError((NbcErrorCode)(int)kernel.Fault, kernel.Message), kernel);
}
