using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging;
using NoodleNet.Runtime.Storage;
using NoodleNet.Trust;

namespace NoodleNet.Runtime.Trust;

/// <summary>Carries out what <see cref="MembershipFacts.Decide"/> decides, in one node's folder.</summary>
internal sealed class MembershipOpening(
    NodeFolder folder, MembershipOptions options, IAsyncEnumerable<IPEndPoint> candidates,
    TimeProvider clock, ILogger logger)
{
    private readonly string _tokenPath = options.TokenPath ?? folder.TokenPath;
    private readonly MembershipFiles _files = new(folder.FolderPath);

    public async Task<MeshMembership> RunAsync(CancellationToken cancellation)
    {
        NodeCredentials? old = NodeCredentials.Load(_files.Credentials, folder.Node, clock);
        MeshTrust? trust = old is null ? null : new MeshTrust(old.Authority);
        MeshRegistrar? registrar = old is null ? null : LoadRegistrar(old, trust!);
        MeshToken? token = MeshToken.Load(_tokenPath);
        DateTimeOffset now = clock.GetUtcNow();
        var facts = new MembershipFacts(
            old?.Mesh, registrar is not null, old is null ? default(DateTimeOffset) : old.Certificate.NotAfter,
            token?.Mesh, token?.Expires ?? default, options.MayFound, now);
        MembershipStep step = facts.Decide();
        switch (step)
        {
            case MembershipStep.Load:
            case MembershipStep.Renew:
                RefreshToken(registrar, token);
                var member = new MeshMembership(old!, trust!, registrar, MembershipOrigin.Loaded, _files);
                if (step == MembershipStep.Renew)
                {
                    Renew(member, registrar!);
                }

                return member;
            case MembershipStep.Found:
                if (options.BeforeFounding is { } ask)
                {
                    await ask(cancellation);
                }

                // Another node on this machine may found at the same time: whose token file is there first wins.
                return Found() ?? await JoinAsync(MeshToken.Load(_tokenPath)!, null, cancellation);
            case MembershipStep.Join:
                trust?.Dispose();
                return await JoinAsync(token!, old, cancellation);
            default:
                string sentence = Sentence(step, old, token);
                registrar?.Dispose();
                trust?.Dispose();
                old?.Dispose();
                throw new TrustException(sentence);
        }
    }

    private MeshRegistrar? LoadRegistrar(NodeCredentials credentials, MeshTrust trust)
    {
        if (MeshAuthority.Load(_files.Authority, clock) is not { } authority)
        {
            return null;
        }

        if (authority.Mesh != credentials.Mesh)
        {
            throw new StorageException($"'{_files.Authority}' and '{_files.Credentials}' are of two meshes; "
                + "bring both back from one backup.");
        }

        foreach ((string key, byte[] value) in LedgerFile.Load(_files.Ledger))
        {
            if (trust.Merge(key, value) is TrustFault.Malformed or TrustFault.Key or TrustFault.Unsigned)
            {
                throw new StorageException(
                    $"The file '{_files.Ledger}' is damaged ('{key}'); bring it back from a backup.");
            }
        }

        return new MeshRegistrar(authority, trust, _files.Ledger, clock);
    }

    private void RefreshToken(MeshRegistrar? registrar, MeshToken? token)
    {
        if (registrar is not null && (token is null || !registrar.Honours(token)))
        {
            registrar.CreateToken(options.TokenLifetime).Save(_tokenPath);
            Log.TokenWritten(logger, _tokenPath);
        }
    }

    private static void Renew(MeshMembership member, MeshRegistrar registrar)
    {
        using ECDsa key = member.Credentials.Certificate.GetECDsaPrivateKey()!;
        using X509Certificate2 issued = registrar.IssueOwn(key, member.Credentials.Node);
        if (!member.TryRenew(issued.RawData))
        {
            throw new TrustException("This node cannot renew its own certificate; is its clock right?");
        }
    }

    /// <summary>Makes a mesh; null, and nothing is left of it, when another node wrote the token file first.</summary>
    internal MeshMembership? Found()
    {
        MeshAuthority authority = MeshAuthority.Create(clock);
        X509Certificate2 root = X509CertificateLoader.LoadCertificate(authority.Certificate.RawData);
        var trust = new MeshTrust(root);
        var registrar = new MeshRegistrar(authority, trust, _files.Ledger, clock);
        MeshToken token = registrar.CreateToken(options.TokenLifetime);
        authority.Save(_files.Authority);
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        byte[] gossipKey = RandomNumberGenerator.GetBytes(NodeCredentials.GossipKeyBytes);
        using X509Certificate2 issued = registrar.IssueOwn(key, folder.Node);
        registrar.PublishRing(new GossipRingRecord(1, RingPhase.Settled, [gossipKey], folder.Node));
        var credentials = new NodeCredentials(folder.Node, PemFile.WithKey(issued, key), root, [gossipKey], clock);
        credentials.Save(_files.Credentials);
        var member = new MeshMembership(credentials, trust, registrar, MembershipOrigin.Founded, _files);
        // Last, because from here on others join: what they are let into is on disk.
        if (token.TryCreate(_tokenPath))
        {
            Log.MeshFounded(logger, registrar.Mesh.ToString(), _tokenPath);
            return member;
        }

        member.Dispose();
        File.Delete(_files.Credentials);
        File.Delete(_files.Authority);
        File.Delete(_files.Ledger);
        return null;
    }

    private async Task<MeshMembership> JoinAsync(MeshToken token, NodeCredentials? old, CancellationToken cancellation)
    {
        using ECDsa key = old?.Certificate.GetECDsaPrivateKey() ?? _files.KeepJoinKey();
        old?.Dispose();
        var client = new JoinClient(clock);
        (IPEndPoint, JoinFault)? last = null;
        await foreach (IPEndPoint candidate in candidates.WithCancellation(cancellation))
        {
            JoinOutcome outcome = await client.JoinAsync(candidate, token, folder.Node, key, cancellation);
            if (outcome.Credentials is { } credentials)
            {
                credentials.Save(_files.Credentials);
                File.Delete(_files.JoinKey);
                Log.MeshJoined(logger, credentials.Mesh.ToString(), candidate.ToString());
                return new MeshMembership(
                    credentials, new MeshTrust(credentials.Authority), null, MembershipOrigin.Joined, _files);
            }

            Log.JoinAttemptFailed(logger, candidate.ToString(), outcome.Fault);
            last = (candidate, outcome.Fault);
            if ((outcome.Detail ?? FinalSentence(outcome.Fault)) is { } sentence)
            {
                throw new TrustException(sentence);
            }
        }

        throw new TrustException(last is var (address, fault)
            ? $"No node of mesh {token.Mesh} let this node in; the last one asked was {address} ({fault})."
            : $"No node of mesh {token.Mesh} was found; start one, or name the address of one.");
    }

    private const string WayToToken = "put one there with `noodle join`, or copy the founding node's token file";

    /// <summary>Why asking others of the same mesh is of no use; null when it may be of use.</summary>
    private string? FinalSentence(JoinFault fault) => fault switch
    {
        JoinFault.UnknownToken =>
            $"The mesh does not know the token in '{_tokenPath}'; {WayToToken}.",
        JoinFault.WrongSecret => $"The token in '{_tokenPath}' has a wrong secret; {WayToToken}.",
        JoinFault.Expired => $"The token in '{_tokenPath}' has expired; make one with `noodle token create` on an "
            + $"admin node, and {WayToToken}.",
        JoinFault.UsedUp => $"The token in '{_tokenPath}' has admitted as many nodes as it may; make one with "
            + $"`noodle token create` on an admin node, and {WayToToken}.",
        JoinFault.Revoked => $"The mesh revoked this node or the token in '{_tokenPath}'; remove '{folder.FolderPath}' "
            + "to start as a new node, with a new token.",
        JoinFault.ClockOff => "The clock of this machine or of the node that was asked is wrong: its certificate is "
            + $"not valid at {clock.GetUtcNow():u}; set both clocks right.",
        JoinFault.NameTaken => $"The mesh has a node {folder.Node} with another key; "
            + $"remove '{folder.FolderPath}' to start as a new node.",
        JoinFault.Full => "The mesh has as many nodes as it may have.",
        _ => null,
    };

    private string Sentence(MembershipStep step, NodeCredentials? old, MeshToken? token) => step switch
    {
        MembershipStep.RefuseOtherMesh => $"This node is a member of mesh {old!.Mesh}, and the token in '{_tokenPath}' "
            + $"is for mesh {token!.Mesh}; remove the token, or start with another --data folder.",
        MembershipStep.RefuseExpiredToken => FinalSentence(JoinFault.Expired)!,
        MembershipStep.RefuseExpiredCertificate => $"The certificate of this node ended on "
            + $"{old!.Certificate.NotAfter:yyyy-MM-dd} while it was off; join again: make a token with "
            + $"`noodle token create` on an admin node and put it into '{_tokenPath}'.",
        _ => $"There is no join token in '{_tokenPath}'; {WayToToken}.",
    };
}
