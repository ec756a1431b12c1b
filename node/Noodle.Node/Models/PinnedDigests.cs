namespace Noodle.Node.Models;

/// <summary>Models that must stay although nothing is deployed under their digest yet. Safe for several
/// threads.</summary>
internal sealed class PinnedDigests
{
    private const string Any = ""; // no digest
    private readonly Lock _gate = new();
    private readonly Dictionary<string, int> _pins = new(StringComparer.Ordinal);

    public bool Contains(string digest)
    {
        lock (_gate)
        {
            return _pins.ContainsKey(digest);
        }
    }

    /// <summary>Keeps a digest until the result is disposed, once.</summary>
    public IDisposable Pin(string digest)
    {
        lock (_gate)
        {
            _pins[digest] = _pins.GetValueOrDefault(digest) + 1;
        }

        return new Hold(this, digest);
    }

    /// <summary>Keeps every digest from being deleted while a file comes in whose digest is not known yet.</summary>
    public IDisposable PinAll() => Pin(Any);

    /// <summary>Deletes unless something keeps it; nothing can be pinned meanwhile.</summary>
    public bool TryDelete(string digest, Func<string, bool> delete)
    {
        lock (_gate)
        {
            return !_pins.ContainsKey(digest) && !_pins.ContainsKey(Any) && delete(digest);
        }
    }

    private void Unpin(string digest)
    {
        lock (_gate)
        {
            if (--_pins[digest] == 0)
            {
                _pins.Remove(digest);
            }
        }
    }

    private sealed class Hold(PinnedDigests owner, string digest) : IDisposable
    {
        private PinnedDigests? _owner = owner;

        public void Dispose() => Interlocked.Exchange(ref _owner, null)?.Unpin(digest);
    }
}
