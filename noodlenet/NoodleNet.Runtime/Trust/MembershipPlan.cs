namespace NoodleNet.Runtime.Trust;

/// <summary>What a node does to be a member.</summary>
internal enum MembershipStep
{
    /// <summary>It is one already.</summary>
    Load,

    /// <summary>Its certificate is over, or nearly so, and it signs a new one itself.</summary>
    Renew,

    /// <summary>It asks with its token; with its old key if it has one.</summary>
    Join,

    /// <summary>It makes a mesh of its own.</summary>
    Found,

    /// <summary>The token is for another mesh than the credentials.</summary>
    RefuseOtherMesh,

    /// <summary>It has only an expired token.</summary>
    RefuseExpiredToken,

    /// <summary>Its certificate is over, and no token gets it a new one.</summary>
    RefuseExpiredCertificate,

    /// <summary>It may not found, and has no token.</summary>
    RefuseNoToken,
}

/// <summary>What the disk says.</summary>
/// <param name="Mesh">The mesh of the credentials; null when there are none.</param>
/// <param name="IsAdmin">The authority's key lies here.</param>
/// <param name="CertificateEnds">When the node's certificate is over.</param>
/// <param name="TokenMesh">The mesh of the token; null when there is none.</param>
/// <param name="TokenEnds">When the token is over.</param>
internal readonly record struct MembershipFacts(
    MeshId? Mesh, bool IsAdmin, DateTimeOffset CertificateEnds,
    MeshId? TokenMesh, DateTimeOffset TokenEnds, bool MayFound, DateTimeOffset Now)
{
    /// <summary>An admin renews its own certificate when less than this is left.</summary>
    public static readonly TimeSpan RenewBefore = MeshAuthority.NodeLifetime / 3;

    /// <summary>The decision, from the facts alone.</summary>
    public MembershipStep Decide()
    {
        bool tokenIsGood = TokenMesh is not null && Now < TokenEnds;
        if (Mesh is { } mesh)
        {
            bool over = Now >= CertificateEnds;
            return TokenMesh is { } other && other != mesh ? MembershipStep.RefuseOtherMesh
                : IsAdmin ? Now + RenewBefore >= CertificateEnds ? MembershipStep.Renew : MembershipStep.Load
                : !over ? MembershipStep.Load
                : tokenIsGood ? MembershipStep.Join
                : MembershipStep.RefuseExpiredCertificate;
        }

        return tokenIsGood ? MembershipStep.Join
            : TokenMesh is not null ? MembershipStep.RefuseExpiredToken
            : MayFound ? MembershipStep.Found
            : MembershipStep.RefuseNoToken;
    }
}
