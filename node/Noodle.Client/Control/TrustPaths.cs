namespace Noodle.Client.Control;

/// <summary>Where the control API of trust lies under a node's HTTP address.</summary>
/// <remarks>
/// <c>GET trust</c> answers a <see cref="TrustInfo"/>. <c>GET tokens</c> lists; <c>POST tokens</c> takes a
/// <see cref="NewToken"/> and answers a <see cref="NewTokenInfo"/>, the only answer with a secret; <c>DELETE
/// tokens/{id}</c>
/// revokes. <c>POST revocations/{node}</c> revokes a node. <c>GET gossip-keys</c> tells how far a change has come,
/// <c>POST
/// gossip-keys</c> begins one. <c>GET admissions</c> lists who waits; <c>POST admissions</c> takes a
/// <see cref="NewAdmission"/>: without a fingerprint it looks, with the one that a person compared it admits.
/// Every failure is an <see cref="ErrorInfo"/>: 400 wrong input, 403 the node is no admin, 404 unknown, 409 not now.
/// </remarks>
public static class TrustPaths
{
    public const string Trust = "/noodle/v1/trust";

    public const string Tokens = "/noodle/v1/tokens";

    public const string Revocations = "/noodle/v1/revocations";

    public const string GossipKeys = "/noodle/v1/gossip-keys";

    public const string Admissions = "/noodle/v1/admissions";
}
