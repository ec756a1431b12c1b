using System.Net;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Noodle.Node.Options;
using NoodleNet.Discovery;
using NoodleNet.Runtime.Discovery;

namespace Noodle.Node.Mesh;

/// <summary>Addresses at which nodes of one mesh may be: given ones, and those heard by multicast.</summary>
/// <remarks>Bound: 64 unread addresses; given ones come again every second, heard ones with each beacon.</remarks>
internal sealed class MeshSeeds(IReadOnlyList<string> given, BeaconHost? beacons, TimeProvider time)
{
    private const int MaxUnread = 64;
    private static readonly TimeSpan s_period = TimeSpan.FromSeconds(1);

    /// <summary>Addresses of nodes that can admit a joiner, until cancelled.</summary>
    /// <param name="mesh">Id of the mesh to be joined.</param>
    public async IAsyncEnumerable<IPEndPoint> ForJoiningAsync(
        Guid mesh, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var found = Channel.CreateBounded<IPEndPoint>(
            new BoundedChannelOptions(MaxUnread) { FullMode = BoundedChannelFullMode.DropOldest });
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        Task feeding = Task.WhenAll(
            FeedGivenAsync(found.Writer, stop.Token),
            FeedHeardAsync(
                found.Writer,
                heard => heard.Beacon.Mesh == mesh && heard.Beacon.Flags.HasFlag(BeaconFlags.AdmitsJoiners),
                stop.Token));
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

    /// <summary>Hands mesh addresses of verified nodes to <paramref name="take"/>, given ones first, until
    /// cancelled.</summary>
    public async Task ForGossipAsync(Func<IPEndPoint, Task> take, CancellationToken cancellation)
    {
        if (beacons is null)
        {
            return;
        }

        await foreach (HeardBeacon heard in beacons.HeardAsync(cancellation))
        {
            if (heard.Verified && heard.Beacon.GossipPort != 0)
            {
                await take(new IPEndPoint(heard.From.Address, heard.Beacon.GossipPort));
            }
        }
    }

    /// <summary>The given addresses, looked up now.</summary>
    public async Task<IReadOnlyList<IPEndPoint>> ResolveGivenAsync(CancellationToken cancellation)
    {
        var addresses = new List<IPEndPoint>();
        foreach (string text in given)
        {
            addresses.AddRange(await MeshAddress.ResolveAsync(text, cancellation));
        }

        return addresses;
    }

    private async Task FeedGivenAsync(ChannelWriter<IPEndPoint> found, CancellationToken cancellation)
    {
        while (given.Count > 0)
        {
            foreach (IPEndPoint address in await ResolveGivenAsync(cancellation))
            {
                found.TryWrite(address);
            }

            await Task.Delay(s_period, time, cancellation);
        }
    }

    private async Task FeedHeardAsync(
        ChannelWriter<IPEndPoint> found, Predicate<HeardBeacon> isWanted, CancellationToken cancellation)
    {
        if (beacons is null)
        {
            return;
        }

        await foreach (HeardBeacon heard in beacons.HeardAsync(cancellation))
        {
            if (isWanted(heard))
            {
                found.TryWrite(new IPEndPoint(heard.From.Address, heard.Beacon.LinkPort));
            }
        }
    }
}
