using NoodleNet.Link;
using NoodleNet.Runtime.Link;

namespace NoodleNet.Runtime.Tests.Link;

[CollectionDefinition(nameof(LinkAllocationTests), DisableParallelization = true)]
[Collection(nameof(LinkAllocationTests))]
public sealed class LinkAllocationTests
{
    private const int RoundTrips = 1000;

    [Fact]
    public async Task A_round_trip_over_TLS_allocates_next_to_nothing_in_both_ends_together()
    {
        byte[] body = new byte[128];
        IReadOnlyList<ReadOnlyMemory<byte>> answer = [body];
        await using LinkPair pair = await LinkPair.StartAsync(async (incoming, cancellation) =>
        {
            using LinkBody asked = await incoming.ReadBodyAsync(1000, cancellation);
            await incoming.ReplyAsync(asked.Status, "", default, answer, cancellation);
        });
        var request = new LinkRequest { Head = new LinkHead("echo", TimeSpan.FromSeconds(30)), Body = [body] };
        await RunAsync(pair.Peer, request);
        long before = GC.GetTotalAllocatedBytes(precise: true);
        await RunAsync(pair.Peer, request);
        double each = (GC.GetTotalAllocatedBytes(precise: true) - before) / (double)RoundTrips;
        TestContext.Current.TestOutputHelper?.WriteLine($"{each:0.0} bytes a round trip");
        Assert.InRange(each, 0, 400); // the handler of a debug build alone allocates when it has to wait
    }

    private static async Task RunAsync(LinkPeer peer, LinkRequest request)
    {
        for (int i = 0; i < RoundTrips; i++)
        {
            using LinkReply reply = await peer.RequestAsync(request, default);
            Assert.Equal(LinkStatus.Ok, reply.Status);
        }
    }
}
