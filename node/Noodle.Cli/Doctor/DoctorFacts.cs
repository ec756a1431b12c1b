using Noodle.Client.Control;

namespace Noodle.Cli.Doctor;

/// <param name="Mtu">Largest packet in bytes; 0 when the system does not say.</param>
internal sealed record InterfaceFact(string Name, IReadOnlyList<string> Addresses, int Mtu);

/// <param name="Fault">Why a datagram sent there did not come back; null when it did.</param>
internal sealed record MulticastFact(string Interface, string Address, string? Fault);

/// <summary>Who has a port.</summary>
internal enum PortUse
{
    /// <summary>Nobody.</summary>
    Free,

    /// <summary>A node that runs here.</summary>
    Noodle,

    /// <summary>Another program.</summary>
    Other,
}

/// <param name="Name">What Noodle uses it for.</param>
internal sealed record PortFact(string Name, string Protocol, int Port, PortUse Use);

/// <summary>How an address answered.</summary>
internal enum Reach
{
    /// <summary>It took the connection.</summary>
    Open,

    /// <summary>The machine is there, nothing listens at the port.</summary>
    Refused,

    /// <summary>Nothing came back.</summary>
    Silent,

    /// <summary>There is no way to it.</summary>
    NoRoute,

    /// <summary>The name is not known.</summary>
    UnknownName,
}

/// <param name="Target">As it was given.</param>
internal sealed record ReachFact(string Target, int Port, Reach Reach, string Detail);

/// <param name="Folder">The node's folder.</param>
internal sealed record CertificateFact(string Folder, DateTimeOffset NotBefore, DateTimeOffset NotAfter);

/// <param name="Guess">The firewall that seems to be on, such as <c>ufw</c>; null when there is no sign of one.</param>
internal sealed record FirewallFact(string? Guess);

/// <summary>What was found on this machine, before anybody judges it.</summary>
internal sealed record DoctorFacts
{
    public required DateTimeOffset Now { get; init; }

    /// <summary>Interfaces that are up, without loopback.</summary>
    public required IReadOnlyList<InterfaceFact> Interfaces { get; init; }

    public required IReadOnlyList<MulticastFact> Multicast { get; init; }

    public required IReadOnlyList<PortFact> Ports { get; init; }

    public required FirewallFact Firewall { get; init; }

    public required bool HasQuic { get; init; }

    /// <summary>Null where the system does not say whether its clock is set by the network.</summary>
    public bool? ClockIsSynchronised { get; init; }

    public IReadOnlyList<CertificateFact> Certificates { get; init; } = [];

    public IReadOnlyList<ReachFact> Reached { get; init; } = [];

    /// <summary>What a node that runs here says of the mesh; null when none runs.</summary>
    public IReadOnlyList<NodeInfo>? Nodes { get; init; }
}
