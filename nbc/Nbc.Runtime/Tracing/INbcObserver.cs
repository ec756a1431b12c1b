using Nbc.Instructions;
using Nbc.Values;

namespace Nbc.Runtime.Tracing;

/// <summary>Sees each instruction of a run after it was done. Without one a run pays nothing for it.</summary>
public interface INbcObserver
{
    /// <summary>Called on the thread of the run; what it shows is valid until it returns.</summary>
    void Executed(in NbcStep step);
}

/// <summary>One executed instruction.</summary>
public readonly ref struct NbcStep
{
    private readonly ReadOnlySpan<NbcValue?> _inputs;
    private readonly ReadOnlySpan<NbcValue?> _outputs;

    internal NbcStep(
        NbcFunction function, int index, InstructionDescriptor descriptor, string? location, long ticks,
        ReadOnlySpan<NbcValue?> inputs, ReadOnlySpan<NbcValue?> outputs)
    {
        Function = function;
        Index = index;
        Descriptor = descriptor;
        Location = location;
        Ticks = ticks;
        _inputs = inputs;
        _outputs = outputs;
    }

    public NbcFunction Function { get; }

    /// <summary>Of the instruction in its function.</summary>
    public int Index { get; }

    public InstructionDescriptor Descriptor { get; }

    /// <summary>Place in the source; null when it is not known.</summary>
    public string? Location { get; }

    /// <summary>Unit: ticks of the load options' clock (TimeProvider.TimestampFrequency a second).</summary>
    public long Ticks { get; }

    /// <summary>What the operands are now: one whose memory was taken over shows the result. Null where one is absent.
    /// </summary>
    public ReadOnlySpan<NbcValue?> Inputs => _inputs;

    /// <summary>Null where nobody wants the result.</summary>
    public ReadOnlySpan<NbcValue?> Outputs => _outputs;
}
