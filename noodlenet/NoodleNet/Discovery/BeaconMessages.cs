using System.Net;

namespace NoodleNet.Discovery;

/// <summary>A beacon as it was heard.</summary>
/// <param name="From">Where the packet came from; the ports are in the beacon.</param>
/// <param name="Verified">True when a key of ours made its seal.</param>
public sealed record HeardBeacon(Beacon Beacon, IPEndPoint From, bool Verified)
{
    /// <summary>What its signature said; never <see cref="BeaconProof.Forged"/>.</summary>
    public BeaconProof Proof { get; init; }

    /// <summary>How many bytes came in: an answer to it is no longer than that.</summary>
    public int SizeBytes { get; init; } = Beacon.MaxBytes;
}

/// <summary>What a <see cref="BeaconMachine"/> takes in.</summary>
public abstract record BeaconInput
{
    private BeaconInput()
    {
    }

    /// <summary>Begin to announce; given again, announce this from now on.</summary>
    public sealed record Announce(Beacon Beacon) : BeaconInput;

    /// <summary>A beacon came in.</summary>
    public sealed record Receive(HeardBeacon Heard) : BeaconInput;

    /// <summary>An interface came up: who is there may not have heard this node yet.</summary>
    public sealed record AskAgain : BeaconInput;
}

/// <summary>What a <see cref="BeaconMachine"/> wants done.</summary>
public abstract record BeaconEffect
{
    private BeaconEffect()
    {
    }

    /// <summary>Send this to the group.</summary>
    /// <param name="LimitBytes">Longest form that may go out; where the shortest is longer, nothing goes.</param>
    public sealed record Send(Beacon Beacon, int LimitBytes = Beacon.MaxBytes) : BeaconEffect;

    /// <summary>Tell of a node nearby.</summary>
    public sealed record Tell(HeardBeacon Heard) : BeaconEffect;
}
