using NoodleNet.Discovery.Wire;

namespace NoodleNet.Discovery;

/// <summary>How fast and how widely one mesh gossips; all nodes of a mesh should use the same profile.</summary>
public sealed record SwimOptions
{
    /// <summary>Nodes of one site.</summary>
    public static SwimOptions Lan { get; } = new();

    /// <summary>Nodes with long and lossy ways between them.</summary>
    public static SwimOptions Wan { get; } = new()
    {
        StreamTimeout = TimeSpan.FromSeconds(30),
        SuspicionMult = 6,
        PushPullInterval = TimeSpan.FromSeconds(60),
        ProbeInterval = TimeSpan.FromSeconds(5),
        ProbeTimeout = TimeSpan.FromSeconds(3),
        GossipInterval = TimeSpan.FromMilliseconds(500),
        GossipNodes = 4,
        GossipToTheDeadTime = TimeSpan.FromSeconds(60),
        DeadNodeReclaimTime = TimeSpan.FromSeconds(30),
    };

    /// <summary>Nodes of one machine.</summary>
    public static SwimOptions Local { get; } = new()
    {
        StreamTimeout = TimeSpan.FromSeconds(1),
        IndirectChecks = 1,
        SuspicionMult = 3,
        PushPullInterval = TimeSpan.FromSeconds(15),
        ProbeTimeout = TimeSpan.FromMilliseconds(200),
        GossipInterval = TimeSpan.FromMilliseconds(100),
        GossipToTheDeadTime = TimeSpan.FromSeconds(15),
        ReconnectInterval = TimeSpan.FromSeconds(5),
        DeadNodeReclaimTime = TimeSpan.FromSeconds(1),
    };

