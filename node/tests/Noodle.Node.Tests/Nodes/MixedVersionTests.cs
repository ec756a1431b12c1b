using System.Net;
using System.Runtime.CompilerServices;
using Google.Protobuf;
using Microsoft.Extensions.Logging.Abstractions;
using Nbc.Runtime.Resources;
using Noodle.Client.Control;
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

namespace Noodle.Node.Tests.Nodes;

/// <summary>A node of a later version among ours: it says more than we know, and each works with the other.</summary>
public sealed class MixedVersionTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_later_version_with_more_in_its_beacon_tags_and_status_is_one_of_us()
    {
        await using TestMesh mesh = await TestMesh.StartAsync(1);
        TestNode node = mesh.Nodes[0];
        using NodeFolder folder = NodeFolder.Open(Path.Combine(mesh.Folder, "later"), Guid.NewGuid, "later");
        using MeshMembership member = await MeshMembership.OpenAsync(
            folder, new MembershipOptions { TokenPath = mesh.TokenFile }, One(node.Information.Mesh),
            TimeProvider.System, NullLogger.Instance, Cancel);
        IResourceAccount account = new ResourceManager("test", 16).Root;
        await using var link = new LinkHost(
            new LinkOptions(), member.Credentials, new LaterHandler(), account, NullLogger<LinkHost>.Instance,
            TimeProvider.System, []);
        var keys = new KeyRing(member.Credentials.GossipKeys);
        await using var gossip = new GossipHost(
            new GossipOptions { Profile = SwimOptions.Local, Keys = keys, TakeTls = link.TryAdopt }, folder.Node,
            NullLogger<GossipHost>.Instance, TimeProvider.System, account);
        var tags = new Dictionary<string, string>
        {
            ["role"] = "noodle", ["v"] = "99.0.0", ["later"] = "something", ["http"] = "http://127.0.0.1:9",
        };
        await gossip.StartAsync(new IPEndPoint(IPAddress.Loopback, 0), tags, Cancel);
        tags[MetaIdentity.Tag] = member.Credentials.SignIdentity(gossip.LocalEndPoint.Port).ToTag();
        await gossip.SetTagsAsync(tags, Cancel);
        Assert.Equal(1, await gossip.JoinAsync([node.Information.Mesh], Cancel));
        await Eventually.IsTrueAsync(() => Task.FromResult(node.CountConnected() == 2), "it is connected");

        LinkPeer peer = await link.ConnectAsync(NodeIdOf(node), node.Information.Mesh, Cancel);
        using LinkReply reply = await peer.RequestAsync(
            new LinkRequest
            {
                Head = new LinkHead(TalkIntents.Status, TimeSpan.FromSeconds(10)), Header = LaterStatus(),
            },
            Cancel);
        Assert.Equal(LinkStatus.Ok, reply.Status);
        Assert.True(StatusReply.Parser.ParseFrom(reply.Header.Span).ClockUs > 0);
        NodeInfo seen = node.View.ListNodes().Single(each => !each.Self);
        Assert.Equal((NodeStates.Alive, "99.0.0", 3), (seen.State, seen.Version, seen.InFlight));
        Assert.Equal(("thoughts", HealthLevels.Warn), (seen.Health![0].Name, seen.Health[0].Level));
    }

    [Fact]
    public void What_a_status_holds_beside_what_is_known_survives_being_passed_on()
    {
        byte[] later = LaterStatus();
        Assert.Equal(later, NodeStatus.Parser.ParseFrom(later).ToByteArray());
    }

    // Field 1999 is no field of ours, and health state 9 none of our levels.
    private static byte[] LaterStatus()
    {
        var status = new NodeStatus { Sequence = ulong.MaxValue, Incarnation = ulong.MaxValue, InFlight = 3 };
        status.Health.Add(new HealthReport { Name = "thoughts", State = (HealthState)9, Detail = "Deep." });
        return [.. status.ToByteArray(), 0xFA, 0x7C, 3, 1, 2, 3];
    }

    private static NodeId NodeIdOf(TestNode node) => node.Information.Id;

    private static async IAsyncEnumerable<IPEndPoint> One(
        IPEndPoint address, [EnumeratorCancellation] CancellationToken cancellation = default)
    {
        await Task.CompletedTask.WaitAsync(cancellation);
        yield return address;
    }

    private sealed class LaterHandler : ILinkHandler
    {
        public ValueTask HandleAsync(LinkIncoming incoming, CancellationToken cancellation) =>
            incoming.ReplyAsync(LinkStatus.Ok, "", new byte[] { 0xFA, 0x7C, 1, 1 }, [], cancellation);
    }
}
