using System.Net;
using System.Runtime.InteropServices;
using NoodleNet.Discovery.Wire;

namespace NoodleNet.Discovery;

/// <summary>Keeps one copy of what each member says of itself, however many views hold it.</summary>
/// <remarks>
/// Meaning: each <see cref="SwimMachine"/> has one of its own, unless several machines of one thread (a simulation) are
/// handed the same. Bound: what the views hold, which their tables bound; what the last view lets go is forgotten.
/// Cost: about 250 bytes a member here, 20 a view there.
/// </remarks>
public sealed class MemberPool
{
    private readonly Dictionary<string, int> _latest = new(StringComparer.Ordinal);
    private readonly List<(MemberIdentity? Identity, int Views)> _entries = [];
    private readonly Stack<int> _free = new();

    /// <summary>Identities held by at least one view.</summary>
    public int Count => _entries.Count - _free.Count;

    internal MemberIdentity this[int id] => _entries[id].Identity!;

    /// <summary>The number of what a member says, with one more view on it.</summary>
    internal int Take(string name, IPEndPoint endpoint, ReadOnlyMemory<byte> meta, ProtocolVersions versions)
    {
        ref int latest = ref CollectionsMarshal.GetValueRefOrAddDefault(_latest, name, out bool known);
        if (!known || !this[latest].Says(endpoint, meta, versions))
        {
            // A view that still holds the old words keeps them; newcomers share the new ones.
            latest = Store(new MemberIdentity(known ? this[latest].Name : name, endpoint, meta, versions));
        }

        CollectionsMarshal.AsSpan(_entries)[latest].Views++;
        return latest;
    }

    internal void Release(int id)
    {
        ref (MemberIdentity? Identity, int Views) entry = ref CollectionsMarshal.AsSpan(_entries)[id];
        if (--entry.Views > 0)
        {
            return;
        }

        string name = entry.Identity!.Name;
        entry.Identity = null;
        _free.Push(id);
        if (_latest.TryGetValue(name, out int latest) && latest == id)
        {
            _latest.Remove(name);
        }
    }

    private int Store(MemberIdentity identity)
    {
        if (!_free.TryPop(out int id))
        {
            id = _entries.Count;
            _entries.Add(default);
        }

        _entries[id] = (identity, 0);
        return id;
    }
}
