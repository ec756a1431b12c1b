using Nbc.Tensors;
using Nbc.Values;

namespace Nbc.Kernels;

/// <summary>The code of one operation with its attributes.</summary>
/// <remarks>
/// Made once for each instruction, when the program is loaded, then run many times, also by several threads at once:
/// after <see cref="Prepare"/> an instance never changes; what a run needs beyond that it takes from the context.
/// A run allocates nothing on the managed heap, except for strings and sequences.
/// </remarks>
public abstract class Kernel
{
    /// <summary>Called once before the first run, with the operands that are constant: pack weights here.</summary>
    /// <param name="constants">By operand; null where the operand is not a constant or absent.</param>
    public virtual void Prepare(ReadOnlySpan<TensorValue?> constants)
    {
    }

    /// <summary>Reads the operands, makes the results.</summary>
    /// <exception cref="KernelException">The operands do not go together.</exception>
    public abstract void Run(KernelContext context);
}

/// <summary>What a kernel may touch while it runs.</summary>
public abstract class KernelContext
{
    /// <summary>Operands given, absent ones before the last included.</summary>
    public abstract int InputCount { get; }

    public abstract int OutputCount { get; }

    /// <summary>An operand of any kind; null when it is absent.</summary>
    public abstract NbcValue? Value(int input);

    /// <summary>False when nobody reads this result: it need not be made.</summary>
    public abstract bool Wants(int output);

    /// <summary>Memory for a result, its content unset.</summary>
    /// <exception cref="KernelException">The shape is not one, or passes the memory limit.</exception>
    public abstract TensorValue Output(int output, ElementType type, params ReadOnlySpan<long> shape);

    /// <summary>As <see cref="Output"/>, but in the memory of an operand of the same size that nobody else reads,
    /// if there is such: then the result lies exactly on that operand.</summary>
    public abstract TensorValue OutputOver(int output, int input, ElementType type, params ReadOnlySpan<long> shape);

    /// <summary>Makes a result that shows an operand's elements under another shape; nothing is copied.</summary>
    public abstract void View(int output, int input, params ReadOnlySpan<long> shape);

    /// <summary>Makes a result that shows a part of an operand that lies without gaps.</summary>
    /// <param name="first">The first element of the part.</param>
    public abstract void ViewPart(int output, int input, long first, params ReadOnlySpan<long> shape);

    /// <summary>Gives a result that is no new tensor; the context owns it from then on.</summary>
    public abstract void Give(int output, NbcValue value);

    /// <summary>Memory for the time of this run, aligned, its content unset; valid until the kernel returns.</summary>
    /// <param name="bytes">0 to 2^31 - 1.</param>
    public abstract Span<byte> Scratch(long bytes);

    /// <summary>Kernels that run for more than a millisecond call this between their blocks.</summary>
    /// <exception cref="OperationCanceledException">The run is to end.</exception>
    public abstract void ThrowIfCancelled();

    /// <summary>A seed for an operation that draws random numbers without a seed of its own.</summary>
    public abstract ulong NextSeed();

    public bool Has(int input) => input < InputCount && Value(input) is not null;

    /// <summary>An operand that must be a tensor.</summary>
    public TensorValue Input(int input) => (input < InputCount ? Value(input) : null) switch
    {
        TensorValue tensor => tensor,
        null => throw new KernelException(KernelFault.MissingOperand, $"operand {input} is missing"),
        _ => throw new KernelException(KernelFault.WrongType, $"operand {input} is not a tensor"),
    };

    /// <summary>An operand that may be absent, and is a tensor when it is not.</summary>
    public TensorValue? OptionalInput(int input) => Has(input) ? Input(input) : null;
}
