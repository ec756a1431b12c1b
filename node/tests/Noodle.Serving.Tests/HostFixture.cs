namespace Noodle.Serving.Tests;

/// <summary>One host for all tests of a class.</summary>
public sealed class HostFixture : IAsyncLifetime
{
    internal ServingHost Host { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Host = await ServingHost.StartAsync();

    public ValueTask DisposeAsync() => Host.DisposeAsync();
}
