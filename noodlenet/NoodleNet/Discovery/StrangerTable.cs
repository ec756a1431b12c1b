using System.Net;
using Noodle.Primitives;

namespace NoodleNet.Discovery;

/// <summary>A node heard by multicast that is no member of this mesh, as far as its beacon proves.</summary>
/// <param name="Mesh">The mesh it says it is of; all zero when it is of none.</param>
/// <param name="Address">Where its beacon came from.</param>
/// <param name="LinkPort">Where it takes connections; zero when it does not.</param>
/// <param name="HttpPort">Where its HTTP API is on its own loopback; zero when there is none.</param>
/// <param name="Fingerprint">Of its key, as it says; null when it names none.</param>
/// <param name="WantsAdmission">It waits to be admitted to a mesh.</param>
/// <param name="IsSigned">The owner of the key with that fingerprint made the beacon.</param>
/// <param name="LastHeard">On the clock of the host that heard it.</param>
public sealed record Stranger(
    Guid Mesh, NodeId Node, IPAddress Address, int LinkPort, int HttpPort, KeyFingerprint? Fingerprint,
    bool WantsAdmission, bool IsSigned, Instant LastHeard);

/// <summary>Strangers nearby, so that people see who could be admitted.</summary>
/// <remarks>
/// Meaning: nothing here is proven but what <see cref="Stranger.IsSigned"/> says. Two that claim one node id with
/// different keys stand side by side: the fingerprint tells which is meant.
/// Bound: <see cref="MaxStrangers"/>, of them <see cref="MaxPerAddress"/> from one address, each for
/// <see cref="Memory"/>; the one heard longest ago makes room, of its own address where that is full.
/// </remarks>
public sealed class StrangerTable
{
    public const int MaxStrangers = 256;
    public const int MaxPerAddress = 32;
    public static readonly TimeSpan Memory = TimeSpan.FromSeconds(30);

    private readonly Dictionary<(NodeId Node, KeyFingerprint? Key), Stranger> _strangers = [];

    /// <summary>Takes in what was heard; a verified node is a stranger no more.</summary>
    public void Note(HeardBeacon heard, Instant now)
    {
        ArgumentNullException.ThrowIfNull(heard);
        Beacon beacon = heard.Beacon;
        if (heard.Verified)
        {
            foreach ((NodeId Node, KeyFingerprint? Key) key in _strangers.Keys.Where(key => key.Node == beacon.Node))
            {
                _strangers.Remove(key); // a dictionary allows it while it is listed
            }

            return;
        }

        var stranger = new Stranger(
            beacon.Mesh, beacon.Node, heard.From.Address, beacon.LinkPort, beacon.HttpPort, beacon.KeyFingerprint,
            beacon.Flags.HasFlag(BeaconFlags.WantsAdmission), heard.Proof == BeaconProof.Signed, now);
        (NodeId, KeyFingerprint?) id = (beacon.Node, beacon.KeyFingerprint);
        if (!_strangers.ContainsKey(id))
        {
            if (beacon.KeyFingerprint is null && _strangers.Values.Any(other =>
                other.Node == beacon.Node && other.Address.Equals(stranger.Address)))
            {
                return; // the short form of one that is listed already
            }

            MakeRoom(stranger.Address, now);
        }

        _strangers[id] = stranger;
    }

    /// <summary>Who was heard lately, by node id, then by fingerprint.</summary>
    public IReadOnlyList<Stranger> List(Instant now) =>
    [
        .. _strangers.Values.Where(stranger => now - stranger.LastHeard <= Memory)
            .OrderBy(stranger => stranger.Node)
            .ThenBy(stranger => stranger.Fingerprint?.ToString(), StringComparer.Ordinal),
    ];

    private void MakeRoom(IPAddress address, Instant now)
    {
        foreach ((var id, Stranger stranger) in _strangers)
        {
            if (now - stranger.LastHeard > Memory)
            {
                _strangers.Remove(id);
            }
        }

        List<Stranger> neighbours = [.. _strangers.Values.Where(stranger => stranger.Address.Equals(address))];
        IReadOnlyCollection<Stranger>? full = neighbours.Count >= MaxPerAddress ? neighbours
            : _strangers.Count >= MaxStrangers ? _strangers.Values : null;
        if (full?.OrderBy(stranger => stranger.LastHeard).ThenBy(stranger => stranger.Node).First() is { } oldest)
        {
            _strangers.Remove((oldest.Node, oldest.Fingerprint));
        }
    }
}
