using Google.Protobuf;
using Microsoft.Extensions.Logging;
using Noodle.Node.Mesh;
using Noodle.Primitives;
using NoodleNet.Link;
using NoodleNet.Link.Calls;
using NoodleNet.Runtime.Link;
using NoodleNet.Runtime.Link.Calls;
using NoodleNet.Runtime.Storage;
using NoodleNet.Runtime.Trust;
using NoodleNet.Talk;
using NoodleNet.Trust;

namespace Noodle.Node.Trust;

/// <summary>What nodes ask of each other about membership, over NoodleLink.</summary>
/// <remarks>
/// Meaning: only an admin decides and only an admin gets the authority's key; what a node is, says the record that the
/// authority signed, not the node. An admin that does not answer, or not well, is left for the next; an admission asked
/// twice is one admission.
/// Bound: 10 s a question, 5 s an admin; each connected admin answers at most once.
/// </remarks>
internal sealed class TrustTalk(MeshMembership membership, MeshPeers peers, LinkCaller caller, ILogger log)
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    /// <summary>False for a node whose record says that it only looks.</summary>
    public bool MayCall(NodeId node) =>
        !membership.Trust.TryGetAdmitted(node, out AdmittedRecord? admitted) || admitted.Role >= MeshRole.Caller;

    /// <summary>False for a node whose record says that it changes nothing.</summary>
    public bool MayRunPrograms(NodeId node) =>
        !membership.Trust.TryGetAdmitted(node, out AdmittedRecord? admitted) || admitted.Role >= MeshRole.Operator;

    /// <summary>Serves one question of a peer.</summary>
    public async ValueTask ServeAsync(LinkIncoming incoming, CancellationToken cancellation)
    {
        if (membership.Registrar is not { } registrar)
        {
            await incoming.ReplyAsync(LinkStatus.Unavailable, "", default, [], cancellation);
            return;
        }

        if (incoming.Head.Method == TalkIntents.TrustAuthority)
        {
            byte[]? key = registrar.ExportKeyFor(incoming.Peer.Node);
            Log.AuthorityAsked(log, incoming.Peer.Node.ToString(), key is not null);
            byte[] answer = key is null ? []
                : new AuthorityAnswer { Key = ByteString.CopyFrom(key) }.ToByteArray();
            await incoming.ReplyAsync(
                key is null ? LinkStatus.Refused : LinkStatus.Ok, "", answer, [], cancellation);
            return;
        }

        AdmissionRequest ask = AdmissionRequest.Parser.ParseFrom(incoming.Header.Span);
        AdmissionReply reply = Decide(registrar, ask);
        Log.AdmissionDecided(log, incoming.Peer.Node.ToString(), reply.Fault);
        var told = new AdmissionAnswer
        {
            Fault = (uint)reply.Fault, Certificate = ByteString.CopyFrom(reply.Certificate ?? []),
        };
        await incoming.ReplyAsync(LinkStatus.Ok, "", told.ToByteArray(), [], cancellation);
    }

    /// <summary>Has an admin of the mesh decide.</summary>
    public async Task<AdmissionReply> AskAdminAsync(AdmissionAsk ask, CancellationToken cancellation)
    {
        byte[] header = new AdmissionRequest
        {
            Request = ByteString.CopyFrom(ask.Request),
            ServerHash = ByteString.CopyFrom(ask.ServerHash),
            Nonce = ByteString.CopyFrom(ask.Nonce),
        }.ToByteArray();
        AdmissionReply? decided = await AskAsync(
            new LinkRequest { Head = HeadOf(TalkIntents.TrustAdmit), Header = header },
            static answer => TryRead(answer.Span, out AdmissionReply reply) ? reply : null, cancellation);
        return decided ?? new AdmissionReply(JoinFault.NotAnAuthority, null);
    }

    /// <summary>Gets the authority's key, where this node's own record says that it is an admin.</summary>
    public Task<byte[]?> AskForAuthorityAsync(CancellationToken cancellation) => AskAsync(
        new LinkRequest { Head = HeadOf(TalkIntents.TrustAuthority) }, static answer => TryReadKey(answer.Span),
        cancellation);

    // The first good answer; who answers otherwise is not asked again.
    private async Task<T?> AskAsync<T>(
        LinkRequest request, Func<ReadOnlyMemory<byte>, T?> read, CancellationToken cancellation)
        where T : class
    {
        List<NodeId> admins = ConnectedAdmins();
        while (admins.Count > 0)
        {
            using LinkCallResult result = await caller.CallAsync(admins, request, isIdempotent: true, cancellation);
            if (result is { Verdict: CallVerdict.Answered, Reply.Status: LinkStatus.Ok }
                && read(result.Reply.Header) is { } answer)
            {
                return answer;
            }

            Log.AdminSilent(log, result.Peer.ToString(), result.Verdict, result.Reply.Status);
            if (result.Verdict != CallVerdict.Answered)
            {
                return null; // the others were tried already
            }

            admins.Remove(result.Peer);
        }

        return null;
    }

    private static LinkHead HeadOf(string intent) => new(intent, s_patience, Priority: LinkPriority.High);

    private static bool TryRead(ReadOnlySpan<byte> header, out AdmissionReply reply)
    {
        reply = new AdmissionReply(JoinFault.BadAnswer, null);
        try
        {
            AdmissionAnswer answer = AdmissionAnswer.Parser.ParseFrom(header);
            var fault = (JoinFault)(byte)answer.Fault;
            bool known = answer.Fault < (uint)JoinFault.Unreachable && Enum.IsDefined(fault);
            reply = known
                ? new AdmissionReply(fault, fault == JoinFault.None ? answer.Certificate.ToByteArray() : null)
                : reply;
            return known;
        }
        catch (InvalidProtocolBufferException)
        {
            return false;
        }
    }

    private static byte[]? TryReadKey(ReadOnlySpan<byte> header)
    {
        try
        {
            return AuthorityAnswer.Parser.ParseFrom(header).Key.ToByteArray();
        }
        catch (InvalidProtocolBufferException)
        {
            return null;
        }
    }

    private AdmissionReply Decide(MeshRegistrar registrar, AdmissionRequest ask)
    {
        try
        {
            return registrar.Decide(new AdmissionAsk(
                ask.Request.ToByteArray(), ask.ServerHash.ToByteArray(), ask.Nonce.ToByteArray()));
        }
        catch (StorageException e)
        {
            Log.TrustNotKept(log, e.Message);
            return new AdmissionReply(JoinFault.Storage, null);
        }
    }

    private List<NodeId> ConnectedAdmins()
    {
        var admins = new List<NodeId>();
        NodeId self = membership.Credentials.Node;
        foreach (AdmittedRecord admin in membership.Trust.Admitted)
        {
            if (admin.Role == MeshRole.Admin && admin.Node != self && membership.Trust.RevokedAt(admin.Node) is null
                && peers.TryGetLink(admin.Node, out _))
            {
                admins.Add(admin.Node);
            }
        }

        return admins;
    }
}
