namespace NoodleNet.Trust;

/// <summary>What a node may be trusted with, each more than the one before.</summary>
public enum MeshRole : byte
{
    /// <summary>Sees state and charts.</summary>
    Viewer = 1,

    /// <summary>Calls models too.</summary>
    Caller = 2,

    /// <summary>Deploys and removes models too.</summary>
    Operator = 3,

    /// <summary>Holds the authority's key: admits nodes, revokes them and changes keys too.</summary>
    Admin = 4,
}
