using Google.Protobuf;
using Noodle.Primitives;
using NoodleNet.Link;
using NoodleNet.Mesh.Topology;
using NoodleNet.Runtime.Link;
using NoodleNet.Runtime.Mesh;
using NoodleNet.Talk;
using static NoodleNet.Runtime.Tests.Mesh.RelayMesh;

namespace NoodleNet.Runtime.Tests.Mesh;

public sealed class RelayTests
{
    [Fact]
    public async Task Two_nodes_that_cannot_dial_each_other_call_each_other_through_a_third()
    {
        await using RelayMesh mesh = await StartAsync(3);
        await mesh.DialAsync(1, 2);
        await mesh.DialAsync(3, 2);
        RelayOutcome outcome = await mesh.ConnectAsync(1, 3, by: 2);
        Assert.Equal(RelayFault.None, outcome.Fault);
        LinkPeer peer = outcome.Peer!;
        Assert.Equal((Node(3), LinkTransportKind.Relay), (peer.Node, peer.Transport));
        Assert.Equal(new RelayEndPoint(Node(2)), peer.Remote);
        Assert.Equal($"relay {Node(2).ShortName}", peer.Remote.ToString());
        Assert.Equal(new RelayEndPoint(Node(2)).GetHashCode(), peer.Remote.GetHashCode());

        byte[] large = new byte[3_000_000];
        new Prng(1).Fill(large);
        Assert.Equal(large, await EchoAsync(peer, large));
        await UntilAsync(
            () => mesh.Host(3).TryGetPeer(Node(1), out LinkPeer? back) && back.IsConnected, "the way back");
        mesh.Host(3).TryGetPeer(Node(1), out LinkPeer? reverse);
        Assert.Equal([1, 2, 3], await EchoAsync(reverse!, [1, 2, 3]));
        Assert.Equal((1, 1), (mesh.Relay(2).Count, mesh.Relay(3).Count));
        // the relay has served no call but the one for the stream: it saw ciphertext alone
        Assert.Equal(["noodle.mesh.relay"],
            mesh.Served.Where(served => served.Node == 2).Select(served => served.Method));
        Assert.Equal(LinkTransportKind.Relay, mesh.Served.Single(s => s is (3, "echo", _)).Way);
    }

    [Fact]
    public async Task A_direct_connection_takes_the_place_of_the_relayed_one_and_calls_go_on()
    {
        await using RelayMesh mesh = await StartAsync(3);
        await mesh.DialAsync(1, 2);
        await mesh.DialAsync(2, 3);
        LinkPeer peer = (await mesh.ConnectAsync(1, 3, by: 2)).Peer!;
        Assert.Equal([1], await EchoAsync(peer, [1]));
        Assert.Same(peer, await mesh.DialAsync(1, 3));
        await UntilAsync(() => peer.Transport == LinkTransportKind.Tcp, "direct takes over");
        Assert.Equal([2], await EchoAsync(peer, [2]));
        await UntilAsync(() => mesh.Relay(2).Count == 0, "the relay is let go");
        Assert.Same(peer, await mesh.DialAsync(1, 3)); // a living direct one is not dialed again
    }

    [Fact]
    public async Task Four_relays_in_a_row_lead_there_and_a_loop_leads_nowhere()
    {
        await using RelayMesh mesh = await StartAsync(6);
        for (int i = 1; i < 6; i++)
        {
            await mesh.DialAsync(i, i + 1);
        }

        (mesh.Next[(2, 6)], mesh.Next[(3, 6)], mesh.Next[(4, 6)]) = ([3, 6], [4], [5]);
        RelayOutcome outcome = await mesh.ConnectAsync(1, 6, by: 2, relays: 4);
        Assert.Equal([7], await EchoAsync(outcome.Peer!, [7]));

        mesh.Next[(4, 6)] = [3, 2, 4]; // back to where it came from
        RelayOutcome loop = await mesh.ConnectAsync(1, 6, by: 2, relays: 4);
        Assert.Equal((RelayFault.NoPath, null), (loop.Fault, loop.Peer));
        Assert.Equal(RelayFault.NoPath, (await mesh.ConnectAsync(1, 6, by: 2, relays: 3)).Fault);
        Assert.Equal(RelayFault.NoPath, (await mesh.ConnectAsync(1, 6, by: 5)).Fault); // 5 is no neighbour of 1
    }

