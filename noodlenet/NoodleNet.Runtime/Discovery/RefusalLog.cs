using Microsoft.Extensions.Logging;

namespace NoodleNet.Runtime.Discovery;

/// <summary>Lets one line a second of each kind into the log: a stranger must not fill it.</summary>
/// <remarks>Bound: the kinds, which are constants, names of enum values and of query handlers. For use from any
/// thread.</remarks>
internal sealed class RefusalLog(TimeProvider time, ILogger log)
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);
    private readonly Lock _gate = new();
    private readonly Dictionary<string, (long Since, int Suppressed)> _kinds = new(StringComparer.Ordinal);

    /// <summary>True when a line of this kind may be written; says first how many were not.</summary>
    public bool MayTell(string kind)
    {
        int suppressed;
        lock (_gate)
        {
            bool known = _kinds.TryGetValue(kind, out var last);
            if (known && time.GetElapsedTime(last.Since) < Pause)
            {
                _kinds[kind] = last with { Suppressed = last.Suppressed + 1 };
                return false;
            }

            suppressed = last.Suppressed;
            _kinds[kind] = (time.GetTimestamp(), 0);
        }

        if (suppressed != 0)
        {
            Log.RefusalsSuppressed(log, suppressed, kind);
        }

        return true;
    }
}
