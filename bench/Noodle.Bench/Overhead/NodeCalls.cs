using Noodle.Cli.Demo;
using Noodle.Client;
using Noodle.Client.Control;

namespace Noodle.Bench.Overhead;

/// <summary>Calls of one model at one node, each checked, and what the node says of where their time went.</summary>
internal sealed class NodeCalls(Uri node, string model, DigitSamples samples, string answering) : IDisposable
{
    // The node keeps the last 1,024 of all its calls; waiting for readiness makes a few.
    private const int MostDecisions = 1_000;

    private readonly NoodleClient _client = new([node]);
    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false });
    private readonly Uri _live = new(node, "v2/health/live");
    private readonly List<double> _engineUs = [];

    /// <summary>One call of the model, over HTTP.</summary>
    /// <exception cref="InvalidOperationException">The answer is wrong, or not from the node expected.</exception>
    public async ValueTask InferAsync(CancellationToken cancellation)
    {
        using InferResult result = await _client.InferAsync(model, [samples.Image(0)], null, cancellation)
            .ConfigureAwait(false);
        if (result.Node != answering || !samples.IsRight(0, result.Outputs))
        {
            throw new InvalidOperationException($"an answer is wrong or not from {answering} but from {result.Node}");
        }

        _engineUs.Add(result.Compute.TotalMicroseconds);
    }

    /// <summary>The least that a node does for a request: the floor below every call.</summary>
    public async ValueTask AskLiveAsync(CancellationToken cancellation)
    {
        using HttpResponseMessage answer = await _http.GetAsync(_live, cancellation).ConfigureAwait(false);
        await answer.Content.ReadAsByteArrayAsync(cancellation).ConfigureAwait(false);
        answer.EnsureSuccessStatusCode();
    }

    /// <summary>Engine time of the last calls, as each answer told it.</summary>
    public Series EngineTime(string name, int count) => new(name, _engineUs[^count..], 0);

    /// <summary>Time in the router of the last calls, engine included, from the decision log.</summary>
    public async Task<Series> RoutingTimeAsync(string name, int count, CancellationToken cancellation)
    {
        IReadOnlyList<DecisionInfo> last = await _client
            .GetDecisionsAsync(Math.Min(count, MostDecisions), cancellation).ConfigureAwait(false);
        return new Series(name, [.. last.Select(decision => (double)decision.DurationUs)], 0);
    }

    public void Dispose()
    {
        _client.Dispose();
        _http.Dispose();
    }
}
