namespace Noodle.Node.Tests.Nodes;

/// <summary>Awaits what has no event of its own, with a bound that only a defect reaches.</summary>
internal static class Eventually
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(40);
    private static readonly TimeSpan s_period = TimeSpan.FromMilliseconds(20);

    public static async Task IsTrueAsync(Func<Task<bool>> condition, string what)
    {
        using var limit = new CancellationTokenSource(s_limit);
        using var period = new PeriodicTimer(s_period);
        while (!await condition())
        {
            try
            {
                await period.WaitForNextTickAsync(limit.Token);
            }
            catch (OperationCanceledException)
            {
                Assert.Fail($"Within {s_limit.TotalSeconds} s it did not come to pass that {what}.");
            }
        }
    }
}