    [Fact]
    public async Task Streams_of_one_peer_and_in_all_are_bounded()
    {
        await using RelayMesh mesh = await StartAsync(4, new RelayOptions { MostOfOnePeer = 1, Most = 2 });
        await mesh.DialAsync(1, 2);
        await mesh.DialAsync(2, 3);
        await mesh.DialAsync(2, 4);
        Assert.Equal(RelayFault.None, (await mesh.ConnectAsync(1, 3, by: 2)).Fault);
        RelayOutcome refused = await mesh.ConnectAsync(1, 4, by: 2);
        Assert.Equal(RelayFault.TooMany, refused.Fault);
        Assert.Contains(nameof(RelayFault.TooMany), refused.Detail, StringComparison.Ordinal);
        Assert.Equal(1, mesh.Relay(2).Refused);
    }

    [Fact]
    public async Task A_relay_that_stops_ends_what_passes_through_it()
    {
        await using RelayMesh mesh = await StartAsync(3);
        await mesh.DialAsync(1, 2);
        await mesh.DialAsync(2, 3);
        LinkPeer peer = (await mesh.ConnectAsync(1, 3, by: 2)).Peer!;
        mesh.Relay(2).Stop();
        await UntilAsync(() => !peer.IsConnected && mesh.Relay(2).Count == 0, "the relayed connection ends");
        Assert.NotEqual(RelayFault.None, (await mesh.ConnectAsync(1, 3, by: 2)).Fault);
        Assert.True(mesh.Host(1).TryGetPeer(Node(2), out LinkPeer? relay) && relay.IsConnected);
    }

    [Fact]
    public async Task A_stream_on_which_nothing_moves_is_ended_and_one_without_memory_never_begins()
    {
        await using RelayMesh mesh = await StartAsync(3, new RelayOptions { IdleLimit = TimeSpan.FromSeconds(1) });
        await mesh.DialAsync(1, 2);
        await mesh.DialAsync(2, 3);
        var head = new LinkHead(TalkIntents.MeshRelay);
        mesh.Host(1).TryGetPeer(Node(2), out LinkPeer? relay);
        // The target waits for a handshake that never comes.
        await using LinkStream idle = await relay!.OpenStreamAsync(head, Open(3, 1), default);
        Assert.Equal(LinkStatus.Ok, (await idle.ReadAnswerAsync(default).AsTask().WaitAsync(Bound)).Status);
        LinkRead end = await idle.ReadAsync(new byte[1], default).AsTask().WaitAsync(Bound);
        Assert.Equal((0, LinkStatus.Cancelled), (end.Count, end.Status));
    }

    public static TheoryData<string, byte[], LinkStatus, RelayFault> Hostile => new()
    {   // what is sent                            the header             the answer
        { "nothing",                               [],                    LinkStatus.Refused, RelayFault.Malformed },
        { "a name that is none",                   Raw("x/../y", 1),      LinkStatus.Refused, RelayFault.Malformed },
        { "another node's name as the asker",      Open(3, 9),            LinkStatus.Refused, RelayFault.Malformed },
        { "a list that is too long",               Open(3, 9, 9, 9, 9, 9, 9, 1), LinkStatus.Refused,
            RelayFault.Malformed },
        { "a request that was here before",        Open(3, 2, 1),         LinkStatus.Unavailable, RelayFault.Loop },
        { "a request that has passed too many",    Open(3, 9, 8, 7, 6, 1), LinkStatus.Unavailable,
            RelayFault.TooManyHops },
        { "a target that nobody knows",            Open(77, 1),           LinkStatus.Unavailable, RelayFault.NoPath },
    };

