using Noodle.Primitives;

namespace Nbc.Runtime.Frames;

/// <summary>What a task may use. Every limit ends the run with an error of its own.</summary>
public sealed record NbcLimits
{
    /// <summary>None but the depth of frames and stack.</summary>
    public static NbcLimits None { get; } = new();

    /// <summary>For programs of strangers: ten million instructions, ten seconds, 256 MiB, no network.</summary>
    public static NbcLimits Sandbox { get; } = new()
    {
        Instructions = 10_000_000,
        Time = TimeSpan.FromSeconds(10),
        MemoryBytes = 256 << 20,
        OutputChars = 1 << 20,
        AllowsNetwork = false,
    };

    /// <summary>Instructions executed. 1 to 2^63 - 1.</summary>
    public long Instructions { get; init; } = long.MaxValue;

    /// <summary>Time of the run; null: any.</summary>
    public TimeSpan? Time { get; init; }

    /// <summary>Unit: bytes held at once: values, registers, scratch memory, texts.</summary>
    public long MemoryBytes { get; init; } = long.MaxValue;

    /// <summary>Frames open at once. 1 to 100,000.</summary>
    public int FrameDepth { get; init; } = 1000;

    /// <summary>Scalars on the operand stack of all frames together. 1 to 1,000,000.</summary>
    public int StackDepth { get; init; } = 10_000;

    /// <summary>Characters that PRINT may write.</summary>
    public long OutputChars { get; init; } = long.MaxValue;

    /// <summary>False: instructions of the network are refused.</summary>
    public bool AllowsNetwork { get; init; } = true;

    /// <summary>The limits of a task inside another one: the stricter of each.</summary>
    /// <remarks>Cost: nothing is allocated where one of the two is the stricter in all.</remarks>
    public NbcLimits Within(NbcLimits around)
    {
        ArgumentNullException.ThrowIfNull(around);
        return Keeps(around) ? this : around.Keeps(this) ? around : new NbcLimits
        {
            Instructions = Math.Min(Instructions, around.Instructions),
            Time = Time is not { } own ? around.Time : around.Time is { } other && other < own ? other : own,
            MemoryBytes = Math.Min(MemoryBytes, around.MemoryBytes),
            FrameDepth = Math.Min(FrameDepth, around.FrameDepth),
            StackDepth = Math.Min(StackDepth, around.StackDepth),
            OutputChars = Math.Min(OutputChars, around.OutputChars),
            AllowsNetwork = AllowsNetwork && around.AllowsNetwork,
        };
    }

    // Whoever stays inside this stays inside the other one, too.
    private bool Keeps(NbcLimits other) => ReferenceEquals(this, other) ||
        (Instructions <= other.Instructions && (other.Time is not { } most || Time <= most) &&
        MemoryBytes <= other.MemoryBytes && FrameDepth <= other.FrameDepth && StackDepth <= other.StackDepth &&
        OutputChars <= other.OutputChars && (other.AllowsNetwork || !AllowsNetwork));
}

/// <summary>On whose behalf a task runs, and how far it may go: what its frames carry.</summary>
public sealed record NbcTask
{
    /// <summary>Nobody's, without limits.</summary>
    public static NbcTask Default { get; } = new();

    /// <summary>Name of its frame; empty: whoever runs it knows a name.</summary>
    public string Name { get; init; } = "";

    /// <summary>Who asked; for reports and traces.</summary>
    public string Owner { get; init; } = "";

    /// <summary>W3C trace id; empty when there is none.</summary>
    public string TraceId { get; init; } = "";

    /// <summary>When the caller stops waiting, on the clock of whoever runs the task (see <see cref="TaskClock"/>);
    /// null: never.</summary>
    public Instant? Deadline { get; init; }

    public NbcLimits Limits { get; init; } = NbcLimits.None;
}
