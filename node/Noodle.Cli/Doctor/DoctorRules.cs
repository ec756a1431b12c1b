using System.Globalization;
using Noodle.Client.Control;
using Noodle.Node.Options;

namespace Noodle.Cli.Doctor;

/// <summary>Says of each fact whether it keeps nodes apart, and what to do about it.</summary>
internal static class DoctorRules
{
    /// <summary>Gossip's longest datagram with the headers of UDP and IPv6.</summary>
    public const int LeastMtu = 1_400 + 8 + 40;

    private static readonly DateTimeOffset s_leastDate = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public static IReadOnlyList<Finding> Judge(DoctorFacts facts) =>
    [
        .. Interfaces(facts), .. Multicast(facts), .. facts.Ports.Select(Port), Firewall(facts), .. Clock(facts),
        .. facts.Certificates.Select(certificate => Certificate(certificate, facts.Now)), Quic(facts),
        .. facts.Reached.Select(Reached), .. Nodes(facts),
    ];

    private static IEnumerable<Finding> Interfaces(DoctorFacts facts)
    {
        if (facts.Interfaces.Count == 0)
        {
            yield return new Finding("interfaces", Verdict.Fail,
                "No network interface is up: only nodes of this machine can be found; connect one.");
        }

        foreach (InterfaceFact card in facts.Interfaces)
        {
            yield return new Finding(
                "interfaces", Verdict.Ok, $"{card.Name} is up: {string.Join(", ", card.Addresses)}.");
            if (card.Mtu is > 0 and < LeastMtu)
            {
                yield return new Finding("mtu", Verdict.Warn,
                    $"{card.Name} takes packets of {card.Mtu} bytes, gossip sends up to {LeastMtu}: set its MTU to " +
                    "1500, or expect datagrams to be cut up or lost there.");
            }
        }
    }

    // One family of addresses is enough: beacons go out by both.
    private static IEnumerable<Finding> Multicast(DoctorFacts facts) => facts.Multicast
        .GroupBy(place => place.Interface)
        .Select(card => card.Any(place => place.Fault is null)
            ? new Finding("multicast", Verdict.Ok, $"{card.Key} sends and hears multicast from " +
                $"{string.Join(", ", card.Where(place => place.Fault is null).Select(place => place.Address))}.")
            : new Finding("multicast", Verdict.Warn, $"Multicast from {card.Key} ({card.First().Address}) fails " +
                $"({card.First().Fault}): nodes do not find each other there by themselves; start them with " +
                "--join HOST."));

    private static Finding Port(PortFact port) => port.Use switch
    {
        PortUse.Free => new Finding("ports", Verdict.Ok, $"{port.Protocol} port {port.Port} ({port.Name}) is free."),
        PortUse.Noodle => new Finding("ports", Verdict.Ok,
            $"{port.Protocol} port {port.Port} ({port.Name}) belongs to a node that runs here."),
        _ => new Finding("ports", Verdict.Warn,
            $"Another program has {port.Protocol} port {port.Port} ({port.Name}): a node takes another one, and " +
            "others that do not hear its beacons must be told it with --join HOST:PORT."),
    };

    private static Finding Firewall(DoctorFacts facts) => facts.Firewall.Guess switch
    {
        null => new Finding("firewall", Verdict.Ok, "There is no sign of a firewall on this machine."),
        "ufw" => new Finding("firewall", Verdict.Warn, string.Create(CultureInfo.InvariantCulture,
            $"ufw is on: unless it is done, `ufw allow {NodeOptions.DefaultMeshPort}` and ") +
            string.Create(CultureInfo.InvariantCulture, $"`ufw allow {NodeOptions.DefaultBeaconPort}/udp`.")),
        "nftables" or "iptables" => new Finding("firewall", Verdict.Warn, string.Create(CultureInfo.InvariantCulture,
            $"{facts.Firewall.Guess} loads rules at the start of this machine: they must accept TCP and UDP port ") +
            string.Create(CultureInfo.InvariantCulture,
            $"{NodeOptions.DefaultMeshPort} and UDP port {NodeOptions.DefaultBeaconPort}.")),
        { } other => new Finding("firewall", Verdict.Warn, string.Create(CultureInfo.InvariantCulture,
            $"{other} is on: it must let in TCP and UDP port {NodeOptions.DefaultMeshPort} and UDP port ") +
            string.Create(CultureInfo.InvariantCulture, $"{NodeOptions.DefaultBeaconPort}.")),
    };

