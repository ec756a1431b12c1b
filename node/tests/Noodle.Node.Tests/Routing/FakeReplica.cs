using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Ahr.Planning;
using Google.Protobuf;
using Microsoft.Extensions.Logging.Abstractions;
using Nbc.Runtime.Resources;
using Nbc.Tensors;
using Noodle.Node.Talk;
using Noodle.Node.Tests.Nodes;
using Noodle.Primitives;
using NoodleNet.Discovery;
using NoodleNet.Discovery.Wire;
using NoodleNet.Link;
using NoodleNet.Runtime.Discovery;
using NoodleNet.Runtime.Link;
using NoodleNet.Runtime.Storage;
using NoodleNet.Runtime.Trust;
using NoodleNet.Talk;
using NoodleNet.Trust;

namespace Noodle.Node.Tests.Routing;

/// <summary>A member of a node's mesh that says it has the digit model and is idle, and answers calls as a test
/// wants.</summary>
/// <remarks>Its gossip, certificates and links are real. Its id is such that models fall to it before they fall to the
/// node.</remarks>
internal sealed class FakeReplica : IAsyncDisposable, ILinkHandler
{
    private readonly NodeFolder _folder;
    private readonly MeshMembership _member;
    private readonly LinkHost _link;
    private readonly GossipHost _gossip;

    private FakeReplica(int number, NodeFolder folder, MeshMembership member)
    {
        (Number, _folder, _member) = (number, folder, member);
        IResourceAccount account = new ResourceManager("test", 16).Root;
        _link = new LinkHost(
            new LinkOptions(), member.Credentials, this, account, NullLogger<LinkHost>.Instance, TimeProvider.System,
            []);
        _gossip = new GossipHost(
            new GossipOptions
            {
                Profile = SwimOptions.Local, Keys = new KeyRing(member.Credentials.GossipKeys),
                TakeTls = _link.TryAdopt,
            },
            folder.Node, NullLogger<GossipHost>.Instance, TimeProvider.System, account);
        OnInfer = AnswerAsync;
    }

    public int Number { get; }

    public NodeId Id => _folder.Node;

    /// <summary>What it does with a call.</summary>
    public Func<LinkIncoming, CancellationToken, ValueTask> OnInfer { get; set; }

    /// <summary>Keys of the calls that came, in their order.</summary>
    public ConcurrentQueue<Guid> Asked { get; } = new();

    /// <param name="serviceUs">What it says that a run takes there.</param>
    public static async Task<FakeReplica> StartAsync(TestMesh mesh, int number, ulong serviceUs)
    {
        CancellationToken cancel = TestContext.Current.CancellationToken;
        TestNode node = mesh.Nodes[0];
        string name = $"fake{number}";
        NodeFolder folder = NodeFolder.Open(
            Path.Combine(mesh.Folder, name), () => FindUuid(name, node.Information.Id), name);
        MeshMembership member = await MeshMembership.OpenAsync(
            folder, new MembershipOptions { TokenPath = mesh.TokenFile }, One(node.Information.Mesh),
            TimeProvider.System, NullLogger.Instance, cancel);
        var fake = new FakeReplica(number, folder, member);
        var tags = new Dictionary<string, string>
        {
            ["role"] = "noodle", ["v"] = "1.0.0", ["http"] = "http://127.0.0.1:9",
        };
        await fake._gossip.StartAsync(new IPEndPoint(IPAddress.Loopback, 0), tags, cancel);
        tags[MetaIdentity.Tag] = member.Credentials.SignIdentity(fake._gossip.LocalEndPoint.Port).ToTag();
        await fake._gossip.SetTagsAsync(tags, cancel);
        Assert.Equal(1, await fake._gossip.JoinAsync([node.Information.Mesh], cancel));
        LinkPeer peer = await fake._link.ConnectAsync(node.Information.Id, node.Information.Mesh, cancel);
        using LinkReply told = await peer.RequestAsync(
            new LinkRequest
            {
                Head = new LinkHead(TalkIntents.Status, TimeSpan.FromSeconds(10)), Header = Status(serviceUs),
            },
            cancel);
        Assert.Equal(LinkStatus.Ok, told.Status);
        return fake;
    }

    public async ValueTask HandleAsync(LinkIncoming incoming, CancellationToken cancellation)
    {
        if (incoming.Head.Method != TalkIntents.Infer)
        {
            await incoming.ReplyAsync(LinkStatus.UnknownMethod, "", default, [], cancellation);
            return;
        }

        Asked.Enqueue(incoming.Head.IdempotencyKey);
        await OnInfer(incoming, cancellation);
    }

    /// <summary>Answers with its number as the digit.</summary>
    public ValueTask AnswerAsync(LinkIncoming incoming, CancellationToken cancellation)
    {
        byte[] digit = new byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(digit, Number);
        Tensor[] outputs =
        [
            new("scores", ElementType.Float32, [1, 10], MemoryMarshal.AsBytes(new float[10].AsSpan()).ToArray()),
            new("digit", ElementType.Int64, [1], digit),
        ];
        var reply = new InferReply { ComputeNs = 200_000 };
        ReadOnlyMemory<byte>[] bodies = TensorWire.Write(outputs, reply.Outputs);
        return incoming.ReplyAsync(LinkStatus.Ok, "", reply.ToByteArray(), bodies, cancellation);
    }

    /// <summary>Answers no call until it is given up: as a frozen process does.</summary>
    public static async ValueTask FreezeAsync(LinkIncoming incoming, CancellationToken cancellation) =>
        await Task.Delay(Timeout.Infinite, cancellation);

    public async ValueTask DisposeAsync()
    {
        await _gossip.DisposeAsync();
        await _link.DisposeAsync();
        _member.Dispose();
        _folder.Dispose();
    }

    private static Guid FindUuid(string name, NodeId node)
    {
        while (true)
        {
            var uuid = Guid.NewGuid();
            var own = NodeId.Create(name, uuid);
            if (ReplicaPlacement.Rank(Digits.Digest, [own, node], 1)[0] == own)
            {
                return uuid;
            }
        }
    }

    private static byte[] Status(ulong serviceUs)
    {
        var status = new NodeStatus { Sequence = 1, Incarnation = 1 };
        status.Replicas.Add(new ReplicaStatus
        {
            Digest = Digits.Digest, State = ReplicaState.Ready, ServiceTimeUs = serviceUs,
        });
        return status.ToByteArray();
    }

    private static async IAsyncEnumerable<IPEndPoint> One(
        IPEndPoint address, [EnumeratorCancellation] CancellationToken cancellation = default)
    {
        await Task.CompletedTask.WaitAsync(cancellation);
        yield return address;
    }
}
