namespace NoodleNet.Link.Calls;

/// <summary>What calls of each kind take; when there are too many kinds, the one not used for longest is
/// forgotten.</summary>
/// <remarks>Bound: the given number of kinds. Cost: 1.4 KB a kind.</remarks>
public sealed class LatencyTable(int maxKinds)
{
    private readonly Dictionary<string, LinkedListNode<(string Kind, LatencyQuantile Latency)>> _byKind =
        new(StringComparer.Ordinal);

    private readonly LinkedList<(string Kind, LatencyQuantile Latency)> _byUse = new(); // the last used comes last

    public int Count => _byKind.Count;

    /// <summary>The time within which 95 of 100 calls of a kind were answered; null while too few were.</summary>
    public TimeSpan? P95(string kind) => _byKind.TryGetValue(kind, out var entry) ? entry.Value.Latency.P95 : null;

    public void Add(string kind, TimeSpan latency)
    {
        if (_byKind.TryGetValue(kind, out LinkedListNode<(string Kind, LatencyQuantile Latency)>? entry))
        {
            _byUse.Remove(entry);
            _byUse.AddLast(entry);
        }
        else
        {
            if (_byKind.Count >= maxKinds)
            {
                _byKind.Remove(_byUse.First!.Value.Kind);
                _byUse.RemoveFirst();
            }

            entry = _byKind[kind] = _byUse.AddLast((kind, new LatencyQuantile()));
        }

        entry.Value.Latency.Add(latency);
    }
}
