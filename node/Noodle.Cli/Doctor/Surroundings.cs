using System.Net;
using System.Net.NetworkInformation;
using System.Net.Quic;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Noodle.Client.Control;
using Noodle.Node.Options;
using NoodleNet.Runtime.Discovery;
using NoodleNet.Runtime.Storage;

namespace Noodle.Cli.Doctor;

/// <summary>Looks at this machine, and changes nothing on it.</summary>
/// <param name="root">The folder of the nodes of this user.</param>
internal sealed class Surroundings(string root, TimeProvider time)
{
    private const int MaxCertificateBytes = 64 << 10;
    private const string SystemdClock = "/run/systemd/timesync/synchronized";
    private static readonly TimeSpan s_multicastLimit = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan s_reachLimit = TimeSpan.FromSeconds(3);

    /// <param name="targets">Other machines to try.</param>
    /// <param name="nodes">What a node that runs here says; null when none does.</param>
    public async Task<DoctorFacts> LookAsync(
        IReadOnlyList<(string Host, int Port)> targets, IReadOnlyList<NodeInfo>? nodes, CancellationToken cancellation)
    {
        Task<ReachFact[]> reached = Task.WhenAll(targets.Select(target => ReachAsync(target, cancellation)));
        IReadOnlyList<MulticastResult> multicast = await MulticastCheck.RunAsync(
            BeaconScope.AllInterfaces, s_multicastLimit, time, cancellation);
        return new DoctorFacts
        {
            Now = time.GetUtcNow(),
            Interfaces = ListInterfaces(),
            Multicast = [.. multicast.Select(each =>
                new MulticastFact(each.Interface, each.Address.ToString(), each.Fault))],
            Ports = ListPorts(),
            Firewall = new FirewallFact(GuessFirewall("/")),
            HasQuic = HasQuic(),
            ClockIsSynchronised = Directory.Exists(Path.GetDirectoryName(SystemdClock))
                ? File.Exists(SystemdClock) : null,
            Certificates = ListCertificates(),
            Reached = await reached,
            Nodes = nodes,
        };
    }

    /// <summary>The firewall that seems to be on under a root folder; null when there is no sign of one.</summary>
    internal static string? GuessFirewall(string at)
    {
        string ufw = Path.Combine(at, "etc/ufw/ufw.conf");
        try
        {
            if (File.Exists(ufw) && File.ReadLines(ufw).Any(line => line.Trim() == "ENABLED=yes"))
            {
                return "ufw";
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null; // it cannot be read, so nothing is known
        }

        bool Has(params string[] paths) => paths.Any(path => Path.Exists(Path.Combine(at, path)));
        return Directory.Exists(Path.Combine(at, "run/firewalld")) ? "firewalld"
            : Has("etc/systemd/system/sysinit.target.wants/nftables.service",
                "etc/systemd/system/multi-user.target.wants/nftables.service") ? "nftables"
            : Has("etc/iptables/rules.v4", "etc/sysconfig/iptables") ? "iptables"
            : OperatingSystem.IsWindows() ? "Windows Defender Firewall" : null;
    }

    internal static async Task<ReachFact> ReachAsync((string Host, int Port) target, CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(s_reachLimit);
        try
        {
            using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
            await socket.ConnectAsync(target.Host, target.Port, limit.Token);
            return new ReachFact(target.Host, target.Port, Reach.Open, "");
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return new ReachFact(target.Host, target.Port, Reach.Silent, "");
        }
        catch (SocketException e)
        {
            Reach reach = e.SocketErrorCode switch
            {
                SocketError.ConnectionRefused => Reach.Refused,
                SocketError.TimedOut => Reach.Silent,
                SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain => Reach.UnknownName,
                _ => Reach.NoRoute,
            };
            return new ReachFact(target.Host, target.Port, reach, e.Message.TrimEnd('.'));
        }
    }

    private static InterfaceFact[] ListInterfaces() =>
    [
        .. NetworkInterface.GetAllNetworkInterfaces()
            .Where(card => card.NetworkInterfaceType != NetworkInterfaceType.Loopback
                && card.OperationalStatus is OperationalStatus.Up or OperationalStatus.Unknown)
            .Select(card => (card.Name, Properties: card.GetIPProperties()))
            .Where(card => card.Properties.UnicastAddresses.Count > 0)
            .Select(card => new InterfaceFact(
                card.Name, [.. card.Properties.UnicastAddresses.Select(at => at.Address.ToString())],
                MtuOf(card.Properties))),
    ];

    private static int MtuOf(IPInterfaceProperties properties)
    {
        int four = MtuOf(() => properties.GetIPv4Properties()?.Mtu);
        return four > 0 ? four : MtuOf(() => properties.GetIPv6Properties()?.Mtu); // it may have one family alone
    }

    private static int MtuOf(Func<int?> read)
    {
        try
        {
            return read() ?? 0;
        }
        catch (Exception e) when (e is NetworkInformationException or PlatformNotSupportedException)
        {
            return 0;
        }
    }

    private PortFact[] ListPorts()
    {
        HashSet<int> ours = [.. NodeFolder.FindRunning(root).SelectMany(node => node.Ports.Values)];
        return
        [
            Look("mesh", "TCP", NodeOptions.DefaultMeshPort), Look("gossip", "UDP", NodeOptions.DefaultMeshPort),
            // many may share the beacons' port
        ];

        PortFact Look(string name, string protocol, int port) => new(
            name, protocol, port, ours.Contains(port) ? PortUse.Noodle : IsFree(protocol, port) ? PortUse.Free
                : PortUse.Other);
    }

    internal static bool IsFree(string protocol, int port) =>
        IsFree(protocol, new IPEndPoint(IPAddress.Any, port))
        && (!Socket.OSSupportsIPv6 || IsFree(protocol, new IPEndPoint(IPAddress.IPv6Any, port)));

    private static bool IsFree(string protocol, IPEndPoint at)
    {
        bool udp = protocol == "UDP";
        try
        {
            using var socket = new Socket(at.AddressFamily, udp ? SocketType.Dgram : SocketType.Stream,
                udp ? ProtocolType.Udp : ProtocolType.Tcp);
            if (at.AddressFamily == AddressFamily.InterNetworkV6)
            {
                socket.DualMode = false; // IPv4 has been looked at
            }

            socket.Bind(at);
            if (!udp)
            {
                socket.Listen(); // of TCP only this tells that nobody else listens
            }

            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private CertificateFact[] ListCertificates()
    {
        var found = new List<CertificateFact>();
        string[] folders = Directory.Exists(root) ? Directory.GetDirectories(root, "node-*") : [];
        foreach (string folder in folders.Order())
        {
            foreach (string file in Directory.EnumerateFiles(folder, "*.pem").Order()
                .Where(file => new FileInfo(file).Length <= MaxCertificateBytes))
            {
                try
                {
                    // The first certificate in the file; its key, if any, is not read.
                    using X509Certificate2 certificate = X509Certificate2.CreateFromPem(File.ReadAllText(file));
                    found.Add(new CertificateFact(folder, certificate.NotBefore, certificate.NotAfter));
                }
                catch (Exception e) when (e is CryptographicException or IOException or UnauthorizedAccessException)
                {
                    continue; // a key alone, or not ours to read
                }
            }
        }

        return [.. found];
    }

    private static bool HasQuic()
    {
        return (OperatingSystem.IsLinux() || OperatingSystem.IsWindows() || OperatingSystem.IsMacOS())
            && QuicListener.IsSupported;
    }
}
