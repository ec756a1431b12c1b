using System.Net;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Noodle.Primitives;
using NoodleNet.Discovery;
using NoodleNet.Runtime.Discovery;

namespace Noodle.Node.Mesh;

/// <summary>Addresses at which nodes of one mesh may be: given ones, and those heard by multicast.</summary>
/// <remarks>
/// Meaning: a beacon that nobody can verify leads to one attempt at the address it came from, and to the next only
/// after a pause that doubles from 1 to 30 s. Given names are looked up again by <see cref="SeedLookup"/>.
/// Bound: <see cref="MaxUnread"/> unread addresses; at most 2 heard addresses a second, 8 in a burst.
/// </remarks>
internal sealed class MeshSeeds(SeedLookup given, BeaconHost? beacons, TimeProvider time)
{
    private const int MaxUnread = 64;
    private static readonly TimeSpan s_period = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_longestPause = TimeSpan.FromSeconds(30);

    /// <summary>Addresses of nodes that can admit a joiner, until cancelled.</summary>
    /// <param name="mesh">Id of the mesh to be joined.</param>
    public async IAsyncEnumerable<IPEndPoint> ForJoiningAsync(
        Guid mesh, [EnumeratorCancellation] CancellationToken cancellation)
    {
        // Given addresses wait for room, heard ones are lost: they come again.
        var found = Channel.CreateBounded<IPEndPoint>(MaxUnread);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        Task feeding = Task.WhenAll(
            FeedGivenAsync(found.Writer, stop.Token), FeedHeardAsync(found.Writer, mesh, stop.Token));
        try
        {
            await foreach (IPEndPoint address in found.Reader.ReadAllAsync(cancellation))
            {
                yield return address;
            }
        }
        finally
        {
            await stop.CancelAsync();
            await feeding.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Hands verified nodes to <paramref name="take"/> as they are heard, until cancelled.</summary>
    /// <param name="take">Given the node and its gossip address.</param>
    public async Task ForGossipAsync(Action<NodeId, IPEndPoint> take, CancellationToken cancellation)
    {
        if (beacons is null)
        {
            return;
        }

        await foreach (HeardBeacon heard in beacons.HeardAsync(cancellation))
        {
            if (heard.Verified && heard.Beacon.GossipPort != 0)
            {
                take(heard.Beacon.Node, new IPEndPoint(heard.From.Address, heard.Beacon.GossipPort));
            }
        }
    }

    /// <summary>Hands all given addresses to <paramref name="take"/>, again each second, until cancelled.</summary>
    public async Task ForGivenAsync(Action<IReadOnlyList<IPEndPoint>> take, CancellationToken cancellation)
    {
        while (true)
        {
            take(given.Addresses); // what needs no asking does not wait for what does
            await given.RefreshAsync(cancellation);
            take(given.Addresses);
            await Task.Delay(s_period, time, cancellation);
        }
    }

    private async Task FeedGivenAsync(ChannelWriter<IPEndPoint> found, CancellationToken cancellation)
    {
        while (true)
        {
            IReadOnlyList<IPEndPoint> before = given.Addresses;
            await WriteAsync(before);
            await given.RefreshAsync(cancellation);
            await WriteAsync(given.Addresses.Except(before));
            await Task.Delay(s_period, time, cancellation);
        }

        async Task WriteAsync(IEnumerable<IPEndPoint> addresses)
        {
            foreach (IPEndPoint address in addresses)
            {
                await found.WriteAsync(address, cancellation);
            }
        }
    }

    private async Task FeedHeardAsync(ChannelWriter<IPEndPoint> found, Guid mesh, CancellationToken cancellation)
    {
        if (beacons is null)
        {
            return;
        }

        var attempts = new SeedAttempts(burst: 8, perSecond: 2, s_period, s_longestPause);
        await foreach (HeardBeacon heard in beacons.HeardAsync(cancellation))
        {
            var address = new IPEndPoint(heard.From.Address, heard.Beacon.LinkPort);
            bool wanted = heard.Beacon.Mesh == mesh && heard.Beacon.Flags.HasFlag(BeaconFlags.AdmitsJoiners) &&
                heard.Beacon.LinkPort != 0;
            if (wanted && attempts.TryBegin(address, beacons.Now))
            {
                found.TryWrite(address);
            }
        }
    }
}
