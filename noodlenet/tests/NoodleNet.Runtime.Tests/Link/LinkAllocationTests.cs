using System.Runtime.CompilerServices;
using NoodleNet.Link;
using NoodleNet.Runtime.Link;

namespace NoodleNet.Runtime.Tests.Link;

[CollectionDefinition(nameof(LinkAllocationTests), DisableParallelization = true)]
[Collection(nameof(LinkAllocationTests))]
public sealed class LinkAllocationTests
{
    // A debug build makes an object of the state of each async method; a release build allocates nothing.
#if DEBUG
    private const int MostBytes = 1000;
#else
    private const int MostBytes = 0;
#endif

    // SslStream makes an object of its own for a write that finds the socket full.
    private const int MostBytesOfLarge = MostBytes + 200;

    // The first rounds run code that is not optimised yet, which boxes awaiters: they are the warm-up.
    private const int MostRounds = 60;

    [Theory]
    [InlineData(128, 1000, MostBytes)] // there and back in one write each
    [InlineData(100_000, 50, MostBytesOfLarge)] // the answer is still being written when the handler waits for it
    public async Task A_round_trip_over_TLS_allocates_nothing_at_either_end(int length, int trips, int mostBytes)
    {
        byte[] body = new byte[length];
        await using LinkPair pair = await LinkPair.StartAsync(EchoAsync);
        var request = new LinkRequest { Head = new LinkHead("echo", TimeSpan.FromSeconds(30)), Body = [body] };
        long least = long.MaxValue;
        for (int round = 0; round < MostRounds && least > mostBytes * trips; round++)
        {
            least = long.Min(least, await RunAsync(pair.Peer, request, trips));
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"{least} bytes in {trips} round trips");
        Assert.InRange(least, 0, mostBytes * trips);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private static async ValueTask EchoAsync(LinkIncoming incoming, CancellationToken cancellation)
    {
        using LinkBody asked = await incoming.ReadBodyAsync(1 << 20, cancellation);
        await incoming.ReplyAsync(asked.Status, "", default, asked.Memory, cancellation);
    }

    /// <returns>Bytes allocated in the whole process while these round trips went on.</returns>
    private static async Task<long> RunAsync(LinkPeer peer, LinkRequest request, int trips)
    {
        await AskAsync(peer, request); // the state of this method is allocated by now
        long before = GC.GetTotalAllocatedBytes(precise: true);
        for (int i = 0; i < trips; i++)
        {
            await AskAsync(peer, request);
        }

        return GC.GetTotalAllocatedBytes(precise: true) - before;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private static async ValueTask AskAsync(LinkPeer peer, LinkRequest request)
    {
        using LinkReply reply = await peer.RequestAsync(request, default).ConfigureAwait(false);
        if (reply.Status != LinkStatus.Ok)
        {
            Assert.Fail($"The answer was {reply.Status}.");
        }
    }
}
