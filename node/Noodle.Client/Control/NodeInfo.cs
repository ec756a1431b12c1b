namespace Noodle.Client.Control;

/// <summary>What the answering node knows of one node of the mesh.</summary>
public sealed record NodeInfo
{
    /// <summary>The node's id, as <see cref="Noodle.Primitives.NodeId"/> writes it.</summary>
    public required string Id { get; init; }

    /// <summary>One of <see cref="NodeStates"/>.</summary>
    public required string State { get; init; }

    /// <summary>Of a failed node: false while it is failed for the node that answers alone, and the mesh has not agreed
    /// yet. Null in any other state.</summary>
    public bool? Confirmed { get; init; }

    /// <summary>True for the node that answers.</summary>
    public required bool Self { get; init; }

    /// <summary>Milliseconds since it took this state.</summary>
    public required long StateForMs { get; init; }

    /// <summary>Where NoodleLink listens, as <c>address:port</c>; empty when not known.</summary>
    public required string Link { get; init; }

    /// <summary>Where its HTTP API listens, as a URI; empty when not known.</summary>
    public required string Http { get; init; }

    /// <summary>Version of Noodle it runs.</summary>
    public required string Version { get; init; }

    /// <summary>
    /// Measured round trip in microseconds; null for the answering node and before the first measurement.
    /// </summary>
    public long? RoundTripUs { get; init; }

    /// <summary>Calls it is working on.</summary>
    public required int InFlight { get; init; }

    /// <summary>Names of the models it has loaded, ordinal order.</summary>
    public required IReadOnlyList<string> Models { get; init; }

    /// <summary>What is proven about who it is: verified, claimed, unverified, stranger or revoked; null when the node
    /// that answers does not say.</summary>
    public string? Identity { get; init; }

    /// <summary>The last thing that went wrong there, as a sentence; null when nothing did.</summary>
    public string? LastError { get; init; }

    /// <summary>How it finds itself; null when it has not said.</summary>
    public IReadOnlyList<HealthInfo>? Health { get; init; }

    /// <summary>Of a node that is not admitted: the fingerprint of its key, to be compared with what it shows
    /// itself; null when it names none.</summary>
    public string? Fingerprint { get; init; }
}

/// <summary>Values of <see cref="NodeInfo.State"/>. A later version may add to them.</summary>
public static class NodeStates
{
    /// <summary>It answers.</summary>
    public const string Alive = "alive";

    /// <summary>It was silent; it has a while to prove that it is alive.</summary>
    public const string Suspect = "suspect";

    /// <summary>It was silent too long.</summary>
    public const string Failed = "failed";

    /// <summary>It said good-bye.</summary>
    public const string Left = "left";

    /// <summary>The mesh trusts it no more.</summary>
    public const string Revoked = "revoked";

    /// <summary>It was heard nearby and asks to be let in; it is no member.</summary>
    public const string NotAdmitted = "not admitted";
}
