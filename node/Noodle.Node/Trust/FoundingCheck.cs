using System.Net;
using Microsoft.Extensions.Logging;
using Noodle.Node.Options;
using Noodle.Primitives;
using NoodleNet.Discovery;
using NoodleNet.Runtime.Discovery;
using NoodleNet.Runtime.Trust;

namespace Noodle.Node.Trust;

/// <summary>Keeps a node from founding a mesh of its own where one is heard already, unless told to.</summary>
/// <remarks>
/// Meaning: on other machines' network only (<c>--lan</c>): two meshes by mistake look like a mesh that does not find
/// its
/// nodes. Anybody can send a beacon and so hold this up; <c>--found</c> goes on. Bound: listens <see
/// cref="Listening"/>.
/// </remarks>
internal static class FoundingCheck
{
    public static readonly TimeSpan Listening = TimeSpan.FromSeconds(1.5);

    /// <exception cref="TrustException">Another mesh is there; the sentence says how to join it.</exception>
    public static async Task RunAsync(
        NodeOptions options, NodeId self, IResourceAccount account, TimeProvider time, ILoggerFactory logs,
        CancellationToken cancellation)
    {
        await using var listening = new BeaconHost(
            new BeaconOptions { Scope = BeaconScope.AllInterfaces, Port = options.BeaconPort },
            logs.CreateLogger<BeaconHost>(), time, account);
        await listening.StartAsync(new Beacon(default, self, 0, 0, 0, BeaconFlags.Asks), cancellation);
        using var limit = new CancellationTokenSource(Listening, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellation);
        try
        {
            await foreach (HeardBeacon heard in listening.HeardAsync(either.Token))
            {
                if (heard.Beacon.Mesh != Guid.Empty && heard.Beacon.LinkPort != 0)
                {
                    var there = new IPEndPoint(heard.From.Address, heard.Beacon.LinkPort);
                    throw new TrustException(
                        $"Mesh {heard.Beacon.Mesh:N} is here already, at {there}: join it with `noodle join`, "
                        + "or found another one with `noodle up --lan --found`.");
                }
            }
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            // nobody was heard
        }
    }
}
