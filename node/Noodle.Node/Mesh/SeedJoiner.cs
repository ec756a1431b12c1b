using System.Net;
using NoodleNet.Discovery;

namespace Noodle.Node.Mesh;

/// <summary>Asks the nodes behind addresses for their state, several at once and none too often.</summary>
/// <remarks>Bound: <see cref="MaxAtOnce"/> addresses are asked at once, one task each; see
/// <see cref="SeedAttempts"/> for how often. Use: by one task.</remarks>
/// <param name="join">True when the node there answered.</param>
internal sealed class SeedJoiner(
    Func<IPEndPoint, CancellationToken, Task<bool>> join, SeedAttempts attempts, TimeProvider time)
{
    public const int MaxAtOnce = 16;

    private readonly long _origin = time.GetTimestamp();
    private readonly Dictionary<IPEndPoint, Task<bool>> _running = [];

    /// <summary>Asks there unless that is under way, was done just now, or too much is under way.</summary>
    /// <returns>True when it is asked.</returns>
    public bool Offer(IPEndPoint address, CancellationToken cancellation)
    {
        foreach ((IPEndPoint asked, Task<bool> task) in _running)
        {
            if (task.IsCompleted)
            {
                _running.Remove(asked);
                if (task is { IsCompletedSuccessfully: true, Result: true })
                {
                    attempts.Succeeded(asked);
                }
            }
        }

        var now = new Primitives.Instant(time.GetElapsedTime(_origin).Ticks * TimeSpan.NanosecondsPerTick);
        if (_running.Count >= MaxAtOnce || _running.ContainsKey(address) || !attempts.TryBegin(address, now))
        {
            return false;
        }

        _running[address] = join(address, cancellation);
        return true;
    }

    /// <summary>Waits for what is under way, whose caller has been told to end.</summary>
    public Task CloseAsync() => Task.WhenAll(_running.Values);
}
