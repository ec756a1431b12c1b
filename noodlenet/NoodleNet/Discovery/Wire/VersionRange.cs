namespace NoodleNet.Discovery.Wire;

/// <summary>The versions that every living node of a cluster understands.</summary>
/// <remarks>Meaning: highest least and lowest most of all that were taken in; each spoken version must lie
/// inside.</remarks>
internal struct VersionRange
{
    private byte _protocolMin, _delegateMin;
    private byte _protocolMax, _delegateMax;

    /// <summary>The range before anybody was taken in: everything.</summary>
    public static VersionRange Everything => new() { _protocolMax = byte.MaxValue, _delegateMax = byte.MaxValue };

    public void Include(ProtocolVersions versions)
    {
        _protocolMin = Math.Max(_protocolMin, versions.ProtocolMin);
        _protocolMax = Math.Min(_protocolMax, versions.ProtocolMax);
        _delegateMin = Math.Max(_delegateMin, versions.DelegateMin);
        _delegateMax = Math.Min(_delegateMax, versions.DelegateMax);
    }

    /// <summary>True when everybody understands what this node speaks; a node without versions speaks 0.</summary>
    public readonly bool Allows(ProtocolVersions? versions)
    {
        ProtocolVersions spoken = versions ?? default;
        return spoken.ProtocolCurrent >= _protocolMin && spoken.ProtocolCurrent <= _protocolMax
            && spoken.DelegateCurrent >= _delegateMin && spoken.DelegateCurrent <= _delegateMax;
    }
}
