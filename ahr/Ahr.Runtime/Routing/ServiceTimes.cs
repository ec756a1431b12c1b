using System.Collections.Concurrent;
using Ahr.Planning;

namespace Ahr.Runtime;

/// <summary>Service times of models, learned from answers of every node.</summary>
/// <remarks>Bound: 4,096 models; beyond that all are forgotten and learned again.</remarks>
internal sealed class ServiceTimes
{
    private const int MostModels = 4_096;

    private readonly ConcurrentDictionary<string, ServiceTimeEstimate> _estimates = new(StringComparer.Ordinal);

    public ServiceTimeEstimate Get(string digest) => _estimates.GetValueOrDefault(digest);

    public void Learn(string digest, TimeSpan compute)
    {
        long microseconds = (long)compute.TotalMicroseconds;
        if (_estimates.Count >= MostModels && !_estimates.ContainsKey(digest))
        {
            _estimates.Clear();
        }

        _estimates.AddOrUpdate(
            digest,
            static (_, sample) => default(ServiceTimeEstimate).With(sample),
            static (_, old, sample) => old.With(sample),
            microseconds);
    }
}
