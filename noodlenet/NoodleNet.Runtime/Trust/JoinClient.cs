using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Noodle.Primitives;
using NoodleNet.Trust;

namespace NoodleNet.Runtime.Trust;

/// <summary>What came of asking one node: credentials, or why there are none.</summary>
/// <param name="Detail">More about the fault, as a sentence; null when there is nothing to say.</param>
public sealed record JoinOutcome(JoinFault Fault, NodeCredentials? Credentials, string? Detail = null);

/// <summary>What came of asking one member for the gossip keys.</summary>
/// <param name="Keys">The first seals; empty when there are none.</param>
public sealed record RingOutcome(JoinFault Fault, IReadOnlyList<ReadOnlyMemory<byte>> Keys);

/// <summary>Asks a node of a mesh, any node, to let this node in.</summary>
/// <remarks>
/// Meaning: the secret never leaves this node. A proof of it does, over TLS 1.3, to a node whose certificate comes from
/// the very authority whose hash stands in the token. Bound: 10 s in all.
/// </remarks>
public sealed class JoinClient(TimeProvider clock)
{
    /// <summary>Joins with a new key.</summary>
    public async Task<JoinOutcome> JoinAsync(
        IPEndPoint linkAddress, MeshToken token, NodeId self, CancellationToken cancellation)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return await JoinAsync(linkAddress, token, self, key, cancellation);
    }

    /// <summary>Joins with a key that is kept: a node that asks again must show the same one.</summary>
    /// <exception cref="OperationCanceledException">The caller cancelled; the time limit is an outcome.</exception>
    public async Task<JoinOutcome> JoinAsync(
        IPEndPoint linkAddress, MeshToken token, NodeId self, ECDsa key, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(token);
        ArgumentNullException.ThrowIfNull(key);
        var asking = new Asking(
            token.AuthorityHash.ToArray(),
            (server, nonce) =>
            {
                byte[] signing = new CertificateRequest("CN=noodle", key, HashAlgorithmName.SHA256)
                    .CreateSigningRequest();
                byte[] transcript = JoinProof.Transcript(
                    token.AuthorityHash, server, nonce, token.Id, self, signing);
                return new JoinRequest(
                    JoinKind.Token, token.Id, JoinProof.Make(token.Secret, transcript), self, signing, []);
            });
        Asked asked = await AskAsync(linkAddress, asking, cancellation);
        NodeCredentials? credentials = asked.Grant is { } grant
            ? Accept(grant, asked.Authority!, self, key, clock)
            : null;
        if (credentials is null)
        {
            asked.Authority?.Dispose();
        }

        return new JoinOutcome(
            asked.Grant is not null && credentials is null ? JoinFault.BadAnswer : asked.Fault, credentials,
            asked.Detail);
    }

    /// <summary>Asks a member for the gossip keys, with the certificate that this node has.</summary>
    /// <exception cref="OperationCanceledException">The caller cancelled; the time limit is an outcome.</exception>
    public async Task<RingOutcome> AskForRingAsync(
        IPEndPoint linkAddress, NodeCredentials own, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(own);
        byte[] authorityHash = own.Authority.GetCertHash(HashAlgorithmName.SHA256);
        X509Certificate2 certificate = own.Certificate;
        var asking = new Asking(
            authorityHash,
            (server, nonce) => new JoinRequest(
                JoinKind.Ring, 0,
                CertificateProof.Make(
                    certificate, JoinProof.Transcript(authorityHash, server, nonce, 0, own.Node, [])),
                own.Node, [], certificate.RawData));
        Asked asked = await AskAsync(linkAddress, asking, cancellation);
        asked.Authority?.Dispose();
        return new RingOutcome(asked.Fault, asked.Grant?.GossipKeys ?? []);
    }

    private readonly record struct Asking(byte[] AuthorityHash, Func<byte[], byte[], JoinRequest> Make);

    private readonly record struct Asked(
        JoinFault Fault, JoinGrant? Grant, X509Certificate2? Authority, string? Detail = null);

    private async Task<Asked> AskAsync(IPEndPoint linkAddress, Asking asking, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(linkAddress);
        using var timeLimit = new CancellationTokenSource(JoinWire.TimeLimit, clock);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(timeLimit.Token, cancellation);
        try
        {
            using var socket = new Socket(linkAddress.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            await socket.ConnectAsync(linkAddress, both.Token);
            await using var stream = new SslStream(new NetworkStream(socket, ownsSocket: false));
            await stream.AuthenticateAsClientAsync(TlsOptions(), both.Token);
            return await AskAsync(stream, asking, both.Token);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return new Asked(JoinFault.TimedOut, null, null);
        }
        catch (Exception e) when (e is SocketException or IOException or AuthenticationException)
        {
            return new Asked(JoinFault.Unreachable, null, null);
        }
    }

    private static SslClientAuthenticationOptions TlsOptions() => new()
    {
        TargetHost = "noodle", // no name is checked: the certificate is, against the authority's hash, in AskAsync
        ApplicationProtocols = [JoinWire.Protocol],
        EnabledSslProtocols = SslProtocols.Tls13,
        // The hash can be compared only with what the server says after the handshake; nothing is sent before.
        RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate is not null,
    };

    private async Task<Asked> AskAsync(SslStream stream, Asking asking, CancellationToken cancellation)
    {
        byte[]? hello = await JoinWire.ReceiveAsync(stream, cancellation);
        JoinFault early = JoinWire.ReadHello(hello, out byte[] authorityBytes, out byte[] nonce);
        if (stream.NegotiatedApplicationProtocol != JoinWire.Protocol || early != JoinFault.None)
        {
            return new Asked(early == JoinFault.None ? JoinFault.Unreachable : early, null, null);
        }

        if (!CryptographicOperations.FixedTimeEquals(SHA256.HashData(authorityBytes), asking.AuthorityHash))
        {
            return new Asked(JoinFault.WrongMesh, null, null);
        }

        // Now these bytes are the mesh's own authority: reading them can no longer go wrong.
        X509Certificate2 authority = X509CertificateLoader.LoadCertificate(authorityBytes);
        using var server = new X509Certificate2(stream.RemoteCertificate!);
        JoinFault trusted = CheckServer(server, authority, out string? detail);
        if (trusted != JoinFault.None)
        {
            authority.Dispose();
            return new Asked(trusted, null, null, detail);
        }

        JoinRequest request = asking.Make(server.GetCertHash(HashAlgorithmName.SHA256), nonce);
        await JoinWire.SendAsync(stream, JoinWire.Request(request), cancellation);
        byte[]? answer = await JoinWire.ReceiveAsync(stream, cancellation);
        JoinFault fault = JoinWire.ReadAnswer(answer, out JoinGrant? grant);
        return new Asked(fault, grant, authority);
    }

    // The mesh's own certificate that is only not valid by the clock here points to a clock, not to an attack.
    private JoinFault CheckServer(X509Certificate2 server, X509Certificate2 authority, out string? detail)
    {
        detail = null;
        DateTimeOffset now = clock.GetUtcNow(), nearest = CertificateTime.Nearest(server, now);
        if (PeerCheck.Verify(server, authority, asServer: true, now, out _) is null)
        {
            return JoinFault.None;
        }

        if (nearest == now || PeerCheck.Verify(server, authority, asServer: true, nearest, out _) is not null)
        {
            return JoinFault.Impostor;
        }

        detail = CertificateTime.Explain(server, now);
        return JoinFault.ClockOff;
    }

    /// <summary>Makes credentials of a grant; null when it is not for this node and key, from this authority.</summary>
    internal static NodeCredentials? Accept(
        JoinGrant grant, X509Certificate2 authority, NodeId self, ECDsa key, TimeProvider clock)
    {
        try
        {
            using X509Certificate2 issued = X509CertificateLoader.LoadCertificate(grant.Certificate);
            return PeerCheck.Verify(issued, authority, asServer: true, clock.GetUtcNow(), out NodeId named) is null
                && named == self
                ? new NodeCredentials(self, PemFile.WithKey(issued, key), authority, grant.GossipKeys, clock)
                : null;
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            return null; // not a certificate, or for another key than ours
        }
    }
}
