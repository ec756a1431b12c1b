using Nbc.Runtime.Frames;
using Nbc.Runtime.Network;
using Nbc.Runtime.Tracing;

namespace Nbc.Runtime.Machine;

/// <summary>What one run may reach; may be used for many runs.</summary>
public sealed record NbcRun
{
    /// <summary>No limits, no network; what is printed is lost.</summary>
    public static NbcRun Default { get; } = new();

    /// <summary>Name of the frame that the run opens, when its task has none; null: that of the entry function.
    /// </summary>
    public string? Name { get; init; }

    /// <summary>On whose behalf it runs, and how far it may go.</summary>
    public NbcTask Task { get; init; } = NbcTask.Default;

    /// <summary>Null: instructions of the network end the run.</summary>
    public INbcNetwork? Network { get; init; }

    /// <summary>Takes what PRINT writes, a line without its end; null: nobody does.</summary>
    public Action<string>? Print { get; init; }

    /// <summary>Null: nobody watches, and it costs nothing.</summary>
    public INbcObserver? Observer { get; init; }

    /// <summary>Where random numbers begin; null: somewhere else in each run.</summary>
    public ulong? Seed { get; init; }
}
