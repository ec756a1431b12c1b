using System.Net;
using Noodle.Client.Control;
using Noodle.Node.Mesh;
using Noodle.Node.Options;
using Noodle.Primitives;
using NoodleNet.Discovery;
using NoodleNet.Runtime.Storage;
using NoodleNet.Runtime.Trust;
using NoodleNet.Trust;

namespace Noodle.Node.Trust;

/// <summary>Why a control action on trust was not done.</summary>
internal enum TrustRefusal
{
    /// <summary>It was done.</summary>
    None,

    /// <summary>What was asked for makes no sense.</summary>
    Invalid,

    /// <summary>This node is no admin.</summary>
    NotAdmin,

    /// <summary>There is no such token or node.</summary>
    Unknown,

    /// <summary>It cannot be done now.</summary>
    Failed,
}

/// <summary>What came of a control action; the message is one sentence for a person.</summary>
internal readonly record struct TrustResult<T>(TrustRefusal Refusal, string Message, T? Value)
    where T : class
{
    public static implicit operator TrustResult<T>(T value) => new(TrustRefusal.None, "", value);

    public static TrustResult<T> Refuse(TrustRefusal refusal, string message) => new(refusal, message, null);
}

/// <summary>What people do about trust: tokens, admission, revocation, gossip keys. Only an admin node does
/// it.</summary>
internal sealed class TrustControl(
    TrustParts parts, MeshPeers peers, Func<IReadOnlyList<Stranger>> strangers, TimeProvider time)
{
    internal static readonly TimeSpan LongestLifetime = TimeSpan.FromDays(365);
    internal const int MostUses = 100_000;

    internal TrustParts Parts => parts;

    private MeshMembership Membership => parts.Membership;

    private MeshTrust Trust => Membership.Trust;

    /// <summary>This node's place in the mesh's trust.</summary>
    public TrustInfo Describe() => new()
    {
        Mesh = Membership.Credentials.Mesh.ToString(),
        Fingerprint = Trust.Fingerprint.ToString(),
        Node = Membership.Credentials.Node.ToString(),
        Role = TextOf(Membership.Credentials.Role),
        CertificateEnds = Membership.Credentials.Certificate.NotAfter.ToUniversalTime(),
        HoldsAuthority = Membership.Registrar is not null,
        Admins = [.. Trust.Admitted.Where(node => node.Role == MeshRole.Admin && Trust.RevokedAt(node.Node) is null)
            .Select(node => node.Node.ToString())],
    };

    public TrustResult<NewTokenInfo> CreateToken(TimeSpan lifetime, int uses, string role)
    {
        if (lifetime < TimeSpan.FromSeconds(1) || lifetime > LongestLifetime)
        {
            return TrustResult<NewTokenInfo>.Refuse(
                TrustRefusal.Invalid, $"A token lasts from 1 second to {LongestLifetime.TotalDays:0} days.");
        }

        if (uses is < 0 or > MostUses || !TryParseRole(role, out MeshRole known))
        {
            return TrustResult<NewTokenInfo>.Refuse(TrustRefusal.Invalid, uses is < 0 or > MostUses
                ? $"A token admits 1 to {MostUses} nodes, or any number with 0."
                : RolesSentence(role));
        }

        return AsAdmin<NewTokenInfo>(registrar =>
        {
            MeshToken token = registrar.CreateToken(lifetime, known, uses);
            return new NewTokenInfo
            {
                Id = TrustKeys.TextOf(token.Id), Role = TextOf(known), Uses = uses, Expires = token.Expires,
                Token = token.ToSecretText(),
            };
        });
    }

    public IReadOnlyList<TokenInfo> ListTokens() =>
        [.. Trust.Tokens.OrderBy(token => token.Expires).ThenBy(token => token.Id).Select(token => new TokenInfo
        {
            Id = TrustKeys.TextOf(token.Id),
            Role = TextOf(token.Role),
            Uses = (int)token.MaxUses,
            Used = Trust.CountUses(token.Id),
            Expires = token.Expires,
            State = Trust.IsTokenRevoked(token.Id) ? TokenStates.Revoked
                : token.Expires <= time.GetUtcNow() ? TokenStates.Expired
                : token.MaxUses > 0 && Trust.CountUses(token.Id) >= token.MaxUses ? TokenStates.UsedUp
                : TokenStates.Valid,
        })];

    public TrustResult<object> RevokeToken(string id) => !TrustKeys.TryParseId(id, out ulong number)
        ? TrustResult<object>.Refuse(
            TrustRefusal.Invalid, "A token's id has 16 hexadecimal digits; `noodle token ls` lists them.")
        : AsAdmin<object>(registrar => registrar.RevokeToken(number) ? new object()
            : TrustResult<object>.Refuse(
                TrustRefusal.Unknown, $"No valid token has the id {id}; `noodle token ls` lists them."));

    public TrustResult<object> RevokeNode(string name)
    {
        if (!TryFindAdmitted(name, out NodeId node))
        {
            return TrustResult<object>.Refuse(
                TrustRefusal.Unknown, $"No admitted node is named '{Clean(name)}'; `noodle nodes` lists them.");
        }

        return node == Membership.Credentials.Node
            ? TrustResult<object>.Refuse(
                TrustRefusal.Invalid, "A node does not revoke itself; do it at another admin node.")
            : AsAdmin<object>(registrar => parts.Revoke(registrar, node) ? new object()
                : TrustResult<object>.Refuse(TrustRefusal.Unknown, $"Node {node} is revoked already."));
    }

    public GossipKeysInfo DescribeKeys()
    {
        GossipRingRecord? ring = Trust.Ring;
        return new GossipKeysInfo
        {
            Epoch = ring?.Epoch ?? 0,
            Phase = (ring?.Phase ?? RingPhase.Settled).ToString().ToLowerInvariant(),
            Keys = [.. Membership.Credentials.GossipKeys.Select(NameOf)],
            Nodes = [.. peers.Members.Where(member => member.State is NodeState.Alive or NodeState.Suspect)
                .OrderBy(member => member.Node)
                .Select(member => new GossipKeyNodeInfo
                {
                    Node = member.Node.ToString(),
                    Epoch = member.Node == Membership.Credentials.Node ? parts.Keys.Epoch
                        : peers.TryGetLoad(member.Node, out var load) ? load.Status.GossipEpoch : null,
                })],
        };
    }

    public TrustResult<GossipKeysInfo> RotateKeys() => AsAdmin<GossipKeysInfo>(_ => parts.Keys.TryRotate()
        ? DescribeKeys()
        : TrustResult<GossipKeysInfo>.Refuse(TrustRefusal.Failed, "A change of the key waits already; try later."));

    /// <summary>Nodes that wait to be admitted, as far as multicast tells.</summary>
    public IReadOnlyList<WaitingInfo> ListWaiting() =>
        [.. strangers().Where(stranger => stranger.WantsAdmission).Select(stranger => new WaitingInfo
        {
            Node = stranger.Node.ToString(),
            Address = new IPEndPoint(stranger.Address, stranger.LinkPort).ToString(),
            Fingerprint = stranger.Fingerprint?.ToString(),
        })];

    /// <summary>Looks at a waiting node, or with the fingerprint that a person compared admits it.</summary>
    /// <param name="name">Node id, short name or <c>host:port</c>.</param>
    public async Task<TrustResult<AdmittedInfo>> AdmitAsync(
        string name, string? fingerprint, string role, CancellationToken cancellation)
    {
        static TrustResult<AdmittedInfo> Refuse(TrustRefusal refusal, string message) =>
            TrustResult<AdmittedInfo>.Refuse(refusal, message);

        TypedFingerprint compared = default;
        if (fingerprint is not null && !TypedFingerprint.TryParse(fingerprint, out compared))
        {
            return Refuse(TrustRefusal.Invalid,
                "A fingerprint has four groups of four letters, such as ABCD-EFGH-2345-WXYZ; its own node shows it.");
        }

        if (!TryParseRole(role, out MeshRole known))
        {
            return Refuse(TrustRefusal.Invalid, RolesSentence(role));
        }

        if (Membership.Registrar is not { } registrar)
        {
            return Refuse(TrustRefusal.NotAdmin, NotAdminSentence());
        }

        if (MeshAddress.FindFault(name) is { } fault)
        {
            return Refuse(TrustRefusal.Invalid, $"{char.ToUpperInvariant(fault[0])}{fault[1..]}.");
        }

        IReadOnlyList<IPEndPoint> addresses = await FindAsync(name, cancellation);
        if (addresses.Count != 1)
        {
            return Refuse(TrustRefusal.Unknown, addresses.Count == 0
                ? $"No node '{Clean(name)}' waits nearby; start `noodle join` there, or name its HOST:PORT."
                : $"More than one node '{Clean(name)}' waits; name the HOST:PORT of the one you mean.");
        }

        var client = new AdmissionClient(Membership.Credentials, registrar, time);
        try
        {
            AdmissionOutcome outcome = fingerprint is null
                ? await client.LookAsync(addresses[0], cancellation)
                : await client.AdmitAsync(addresses[0], compared, known, cancellation);
            return outcome.Fault == AdmissionFault.None
                ? new AdmittedInfo
                {
                    Node = outcome.Node.ToString(), Address = addresses[0].ToString(),
                    Fingerprint = outcome.Fingerprint.ToString(), Mesh = Trust.Fingerprint.ToString(),
                    Admitted = fingerprint is not null,
                }
                : Refuse(TrustRefusal.Failed, SentenceOf(outcome, addresses[0]));
        }
        catch (StorageException e)
        {
            return Refuse(TrustRefusal.Failed, e.Message);
        }
    }

    private async Task<IReadOnlyList<IPEndPoint>> FindAsync(string name, CancellationToken cancellation)
    {
        IPEndPoint[] heard = [.. strangers()
            .Where(stranger => stranger.WantsAdmission && stranger.LinkPort != 0
                && (stranger.Node.ToString() == name || stranger.Node.ShortName == name))
            .Select(stranger => new IPEndPoint(stranger.Address, stranger.LinkPort))
            .Distinct()];
        bool isAddress = name.Contains(':', StringComparison.Ordinal);
        return heard.Length > 0 || !isAddress ? heard
            : [.. (await MeshAddress.ResolveAsync(name, cancellation)).Take(1)];
    }

    private string SentenceOf(AdmissionOutcome outcome, IPEndPoint address) => outcome.Fault switch
    {
        AdmissionFault.Unreachable => $"No node waits to be admitted at {address}; start `noodle join` there.",
        AdmissionFault.OtherFingerprint => $"The node at {address} has the fingerprint {outcome.Fingerprint}, not the "
            + "one given: compare it with what its own screen shows. Nothing was sent to it.",
        AdmissionFault.Declined => $"Its operator did not confirm this mesh, whose fingerprint is {Trust.Fingerprint}.",
        AdmissionFault.Busy => $"The node at {address} considers the offer of another mesh; try again.",
        AdmissionFault.Refused => $"Node {outcome.Node} cannot be admitted ({outcome.Reason}); "
            + "let it start with a new --data folder.",
        AdmissionFault.NotTaken => $"The node at {address} did not take its certificate; are both clocks right?",
        _ => $"Nobody confirmed mesh {Trust.Fingerprint} at the waiting node in time; try again.",
    };

    private TrustResult<T> AsAdmin<T>(Func<MeshRegistrar, TrustResult<T>> act)
        where T : class
    {
        if (Membership.Registrar is not { } registrar)
        {
            return TrustResult<T>.Refuse(TrustRefusal.NotAdmin, NotAdminSentence());
        }

        try
        {
            return act(registrar);
        }
        catch (Exception e) when (e is TrustException or StorageException)
        {
            return TrustResult<T>.Refuse(TrustRefusal.Failed, e.Message);
        }
    }

    private string NotAdminSentence()
    {
        string[] admins = [.. Describe().Admins];
        return "This node is no admin of the mesh" + (admins.Length == 0 ? "; do it at the node that founded it."
            : $"; do it at {string.Join(" or ", admins.Take(3))}.");
    }

    private bool TryFindAdmitted(string name, out NodeId node)
    {
        NodeId[] found = [.. Trust.Admitted.Select(admitted => admitted.Node)
            .Where(admitted => admitted.ToString() == name || admitted.ShortName == name)];
        node = found.Length == 1 ? found[0] : default;
        return found.Length == 1;
    }

    private static bool TryParseRole(string text, out MeshRole role)
    {
        role = Enum.GetValues<MeshRole>().FirstOrDefault(each => TextOf(each) == text);
        return Enum.IsDefined(role);
    }

    private static string RolesSentence(string role) => $"'{Clean(role)}' is no role; roles are "
        + string.Join(", ", Enum.GetValues<MeshRole>().Select(TextOf)) + ".";

    private static string TextOf(MeshRole role) => role.ToString().ToLowerInvariant();

    // A name for a key that tells nothing of it.
    private static string NameOf(ReadOnlyMemory<byte> key) =>
        Convert.ToHexStringLower(System.Security.Cryptography.HMACSHA256.HashData(key.Span, "noodle key name"u8))[..12];

    private static string Clean(string text) =>
        string.Concat(text.Take(100).Select(c => char.IsControl(c) ? '?' : c));
}
