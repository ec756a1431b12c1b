using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging;
using NoodleNet.Runtime.Storage;

namespace NoodleNet.Runtime.Trust;

/// <summary>Carries out what <see cref="MembershipFacts.Decide"/> decides, in one node's folder.</summary>
internal sealed class MembershipOpening(
    NodeFolder folder, MembershipOptions options, IAsyncEnumerable<IPEndPoint> candidates,
    TimeProvider clock, ILogger logger)
{
    private const int MaxKeyFileBytes = 16 << 10;

    private readonly string _tokenPath = options.TokenPath ?? folder.TokenPath;

    private string CredentialsPath => Path.Combine(folder.FolderPath, "credentials.pem");

    private string AuthorityPath => Path.Combine(folder.FolderPath, "authority.pem");

    private string LedgerPath => Path.Combine(folder.FolderPath, "authority.json");

    private string JoinKeyPath => Path.Combine(folder.FolderPath, "join-key.pem");

    public async Task<MeshMembership> RunAsync(CancellationToken cancellation)
    {
        NodeCredentials? old = NodeCredentials.Load(CredentialsPath, folder.Node, clock);
        MeshRegistrar? registrar = old is null ? null : LoadRegistrar(old);
        MeshToken? token = MeshToken.Load(_tokenPath);
        DateTimeOffset now = clock.GetUtcNow();
        var facts = new MembershipFacts(
            old?.Mesh, registrar is not null, old is null ? default(DateTimeOffset) : old.Certificate.NotAfter,
            token?.Mesh, token?.Expires ?? default, options.MayFound, now);
        MembershipStep step = facts.Decide();
        switch (step)
        {
            case MembershipStep.Load:
                RefreshToken(registrar, token);
                return new MeshMembership(old!, registrar, MembershipOrigin.Loaded);
            case MembershipStep.Renew:
                RefreshToken(registrar, token);
                return new MeshMembership(Renew(old!, registrar!), registrar, MembershipOrigin.Loaded);
            case MembershipStep.Found:
                // Another node on this machine may found at the same time: whose token file is there first wins.
                return Found() ?? await JoinAsync(MeshToken.Load(_tokenPath)!, null, cancellation);
            case MembershipStep.Join:
                return await JoinAsync(token!, old, cancellation);
            default:
                string sentence = Sentence(step, old, token);
                registrar?.Dispose();
                old?.Dispose();
                throw new TrustException(sentence);
        }
    }

    private MeshRegistrar? LoadRegistrar(NodeCredentials credentials)
    {
        if (MeshAuthority.Load(AuthorityPath, clock) is not { } authority)
        {
            return null;
        }

        return authority.Mesh == credentials.Mesh
            ? new MeshRegistrar(authority, MeshLedger.Load(LedgerPath), LedgerPath, clock)
            : throw new StorageException($"'{AuthorityPath}' and '{CredentialsPath}' are of two meshes; "
                + "bring both back from one backup.");
    }

    private void RefreshToken(MeshRegistrar? registrar, MeshToken? token)
    {
        if (registrar is not null && (token is null || !registrar.Honours(token)))
        {
            registrar.CreateToken(options.TokenLifetime).Save(_tokenPath);
            Log.TokenWritten(logger, _tokenPath);
        }
    }

    private NodeCredentials Renew(NodeCredentials old, MeshRegistrar registrar)
    {
        using (old)
        using (ECDsa key = old.Certificate.GetECDsaPrivateKey()!)
        {
            return Certify(registrar, key, old.GossipKey.ToArray());
        }
    }

    /// <summary>Makes a mesh; null, and nothing is left of it, when another node wrote the token file first.</summary>
    internal MeshMembership? Found()
    {
        MeshAuthority authority = MeshAuthority.Create(clock);
        var registrar = new MeshRegistrar(authority, MeshLedger.Empty(), LedgerPath, clock);
        MeshToken token = registrar.CreateToken(options.TokenLifetime);
        authority.Save(AuthorityPath);
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        NodeCredentials credentials = Certify(
            registrar, key, RandomNumberGenerator.GetBytes(NodeCredentials.GossipKeyBytes));
        // Last, because from here on others join: what they are let into is on disk.
        if (token.TryCreate(_tokenPath))
        {
            Log.MeshFounded(logger, registrar.Mesh.ToString(), _tokenPath);
            return new MeshMembership(credentials, registrar, MembershipOrigin.Founded);
        }

        registrar.Dispose();
        credentials.Dispose();
        File.Delete(CredentialsPath);
        File.Delete(AuthorityPath);
        File.Delete(LedgerPath);
        return null;
    }

    private NodeCredentials Certify(MeshRegistrar registrar, ECDsa key, byte[] gossipKey)
    {
        using X509Certificate2 issued = registrar.IssueOwn(key, folder.Node);
        var credentials = new NodeCredentials(
            folder.Node, PemFile.WithKey(issued, key),
            X509CertificateLoader.LoadCertificate(registrar.AuthorityCertificate.RawData), gossipKey, clock);
        credentials.Save(CredentialsPath);
        return credentials;
    }

    private async Task<MeshMembership> JoinAsync(MeshToken token, NodeCredentials? old, CancellationToken cancellation)
    {
        using ECDsa key = old?.Certificate.GetECDsaPrivateKey() ?? KeepJoinKey();
        old?.Dispose();
        var client = new JoinClient(clock);
        (IPEndPoint, JoinFault)? last = null;
        await foreach (IPEndPoint candidate in candidates.WithCancellation(cancellation))
        {
            JoinOutcome outcome = await client.JoinAsync(candidate, token, folder.Node, key, cancellation);
            if (outcome.Credentials is { } credentials)
            {
                credentials.Save(CredentialsPath);
                File.Delete(JoinKeyPath);
                Log.MeshJoined(logger, credentials.Mesh.ToString(), candidate.ToString());
                return new MeshMembership(credentials, null, MembershipOrigin.Joined);
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
            : $"No node of mesh {token.Mesh} was found; start the node that founded it, or name its address.");
    }

    /// <summary>The key to join with, on disk first: if the answer is lost, the next try must show it again.</summary>
    private ECDsa KeepJoinKey()
    {
        if (PemFile.Read(JoinKeyPath, MaxKeyFileBytes, 1, parts => PemFile.Key(parts[0])) is { } kept)
        {
            return kept;
        }

        ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        PemFile.Write(JoinKeyPath, ("PRIVATE KEY", key.ExportPkcs8PrivateKey()));
        return key;
    }

    private const string WayToToken = "copy the founding node's token file here";

    /// <summary>Why asking others of the same mesh is of no use; null when it may be of use.</summary>
    private string? FinalSentence(JoinFault fault) => fault switch
    {
        JoinFault.UnknownToken =>
            $"The mesh does not know the token in '{_tokenPath}'; {WayToToken}.",
        JoinFault.WrongSecret => $"The token in '{_tokenPath}' has a wrong secret; {WayToToken}.",
        JoinFault.Expired => $"The token in '{_tokenPath}' has expired; restart the founding node and {WayToToken}.",
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
            + $"{old!.Certificate.NotAfter:yyyy-MM-dd}; put a new token into '{_tokenPath}' and start again.",
        _ => $"There is no join token in '{_tokenPath}'; {WayToToken}.",
    };
}
