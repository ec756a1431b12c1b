using NoodleNet.Link.Calls;
using NoodleNet.Runtime.Link;
using NoodleNet.Runtime.Link.Calls;

namespace Noodle.Node.Routing;

/// <summary>How this node asks others: each kind of question with retries, budget and breakers of its own.</summary>
/// <remarks>
/// Meaning: who decides on another attempt is decided once for each kind, so that no two multiply. Inference: the
/// router, and the machine only hedges. Cluster state and trust: the machine. Model files: their own fetch machine,
/// which knows the holders. Probes: nobody, for a lost one is what is measured.
/// </remarks>
internal sealed class PeerCallers : IDisposable
{
    public PeerCallers(LinkHost link, TimeProvider time, ulong seed)
    {
        Inference = new HedgedAttempts(link, time, seed);
        Exchange = new LinkCaller(link, ExchangePolicy, time, seed + 1);
        Trust = new LinkCaller(link, TrustPolicy, time, seed + 2);
    }

    /// <summary>Of statuses and cluster state: one given peer each, soon overtaken by the next exchange.</summary>
    public static CallPolicy ExchangePolicy { get; } = new()
    {
        MaxAttempts = 2,
        AttemptLimit = TimeSpan.FromSeconds(3),
        Hedges = false,
        Breaker = new BreakerPolicy { OpenFirst = TimeSpan.FromMilliseconds(500), OpenMost = TimeSpan.FromSeconds(2) },
    };

    /// <summary>Of questions to admins, who may all decide; they are rare, so they may all be tried again.</summary>
    public static CallPolicy TrustPolicy { get; } = new()
    {
        Hedges = false,
        BackoffMost = TimeSpan.FromMilliseconds(200),
        RetryPercent = 100,
        RetryReserve = 64,
        Breaker = new BreakerPolicy { OpenFirst = TimeSpan.FromMilliseconds(500), OpenMost = TimeSpan.FromSeconds(1) },
    };

    public HedgedAttempts Inference { get; }

    public LinkCaller Exchange { get; }

    public LinkCaller Trust { get; }

    public void Dispose()
    {
        Inference.Dispose();
        Exchange.Dispose();
        Trust.Dispose();
    }
}
