using NoodleNet.State;

namespace NoodleNet.Runtime.Storage;

/// <summary>What came of reading the cluster state from disk.</summary>
public enum StateOutcome
{
    /// <summary>There was none: a first start.</summary>
    Missing,

    /// <summary>Its entries are in the map.</summary>
    Loaded,

    /// <summary>
    /// It was damaged and is now called <c>.damaged</c>. What was whole of it is in the map; peers bring the rest.
    /// </summary>
    Damaged,
}

/// <summary>The cluster state on disk. Owned by one caller at a time.</summary>
public interface IStateStore : IDisposable
{
    /// <summary>Opens it and merges what it holds into <paramref name="map"/>. Called once, before all else.</summary>
    /// <exception cref="StorageException">It cannot be used; the sentence says why and what to do.</exception>
    StateOutcome Load(LwwMap map);

    /// <summary>Writes entries in place of older ones of their keys: all of them or none.</summary>
    /// <param name="untilOnDisk">
    /// True: it returns when no loss of power can take them back. False: a loss of power may take back the last such
    /// writes, in their order, and nothing else; for what peers have too.
    /// </param>
    /// <exception cref="StorageException">The disk refuses; nothing is written.</exception>
    void Save(IReadOnlyCollection<LwwEntry> entries, bool untilOnDisk);

    /// <summary>Removes the rows of keys.</summary>
    /// <exception cref="StorageException">The disk refuses; nothing is removed.</exception>
    void Forget(IReadOnlyCollection<string> keys);
}
