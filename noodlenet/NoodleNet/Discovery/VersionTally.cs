using NoodleNet.Discovery.Wire;

namespace NoodleNet.Discovery;

/// <summary>How many members announce which versions: thousands of members, two or three sets of versions.</summary>
internal sealed class VersionTally
{
    /// <summary>Most different sets that members may bring; a mesh of one product has as many as it has releases.
    /// </summary>
    public const int MaxSets = 64;

    private readonly Dictionary<ProtocolVersions, int> _counts = [];

    public int Sets => _counts.Count;

    public bool Has(ProtocolVersions versions) => _counts.ContainsKey(versions);

    public void Add(ProtocolVersions versions, int count = 1)
    {
        int left = _counts.GetValueOrDefault(versions) + count;
        if (left == 0)
        {
            _counts.Remove(versions);
        }
        else
        {
            _counts[versions] = left;
        }
    }

    public void Remove(ProtocolVersions versions) => Add(versions, -1);

    // The order in which a dictionary is walked does not show in a highest and a lowest.
    public VersionRange Range()
    {
        VersionRange range = VersionRange.Everything;
        foreach (ProtocolVersions versions in _counts.Keys)
        {
            range.Include(versions);
        }

        return range;
    }

    public bool AllSpeakWithin(VersionRange range) => _counts.Keys.All(versions => range.Allows(versions));
}
