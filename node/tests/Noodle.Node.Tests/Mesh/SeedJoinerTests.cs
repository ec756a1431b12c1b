using System.Net;
using Noodle.Node.Mesh;
using NoodleNet.Discovery;

namespace Noodle.Node.Tests.Mesh;

public sealed class SeedJoinerTests
{
    [Fact]
    public async Task An_address_is_asked_once_at_a_time_and_not_too_many_at_once()
    {
        var gates = new Dictionary<int, TaskCompletionSource<bool>>();
        var joiner = new SeedJoiner(
            (address, _) => (gates[address.Port] = new TaskCompletionSource<bool>()).Task,
            new SeedAttempts(1000, 1000, TimeSpan.FromHours(1), TimeSpan.FromHours(1)), TimeProvider.System);
        CancellationToken cancel = TestContext.Current.CancellationToken;
        for (int port = 1; port <= 2 * SeedJoiner.MaxAtOnce; port++)
        {
            Assert.Equal(port <= SeedJoiner.MaxAtOnce, joiner.Offer(new IPEndPoint(IPAddress.Loopback, port), cancel));
        }

        Assert.False(joiner.Offer(new IPEndPoint(IPAddress.Loopback, 1), cancel));
        gates[1].SetResult(true);
        gates[2].SetResult(false);
        Assert.True(joiner.Offer(new IPEndPoint(IPAddress.Loopback, 1), cancel)); // it works: it may be asked again
        Assert.False(joiner.Offer(new IPEndPoint(IPAddress.Loopback, 2), cancel)); // it did not: within its pause
        Task closing = joiner.CloseAsync();
        Assert.False(closing.IsCompleted);
        foreach (TaskCompletionSource<bool> gate in gates.Values)
        {
            gate.TrySetResult(false);
        }

        await closing.WaitAsync(TimeSpan.FromSeconds(30), cancel);
    }
}