    private static IEnumerable<Finding> Clock(DoctorFacts facts)
    {
        string now = facts.Now.ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture);
        if (facts.Now < s_leastDate)
        {
            yield return new Finding("clock", Verdict.Fail,
                $"This machine's clock says {now}, which is past: set it, or no certificate is good.");
        }
        else if (facts.ClockIsSynchronised == false)
        {
            yield return new Finding("clock", Verdict.Warn,
                $"This machine's clock says {now} and is not set by the network: switch time synchronisation on.");
        }
        else
        {
            yield return new Finding("clock", Verdict.Ok, $"This machine's clock says {now}.");
        }
    }

    private static Finding Certificate(CertificateFact certificate, DateTimeOffset now)
    {
        string until = certificate.NotAfter.ToString("yyyy-MM-dd HH:mm'Z'", CultureInfo.InvariantCulture);
        TimeSpan life = certificate.NotAfter - certificate.NotBefore;
        return now < certificate.NotBefore
            ? new Finding("certificate", Verdict.Fail,
                $"The certificate in {certificate.Folder} is not yet good: this machine's clock is behind; set it.")
            : now >= certificate.NotAfter
            ? new Finding("certificate", Verdict.Fail,
                $"The certificate in {certificate.Folder} ended at {until}: join again with a token, or have the " +
                "node admitted.")
            : certificate.NotAfter - now < life / 6
            ? new Finding("certificate", Verdict.Warn,
                $"The certificate in {certificate.Folder} ends at {until} and should have been renewed: is a node " +
                "that can renew it running?")
            : new Finding("certificate", Verdict.Ok, $"The certificate in {certificate.Folder} is good until {until}.");
    }

    private static Finding Quic(DoctorFacts facts) => new("quic", Verdict.Ok, facts.HasQuic
        ? "QUIC can be used."
        : "QUIC cannot be used (libmsquic is not installed): NoodleLink uses TCP, which works as well; install the " +
            "package libmsquic where connections lose packets.");

    private static Finding Reached(ReachFact fact)
    {
        string target = string.Create(CultureInfo.InvariantCulture, $"{fact.Target} port {fact.Port}");
        return fact.Reach switch
        {
            Reach.Open => new Finding("reach", Verdict.Ok, $"{target} takes connections."),
            Reach.Refused => new Finding("reach", Verdict.Fail,
                $"{target} refuses: nothing listens there; start `noodle up --lan` on it, or name the port it says."),
            Reach.Silent => new Finding("reach", Verdict.Fail,
                $"{target} stays silent: it is off, or a firewall on it or on the way drops packets; let TCP and UDP " +
                "through."),
            Reach.NoRoute => new Finding("reach", Verdict.Fail,
                $"There is no way to {target} ({fact.Detail}): check the cable, the address and the routes."),
            _ => new Finding("reach", Verdict.Fail,
                $"The name {fact.Target} is not known ({fact.Detail}): check its spelling and the name server."),
        };
    }

    private static IEnumerable<Finding> Nodes(DoctorFacts facts)
    {
        if (facts.Nodes is not { } nodes)
        {
            yield return new Finding("mesh", Verdict.Warn,
                "No node runs here, so nothing can be said of the mesh: start one with `noodle up --lan`.");
            yield break;
        }

        NodeInfo[] others = [.. nodes.Where(node => !node.Self)];
        if (others.Length == 0)
        {
            yield return new Finding("mesh", Verdict.Warn,
                "The node here is alone: is the other one in the same mesh (the same token), and started with --lan?");
        }

        foreach (NodeInfo node in others)
        {
            if (Node(node) is { } finding)
            {
                yield return finding;
            }
        }

        foreach (Finding ill in nodes.Where(node => node.State == NodeStates.Alive).SelectMany(Health))
        {
            yield return ill;
        }

        string[] versions = [.. nodes.Select(node => node.Version).Where(v => v.Length > 0).Distinct().Order()];
        if (versions.Length > 1)
        {
            yield return new Finding("versions", Verdict.Warn,
                $"The nodes run different versions ({string.Join(", ", versions)}): they work together, but bring " +
                "them to the newest.");
        }
    }

    // What a node finds of itself and only it can see: its clock beside those of the others, its disk, its backends.
    private static IEnumerable<Finding> Health(NodeInfo node) =>
        from check in node.Health ?? []
        where check.Level != HealthLevels.Ok && check.Name != "mesh" // that is seen from here
        select new Finding(check.Name, check.Level == HealthLevels.Fail ? Verdict.Fail : Verdict.Warn,
            $"{node.Id}: {check.Detail.TrimEnd('.')}.");

    private static Finding? Node(NodeInfo node)
    {
        string because = node.LastError is { } error ? $" ({error.TrimEnd('.')})" : "";
        return node.State switch
        {
            NodeStates.Left => null,
            NodeStates.Alive when node.Link.Length == 0 => null, // a stranger of a Serf cluster
            NodeStates.Alive when node.RoundTripUs is null => new Finding("mesh", Verdict.Fail,
                $"{node.Id} gossips, but there is no connection to it{because}: let TCP through to {node.Link}."),
            NodeStates.Alive => new Finding("mesh", Verdict.Ok, $"{node.Id} is alive and connected."),
            NodeStates.Suspect => new Finding("mesh", Verdict.Warn,
                $"{node.Id} does not answer{because}: it is busy or frozen, or the way to it loses packets."),
            _ => new Finding("mesh", Verdict.Fail,
                $"{node.Id} failed{because}: start it again, or see why {node.Link} cannot be reached."),
        };
    }
}