    [Theory]
    [MemberData(nameof(Hostile))]
    public async Task What_no_sound_node_asks_is_refused_by_name(
        string what, byte[] header, LinkStatus status, RelayFault fault)
    {
        Assert.NotEmpty(what);
        await using RelayMesh mesh = await StartAsync(2);
        LinkPeer peer = await mesh.DialAsync(1, 2);
        using LinkReply reply = await peer.RequestAsync(
            new LinkRequest { Head = new LinkHead(TalkIntents.MeshRelay, Bound), Header = header }, default);
        Assert.Equal(status, reply.Status);
        Assert.Equal((int)fault, (int)RelayAnswer.Parser.ParseFrom(reply.Header.Span).Refusal);
        await UntilAsync(() => mesh.Relay(2).Count == 0, "its place is given back");
    }

    [Fact]
    public async Task A_node_that_answers_nonsense_or_is_not_there_is_no_relay()
    {
        await using RelayMesh mesh = await StartAsync(2, new RelayOptions { OpenLimit = TimeSpan.FromSeconds(1) });
        await mesh.DialAsync(1, 2);
        Assert.Equal(RelayFault.NoPath, (await mesh.ConnectAsync(1, 3, by: 9)).Fault);
        mesh.Odd = 2;
        Assert.Equal(RelayFault.NoAnswer, (await mesh.ConnectAsync(1, 3, by: 2)).Fault);
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();
        RelayOutcome given = await mesh.Relay(1).ConnectAsync(Node(3), Node(2), 1, cancelled.Token);
        Assert.Equal(RelayFault.NoAnswer, given.Fault);
    }

    [Fact]
    public async Task Another_node_at_the_far_end_is_found_out_by_its_certificate()
    {
        await using RelayMesh mesh = await StartAsync(4);
        await mesh.DialAsync(1, 2);
        await mesh.DialAsync(2, 3);
        // Node 2 lies: asked for node 4 it passes on to node 3, which believes to be the target.
        LinkPeer liar = await mesh.DialAsync(2, 3);
        LinkStream stream = await liar.OpenStreamAsync(
            new LinkHead(TalkIntents.MeshRelay), Open(3, 2), default);
        Assert.Equal(LinkStatus.Ok, (await stream.ReadAnswerAsync(default)).Status);
        LinkException error = await Assert.ThrowsAsync<LinkException>(async () => await mesh.Host(2).ConnectOverAsync(
            new LinkDuplex(stream, TimeProvider.System), Node(4), LinkTransportKind.Relay, new RelayEndPoint(Node(2)),
            default));
        Assert.Equal(LinkFault.WrongNode, error.Fault);
    }

    [Fact]
    public void Options_out_of_their_range_are_all_named()
    {
        var options = new RelayOptions
        {
            MostOfOnePeer = 0, Most = -1, IdleLimit = TimeSpan.Zero, OpenLimit = TimeSpan.Zero, BufferBytes = 1,
        };
        Assert.Equal(5, options.FindFaults().Count);
        Assert.Empty(new RelayOptions().FindFaults());
        ArgumentException error = Assert.Throws<ArgumentException>(() => new RelayService(
            null!, Node(1), options, new Link.TestAccount(), _ => [],
            Microsoft.Extensions.Logging.Abstractions.NullLogger<RelayService>.Instance, TimeProvider.System));
        Assert.Contains("IdleLimit", error.Message, StringComparison.Ordinal);
    }

    private static byte[] Open(int target, params int[] seen) => Raw(Node(target).ToString(), seen);

    private static byte[] Raw(string target, params int[] seen)
    {
        var open = new RelayOpen { Target = target };
        open.Seen.AddRange(seen.Select(node => Node(node).ToString()));
        return open.ToByteArray();
    }
}
