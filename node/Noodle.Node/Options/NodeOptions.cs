using System.Net;

namespace Noodle.Node.Options;

/// <summary>How one node is set up. Every value has a default that is right for one machine.</summary>
public sealed record NodeOptions
{
    /// <summary>First HTTP port that is tried when none is asked for.</summary>
    public const int DefaultHttpPort = 8000;

    /// <summary>First mesh port that is tried when none is asked for: the registered port of memberlist.</summary>
    public const int DefaultMeshPort = 7946;

    /// <summary>Port of the multicast beacons when none is asked for.</summary>
    public const int DefaultBeaconPort = 7979;

    /// <summary>Folder of the nodes of this user on this machine; null for the platform's own place.</summary>
    public string? Data { get; init; }

    /// <summary>File with the mesh's token; null for <c>token</c> in the data folder.</summary>
    /// <remarks>Meaning: where it exists, the node joins that mesh; else it founds one and writes the token
    /// here.</remarks>
    public string? TokenFile { get; init; }

    /// <summary>True: talk to other machines, under mutual TLS. False: loopback alone.</summary>
    public bool Lan { get; init; }

    /// <summary>Found a mesh although another one is heard on the network; else that is an error that says how to join
    /// it.</summary>
    public bool Found { get; init; }

    /// <summary>Change the gossip key when this node, an admin, revokes another one.</summary>
    public bool RotateAfterRevocation { get; init; } = true;

    /// <summary>Where nodes to join may be, at most 64: <c>host:port</c>, <c>host</c>, or <c>srv:</c> and the name of
    /// a DNS service. Every address of a name counts, and names are looked up again.</summary>
    public IReadOnlyList<string> Join { get; init; } = [];

    /// <summary>Name servers (<c>address</c> or <c>address:port</c>) to ask for the names in <see cref="Join"/>, at
    /// most 8; none for the system's own resolver.</summary>
    public IReadOnlyList<IPEndPoint> NameServers { get; init; } = [];

    /// <summary>Find nodes by multicast.</summary>
    public bool Multicast { get; init; } = true;

    /// <summary>UDP port of the multicast beacons, 1 to 65,535; the same on every node.</summary>
    public int BeaconPort { get; init; } = DefaultBeaconPort;

    /// <summary>HTTP port, 0 for any, up to 65,535; null for the first free one from
    /// <see cref="DefaultHttpPort"/>.</summary>
    public int? HttpPort { get; init; }

    /// <summary>Port of mesh traffic, TCP and UDP, 0 for any, up to 65,535; null for the first free one from
    /// <see cref="DefaultMeshPort"/>.</summary>
    public int? MeshPort { get; init; }

    /// <summary>Longest time to look for the mesh before giving up, 1 s to 1 h.</summary>
    public TimeSpan JoinTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Longest time to finish what is in flight when told to stop, 0 to 1 h.</summary>
    public TimeSpan DrainTimeout { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>Largest HTTP request body, 1 KiB to 1 GiB.</summary>
    public long MaxRequestBytes { get; init; } = 64L << 20;

    /// <summary>Largest model file, 1 KiB to 1 TiB.</summary>
    public long MaxModelBytes { get; init; } = 8L << 30;

    /// <summary>Most memory for requests, answers and connections together, 16 MiB to 1 TiB.</summary>
    public long MaxBufferBytes { get; init; } = 4L << 30;
}
