namespace Nbc.Runtime.Errors;

/// <summary>What went wrong; the thousands are the class. The numbers never change.</summary>
/// <remarks>1xxx runtime, 2xxx compile, 3xxx execution, 4xxx memory and resources, 5xxx type, 6xxx security,
/// 7xxx network, 8xxx storage, 9xxx configuration. Those of kernels have the numbers of
/// <see cref="Kernels.KernelFault"/>.</remarks>
public enum NbcErrorCode
{
    None = 0,

    /// <summary>An int was divided by zero.</summary>
    DivisionByZero = 1001,

    /// <summary>A value has no counterpart of the wanted kind: NaN as an int, a text that is no number.</summary>
    NoSuchNumber = 1002,

    /// <summary>More frames than the depth limit allows.</summary>
    TooManyFrames = 1003,

    /// <summary>The operand stack is full.</summary>
    StackOverflow = 1004,

    /// <summary>Nothing is on the operand stack, or no frame is open.</summary>
    StackUnderflow = 1005,

    /// <summary>The run has executed as many instructions as it may.</summary>
    TooManyInstructions = 1006,

    /// <summary>The run took as long as it may.</summary>
    OutOfTime = 1007,

    /// <summary>The run printed as much as it may.</summary>
    TooMuchOutput = 1008,

    /// <summary>The deadline has passed: whoever asked does not wait any more.</summary>
    DeadlineExceeded = 1009,

    /// <summary>The bytes are no container.</summary>
    WrongContainer = 2001,

    /// <summary>The text is no program.</summary>
    WrongText = 2002,

    /// <summary>The verifier found a fault in the program.</summary>
    WrongProgram = 2003,

    /// <summary>A kernel does not do what it is asked.</summary>
    Unsupported = 3001,

    /// <summary>An operand that must be there is absent.</summary>
    MissingOperand = 3002,

    /// <summary>An attribute is missing or out of its range.</summary>
    WrongAttribute = 3003,

    /// <summary>An index, axis or length is outside its range.</summary>
    OutOfRange = 3004,

    /// <summary>A kernel failed in a way that it does not announce: a fault of its own.</summary>
    KernelFailed = 3005,

    /// <summary>More memory than there is, or than is allowed.</summary>
    TooLarge = 4001,

    /// <summary>A resource was freed that is not held, or an amount is negative.</summary>
    WrongAmount = 4003,

    /// <summary>A value is of another type than is taken.</summary>
    WrongType = 5001,

    /// <summary>Shapes do not go together.</summary>
    WrongShape = 5002,

    /// <summary>An input of the program is missing, or of another type or shape than it says.</summary>
    WrongInput = 5003,

    /// <summary>The sandbox does not permit it.</summary>
    NotPermitted = 6001,

    /// <summary>This run has no network.</summary>
    NoNetwork = 7001,

    /// <summary>There is no node of that name.</summary>
    UnknownNode = 7002,

    /// <summary>A collective over several nodes, which this network does not offer.</summary>
    NoCollectives = 7003,

    /// <summary>A transfer failed, or nothing came in time.</summary>
    TransferFailed = 7004,

    /// <summary>The next operation may not run here.</summary>
    NoPlacement = 7005,

    /// <summary>The content that a constant lies in is not at hand.</summary>
    NoBlob = 8001,

    /// <summary>The content that a constant lies in is too short for it, or does not align.</summary>
    WrongBlob = 8002,

    /// <summary>A setting of the load or the run is out of its range.</summary>
    WrongOption = 9001,
}

/// <summary>What whoever called may do about an error.</summary>
public enum RecoveryStrategy
{
    /// <summary>Nothing but mend the program or its inputs.</summary>
    None,

    /// <summary>Try again as it is.</summary>
    Retry,

    /// <summary>Use another engine.</summary>
    Fallback,

    /// <summary>Give back what is held and start anew.</summary>
    Reset,

    /// <summary>Keep the program away from others.</summary>
    Isolate,

    /// <summary>Restart the process.</summary>
    Restart,

    /// <summary>Ask for less: smaller batches, fewer runs at once.</summary>
    Degrade,

    /// <summary>Do not ask for a while.</summary>
    CircuitBreaker,

    /// <summary>Shut down in order.</summary>
    ShutDown,
}
