using System.Collections.Concurrent;
using System.Diagnostics;
using Noodle.Cli.Processes;
using Noodle.Client;

namespace Noodle.Cli.Demo;

/// <summary>What came of the requests sent around the kill.</summary>
/// <param name="Sent">Requests started.</param>
/// <param name="Answered">Those with a result.</param>
/// <param name="Wrong">Results that differ from what ONNX Runtime gives directly.</param>
/// <param name="Retried">Attempts beyond the first, by the client and by the mesh.</param>
/// <param name="UnansweredAtKill">Requests in flight when the node was killed.</param>
/// <param name="VictimServed">Requests that the killed node had answered by then.</param>
/// <param name="Engines">Answers by each engine.</param>
/// <param name="Failures">What went wrong, as sentences, each once.</param>
internal sealed record LoadReport(
    int Sent, int Answered, int Wrong, int Retried, double P50Ms, double P99Ms, int UnansweredAtKill, int VictimServed,
    IReadOnlyDictionary<string, int> Engines, IReadOnlyList<string> Failures);

/// <summary>Many callers at once, all nodes asked in turn, and one node killed in the middle of it.</summary>
internal sealed class DemoLoad(NoodleClient client, DigitSamples samples, string model)
{
    /// <summary>Callers at once: each has one request in flight, so that a kill finds as many unanswered.</summary>
    public const int Callers = 128;

    private const int LeastUnanswered = 50;
    private readonly ConcurrentBag<double> _latenciesMs = [];
    private readonly ConcurrentDictionary<string, bool> _failures = new();
    private readonly ConcurrentDictionary<string, int> _engines = new();
    private int _next, _answered, _wrong, _retried, _inFlight, _victimServed, _unansweredAtKill, _killed;

    /// <summary>Sends <paramref name="requests"/> requests, and kills the victim when a third of them is
    /// answered.</summary>
    public async Task<LoadReport> RunAsync(int requests, NodeProcess victim, CancellationToken cancellation)
    {
        await Task.WhenAll(Enumerable.Range(0, Callers).Select(_ => CallAsync(requests, victim, cancellation)));
        double[] sorted = [.. _latenciesMs.Order()];
        return new LoadReport(
            requests, _answered, _wrong, _retried, Percentile(sorted, 0.50), Percentile(sorted, 0.99),
            _unansweredAtKill,
            _victimServed, new SortedDictionary<string, int>(_engines, StringComparer.Ordinal), [.. _failures.Keys]);
    }

    /// <summary>Nearest rank; 0 when there is nothing.</summary>
    public static double Percentile(double[] sorted, double share) =>
        sorted.Length == 0 ? 0 : sorted[Math.Clamp((int)Math.Ceiling(share * sorted.Length) - 1, 0, sorted.Length - 1)];

    private async Task CallAsync(int requests, NodeProcess victim, CancellationToken cancellation)
    {
        while (Interlocked.Increment(ref _next) is var number && number <= requests)
        {
            long start = Stopwatch.GetTimestamp();
            Interlocked.Increment(ref _inFlight);
            try
            {
                using InferResult result = await client.InferAsync(model, [samples.Image(number)], null, cancellation);
                Count(result, number, victim);
                _latenciesMs.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
            }
            catch (NoodleException e)
            {
                _failures.TryAdd(e.Message, true);
            }
            finally
            {
                Interlocked.Decrement(ref _inFlight);
            }

            KillWhenDue(requests, victim);
        }
    }

    private void Count(InferResult result, int number, NodeProcess victim)
    {
        Interlocked.Increment(ref _answered);
        _engines.AddOrUpdate(result.Engine, 1, static (_, count) => count + 1);
        Interlocked.Add(ref _retried, result.ClientRetries + result.Attempts - 1);
        if (!samples.IsRight(number, result.Outputs))
        {
            Interlocked.Increment(ref _wrong);
        }

        if (result.Node == victim.Id && Volatile.Read(ref _killed) == 0)
        {
            Interlocked.Increment(ref _victimServed);
        }
    }

    private void KillWhenDue(int requests, NodeProcess victim)
    {
        int inFlight = Volatile.Read(ref _inFlight);
        if (_answered >= requests / 3 && _victimServed > 0 && inFlight >= LeastUnanswered &&
            Interlocked.Exchange(ref _killed, 1) == 0)
        {
            _unansweredAtKill = inFlight;
            victim.Kill();
        }
    }
}
