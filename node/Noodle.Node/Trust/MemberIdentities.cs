using Noodle.Primitives;
using NoodleNet.Discovery;
using NoodleNet.Runtime.Trust;
using NoodleNet.Trust;

namespace Noodle.Node.Trust;

/// <summary>Tells from gossip alone which members are who they say.</summary>
/// <remarks>
/// Meaning: the shared gossip key lets anybody who has it announce members; a member's own signature, with the key that
/// the authority admitted, is what makes it a candidate for a connection. TLS then proves it.
/// Bound: one remembered check a member, <see cref="MaxChecks"/> in all; past that all are forgotten and checked anew.
/// Cost: one signature check for each new claim, nothing for one that was seen. Safe for several threads.
/// </remarks>
internal sealed class MemberIdentities(NodeId self, MeshTrust trust)
{
    internal const int MaxChecks = 20_000;

    private readonly Lock _gate = new();
    private readonly Dictionary<NodeId, Check> _checks = [];

    private readonly record struct Check(string Tag, int Port, bool IsSound, byte[] KeyHash);

    public MemberIdentity Of(RegistryEntry member)
    {
        if (member.Node == self)
        {
            return MemberIdentity.Verified;
        }

        if (trust.RevokedAt(member.Node) is not null)
        {
            return MemberIdentity.Revoked;
        }

        if (!member.Tags.TryGetValue(MetaIdentity.Tag, out string? tag))
        {
            // An agent of Serf makes no claim; a node that says it is ours and makes none is not in order.
            return Mesh.MemberTags.LinkAddressOf(member) is null ? MemberIdentity.Stranger : MemberIdentity.Unverified;
        }

        Check check = CheckOf(member, tag);
        return !check.IsSound ? MemberIdentity.Unverified
            : !trust.TryGetAdmitted(member.Node, out AdmittedRecord? admitted) ? MemberIdentity.Claimed
            : admitted.KeyHash.Span.SequenceEqual(check.KeyHash) ? MemberIdentity.Verified
            : MemberIdentity.Unverified;
    }

    private Check CheckOf(RegistryEntry member, string tag)
    {
        int port = member.GossipEndPoint.Port;
        lock (_gate)
        {
            if (_checks.TryGetValue(member.Node, out Check known) && known.Port == port && known.Tag == tag)
            {
                return known;
            }
        }

        bool isRead = MetaIdentity.TryRead(tag, out MetaIdentity? identity);
        bool isSound = isRead && identity!.IsFor(trust.Mesh, member.Node, (ushort)port);
        var check = new Check(tag, port, isSound, isSound ? identity!.KeyHash : []);
        lock (_gate)
        {
            if (_checks.Count >= MaxChecks)
            {
                _checks.Clear();
            }

            _checks[member.Node] = check;
        }

        return check;
    }
}
