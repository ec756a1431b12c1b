using NoodleNet.Link;
using NoodleNet.Runtime.Link;

namespace NoodleNet.Runtime.Tests.Link;

[CollectionDefinition(nameof(LinkAllocationTests), DisableParallelization = true)]
[Collection(nameof(LinkAllocationTests))]
public sealed class LinkAllocationTests
{
    private const int RoundTrips = 1000;

    // A debug build makes an object of the handler's state, 140 bytes; the link itself allocates nothing.
    private const int MostBytes = 200;

    // The first rounds run code that is not optimised yet, which boxes awaiters: they are the warm-up.
    private const int MostRounds = 40;

    [Fact]
    public async Task A_round_trip_over_TLS_allocates_nothing_in_the_link_of_either_end()
    {
        byte[] body = new byte[128];
        IReadOnlyList<ReadOnlyMemory<byte>> answer = [body];
        await using LinkPair pair = await LinkPair.StartAsync(async (incoming, cancellation) =>
        {
            using LinkBody asked = await incoming.ReadBodyAsync(1000, cancellation);
            await incoming.ReplyAsync(asked.Status, "", default, answer, cancellation);
        });
        var request = new LinkRequest { Head = new LinkHead("echo", TimeSpan.FromSeconds(30)), Body = [body] };
        double least = double.MaxValue;
        for (int round = 0; round < MostRounds && least > MostBytes; round++)
        {
            long before = GC.GetTotalAllocatedBytes(precise: true);
            await RunAsync(pair.Peer, request);
            least = double.Min(least, (GC.GetTotalAllocatedBytes(precise: true) - before) / (double)RoundTrips);
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"{least:0.0} bytes a round trip");
        Assert.InRange(least, 0, MostBytes);
    }

    private static async Task RunAsync(LinkPeer peer, LinkRequest request)
    {
        for (int i = 0; i < RoundTrips; i++)
        {
            using LinkReply reply = await peer.RequestAsync(request, default);
            if (reply.Status != LinkStatus.Ok)
            {
                Assert.Fail($"The answer was {reply.Status}.");
            }
        }
    }
}
