using System.Net;
using System.Net.Sockets;
using Noodle.Node.Options;

namespace Noodle.Node.Tests.Nodes;

/// <summary>Nodes of one mesh in this process, on loopback, with ports and a folder of their own.</summary>
internal sealed class TestMesh : IAsyncDisposable
{
    private readonly List<TestNode> _nodes = [];

    /// <param name="multicast">False: joiners are told the address of the first node.</param>
    public TestMesh(bool multicast = true, int? beaconPort = null)
    {
        Multicast = multicast;
        BeaconPort = beaconPort ?? FreeUdpPort();
    }

    public string Folder { get; } = Directory.CreateTempSubdirectory("noodle-node-tests-").FullName;

    public string TokenFile => Path.Combine(Folder, "token");

    public bool Multicast { get; }

    public int BeaconPort { get; }

    public IReadOnlyList<TestNode> Nodes => _nodes;

    public static async Task<TestMesh> StartAsync(int nodes, bool multicast = true)
    {
        var mesh = new TestMesh(multicast);
        try
        {
            await mesh.AddAsync();
            await Task.WhenAll(Enumerable.Range(1, nodes - 1).Select(_ => mesh.AddAsync()));
            await mesh.UntilAllSeeAsync(nodes);
            return mesh;
        }
        catch
        {
            await mesh.DisposeAsync();
            throw;
        }
    }

    public NodeOptions OptionsFor(string name) => new()
    {
        Data = Path.Combine(Folder, name),
        TokenFile = TokenFile,
        Multicast = Multicast,
        BeaconPort = BeaconPort,
        Join = !Multicast && _nodes.Count > 0 ? [_nodes[0].Information.Mesh.ToString()] : [],
        HttpPort = 0,
        MeshPort = 0,
        JoinTimeout = TimeSpan.FromSeconds(20),
        DrainTimeout = TimeSpan.FromSeconds(10),
    };

    public Task<TestNode> AddAsync(Func<NodeOptions, NodeOptions>? change = null)
    {
        NodeOptions options = OptionsFor(Guid.NewGuid().ToString("N")[..8]);
        return StartAsync(change is null ? options : change(options));
    }

    public async Task<TestNode> StartAsync(NodeOptions options, Func<IPEndPoint, bool>? mayDial = null)
    {
        TestNode node = await TestNode.StartAsync(options, mayDial);
        lock (_nodes)
        {
            _nodes.Add(node);
        }

        return node;
    }

    /// <summary>Waits until every node lists so many living ones and can be called by each of them.</summary>
    public Task UntilAllSeeAsync(int count) => Eventually.IsTrueAsync(
        () => Task.FromResult(_nodes.Where(node => node.IsRunning).All(node => node.CountConnected() == count)),
        $"every node sees {count}");

    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(_nodes.Select(node => node.DisposeAsync().AsTask()));
        Directory.Delete(Folder, recursive: true);
    }

    public static int FreeUdpPort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }
}
