using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using Nbc.Runtime.Resources;
using Noodle.Node.Hosting;
using Noodle.Node.Options;
using Noodle.Primitives;
using NoodleNet.Discovery;
using NoodleNet.Runtime.Discovery;
using NoodleNet.Runtime.Storage;
using NoodleNet.Runtime.Trust;

namespace Noodle.Node.Trust;

/// <summary>A node that waits to be admitted, for whoever shows it to a person.</summary>
/// <param name="Fingerprint">What the admin has to see.</param>
/// <param name="Address">Where it waits.</param>
public sealed record WaitingNode(NodeId Node, string Fingerprint, IPEndPoint Address);

/// <summary>Makes this machine's next node a member without a token: it waits until an admin takes it in.</summary>
public static class NodeAdmission
{
    private const int PortTries = 64;

    /// <summary>Waits, and returns when the node is a member and can be started; at once when it is one
    /// already.</summary>
    /// <param name="waiting">Told once where and under which fingerprint the node waits.</param>
    /// <param name="confirm">Whether the mesh of this fingerprint is the one that is wanted.</param>
    /// <exception cref="StorageException">The data folder cannot be used.</exception>
    /// <exception cref="PortInUseException">The mesh port asked for is in use.</exception>
    public static async Task WaitAsync(
        NodeOptions options, Action<WaitingNode> waiting, Func<string, CancellationToken, Task<bool>> confirm,
        ILoggerFactory logs, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(waiting);
        ArgumentNullException.ThrowIfNull(confirm);
        using NodeFolder folder = NodeFolder.Open(
            NodeFolder.ResolveRoot(options.Data), Guid.NewGuid, Environment.MachineName);
        if (MembershipWaiting.IsMember(folder, TimeProvider.System))
        {
            return;
        }

        using var account = new ResourceManager("admission", 16, (ResourceKind.Memory, options.MaxBufferBytes));
        using ECDsa key = MembershipWaiting.KeepKey(folder);
        using AdmissionPort port = OpenPort(options, folder.Node, key, confirm, logs);
        await using BeaconHost? beacons = options.Multicast
            ? new BeaconHost(
                new BeaconOptions
                {
                    Scope = options.Lan ? BeaconScope.AllInterfaces : BeaconScope.Loopback,
                    Port = options.BeaconPort,
                    Signer = KeySigner.Of(key),
                },
                logs.CreateLogger<BeaconHost>(), TimeProvider.System, account.Root)
            : null;
        if (beacons is not null)
        {
            var self = new Beacon(
                Guid.Empty, folder.Node, 0, (ushort)port.LocalEndPoint.Port, 0,
                BeaconFlags.Asks | BeaconFlags.WantsAdmission);
            await beacons.StartAsync(self, cancellation);
        }

        waiting(new WaitingNode(folder.Node, port.Fingerprint.ToString(), port.LocalEndPoint));
        using NodeCredentials credentials = await port.WaitAsync(cancellation);
        MembershipWaiting.Keep(folder, credentials);
    }

    private static AdmissionPort OpenPort(
        NodeOptions options, NodeId self, ECDsa key, Func<string, CancellationToken, Task<bool>> confirm,
        ILoggerFactory logs)
    {
        IPAddress address = options.Lan ? IPAddress.Any : IPAddress.Loopback;
        const int first = NodeOptions.DefaultMeshPort;
        int[] ports = options.MeshPort is { } asked ? [asked] : [.. Enumerable.Range(first, PortTries), 0];
        foreach (int port in ports)
        {
            try
            {
                return new AdmissionPort(
                    new IPEndPoint(address, port), options.Lan ? IPAddress.IPv6Any : IPAddress.IPv6Loopback,
                    self, key,
                    (mesh, cancellation) => confirm(mesh.ToString(), cancellation), TimeProvider.System,
                    logs.CreateLogger<AdmissionPort>());
            }
            catch (SocketException)
            {
                // the next one
            }
        }

        throw new PortInUseException(
            $"Port {ports[0]} on {address} is in use; stop what uses it or choose another with --mesh-port.");
    }
}