    /// <summary>Deadline of a push/pull or fallback ping as a whole.</summary>
    public TimeSpan StreamTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Time between two probes; each node is probed once in about n of them.</summary>
    public TimeSpan ProbeInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Wait for a direct answer before helpers are asked; shorter than <see cref="ProbeInterval"/>.</summary>
    public TimeSpan ProbeTimeout { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>Helpers asked to probe a silent node.</summary>
    public int IndirectChecks { get; init; } = 3;

    /// <summary>Each rumour is sent RetransmitMult * ceil(log10(n + 1)) times; at least 4.</summary>
    public int RetransmitMult { get; init; } = 4;

    /// <summary>Least suspicion time is SuspicionMult * max(1, log10 n) * ProbeInterval.</summary>
    public int SuspicionMult { get; init; } = 4;

    /// <summary>Longest suspicion time is this many times the least.</summary>
    public int SuspicionMaxTimeoutMult { get; init; } = 6;

    /// <summary>Time between two exchanges of whole states; grows with log2 n above 32 nodes.</summary>
    public TimeSpan PushPullInterval { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Time between two rounds of gossip while there is something to tell.</summary>
    public TimeSpan GossipInterval { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>Nodes told in one round.</summary>
    public int GossipNodes { get; init; } = 3;

    /// <summary>How long a dead node still hears gossip, so that it can refute; then it is forgotten.</summary>
    public TimeSpan GossipToTheDeadTime { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>After this time a dead node's name may come back at another address; zero: never.</summary>
    public TimeSpan DeadNodeReclaimTime { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Time between two tries to reach a failed node again, which heals a partition of any length.</summary>
    public TimeSpan ReconnectInterval { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Health scores run from 0 to one less than this; a poor score slows our own probing.</summary>
    public int AwarenessMaxMultiplier { get; init; } = 8;

    /// <summary>Largest datagram that leaves, envelope included.</summary>
    public int DatagramBytes { get; init; } = 1400;

    /// <summary>What the envelope of this mesh adds to each datagram.</summary>
    public int EnvelopeBytes { get; init; }

    /// <summary>True to compress packets that get smaller by it.</summary>
    public bool Compress { get; init; } = true;

    /// <summary>True to try a stream when datagrams stay unanswered.</summary>
    public bool StreamPings { get; init; } = true;

    /// <summary>Most members remembered; further newcomers are not taken in.</summary>
    public int MaxMembers { get; init; } = 20_000;

    /// <summary>Most suspicion timers at once; a further suspect is left to a later probe.</summary>
    public int MaxSuspicions { get; init; } = 4_096;

    /// <summary>Most rumours waiting; the most often told one makes room.</summary>
    public int MaxBroadcasts { get; init; } = 4_096;

    /// <summary>Most user messages (events, questions, intents) waiting; the most often told one makes room.</summary>
    public int MaxUserBroadcasts { get; init; } = 1_024;

    /// <summary>
    /// True: an answer to a probe counts only from the address that was asked. False: where nodes answer from another
    /// address than the one they announce.
    /// </summary>
    public bool ChecksAckSource { get; init; } = true;

    /// <summary>Most probes relayed for others at once.</summary>
    public int MaxRelays { get; init; } = 1_024;

    /// <summary>Most failed nodes to which the way back is kept.</summary>
    public int MaxLostPeers { get; init; } = 256;

    /// <summary>The versions announced.</summary>
    public ProtocolVersions Versions { get; init; } = ProtocolVersions.Noodle;

    /// <summary>Every fault in the settings, as sentences; empty when they are sound.</summary>
    public IReadOnlyList<string> Validate()
    {
        var faults = new List<string>();
        Check(ProbeTimeout > TimeSpan.Zero && ProbeTimeout < ProbeInterval,
            "ProbeTimeout must be longer than zero and shorter than ProbeInterval.");
        Check(RetransmitMult is >= 4 and <= 100, "RetransmitMult must be 4 to 100.");
        Check(SuspicionMult is >= 1 and <= 100, "SuspicionMult must be 1 to 100.");
        Check(SuspicionMaxTimeoutMult is >= 1 and <= 100, "SuspicionMaxTimeoutMult must be 1 to 100.");
        Check(IndirectChecks is >= 0 and <= 32, "IndirectChecks must be 0 to 32.");
        Check(GossipNodes is >= 1 and <= 32, "GossipNodes must be 1 to 32.");
        Check(AwarenessMaxMultiplier is >= 1 and <= 64, "AwarenessMaxMultiplier must be 1 to 64.");
        Check(DatagramBytes is >= 1024 and <= 65_507 && DatagramBytes - EnvelopeBytes >= 900,
            "DatagramBytes must be 1,024 to 65,507 and leave 900 beside the envelope: the longest rumour must fit.");
        Check(MaxMembers >= 1 && MaxSuspicions >= 1 && MaxBroadcasts >= 1 && MaxUserBroadcasts >= 1 && MaxRelays >= 1
            && MaxLostPeers >= 1, "MaxMembers, MaxSuspicions, MaxBroadcasts, MaxUserBroadcasts, MaxRelays and "
            + "MaxLostPeers must be at least 1.");
        Check(DeadNodeReclaimTime >= TimeSpan.Zero, "DeadNodeReclaimTime must not be negative.");
        Check(Versions.IsSound, "Versions must be sound ranges.");
        foreach ((TimeSpan value, string name) in new[]
        {
            (ProbeInterval, nameof(ProbeInterval)), (StreamTimeout, nameof(StreamTimeout)),
            (PushPullInterval, nameof(PushPullInterval)),
            (GossipInterval, nameof(GossipInterval)), (GossipToTheDeadTime, nameof(GossipToTheDeadTime)),
            (ReconnectInterval, nameof(ReconnectInterval)),
        })
        {
            Check(value >= TimeSpan.FromMilliseconds(10) && value <= TimeSpan.FromHours(1),
                $"{name} must be 10 ms to 1 h.");
        }

        return faults;

        void Check(bool holds, string otherwise)
        {
            if (!holds)
            {
                faults.Add(otherwise);
            }
        }
    }
}
