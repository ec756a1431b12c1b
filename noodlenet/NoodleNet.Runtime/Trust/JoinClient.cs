using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Noodle.Primitives;

namespace NoodleNet.Runtime.Trust;

/// <summary>What came of asking one node: credentials, or why there are none.</summary>
/// <param name="Detail">More about the fault, as a sentence; null when there is nothing to say.</param>
public sealed record JoinOutcome(JoinFault Fault, NodeCredentials? Credentials, string? Detail = null);

/// <summary>Asks a node of a mesh to let this node in.</summary>
/// <remarks>
/// Meaning: the secret leaves only over TLS 1.3 to a node whose certificate comes from the very authority whose hash
/// stands in the token. Bound: 10 s in all.
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
        ArgumentNullException.ThrowIfNull(linkAddress);
        ArgumentNullException.ThrowIfNull(token);
        using var timeLimit = new CancellationTokenSource(JoinWire.TimeLimit, clock);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(timeLimit.Token, cancellation);
        try
        {
            using var socket = new Socket(linkAddress.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            await socket.ConnectAsync(linkAddress, both.Token);
            await using var stream = new SslStream(new NetworkStream(socket, ownsSocket: false));
            await stream.AuthenticateAsClientAsync(TlsOptions(), both.Token);
            return await AskAsync(stream, token, self, key, both.Token);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return new JoinOutcome(JoinFault.TimedOut, null);
        }
        catch (Exception e) when (e is SocketException or IOException or AuthenticationException)
        {
            return new JoinOutcome(JoinFault.Unreachable, null);
        }
    }

    private static SslClientAuthenticationOptions TlsOptions() => new()
    {
        TargetHost = "noodle", // no name is checked: the certificate is, against the token, in AskAsync
        ApplicationProtocols = [JoinWire.Protocol],
        EnabledSslProtocols = SslProtocols.Tls13,
        // The token's hash can be compared only with what the server says after the handshake; nothing is sent before.
        RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate is not null,
    };

    private async Task<JoinOutcome> AskAsync(
        SslStream stream, MeshToken token, NodeId self, ECDsa key, CancellationToken cancellation)
    {
        byte[]? hello = await JoinWire.ReceiveAsync(stream, cancellation);
        JoinFault early = JoinWire.ReadHello(hello, out byte[] authorityBytes);
        if (stream.NegotiatedApplicationProtocol != JoinWire.Protocol || early != JoinFault.None)
        {
            return new JoinOutcome(early == JoinFault.None ? JoinFault.Unreachable : early, null);
        }

        if (!CryptographicOperations.FixedTimeEquals(SHA256.HashData(authorityBytes), token.AuthorityHash))
        {
            return new JoinOutcome(JoinFault.WrongMesh, null);
        }

        // Now these bytes are the token's own authority: reading them can no longer go wrong.
        X509Certificate2 authority = X509CertificateLoader.LoadCertificate(authorityBytes);
        using var server = new X509Certificate2(stream.RemoteCertificate!);
        DateTimeOffset now = clock.GetUtcNow(), nearest = CertificateTime.Nearest(server, now);
        if (PeerCheck.Verify(server, authority, asServer: true, now, out _) is not null)
        {
            // All is well but the time: no stranger, a clock.
            bool clockIsOff = nearest != now
                && PeerCheck.Verify(server, authority, asServer: true, nearest, out _) is null;
            authority.Dispose();
            return clockIsOff
                ? new JoinOutcome(JoinFault.ClockOff, null, CertificateTime.Explain(server, now))
                : new JoinOutcome(JoinFault.Impostor, null);
        }

        var signing = new CertificateRequest("CN=noodle", key, HashAlgorithmName.SHA256);
        var request = new JoinRequest(token.Id, token.Secret.ToArray(), self, signing.CreateSigningRequest());
        await JoinWire.SendAsync(stream, JoinWire.Request(request), cancellation);
        byte[]? answer = await JoinWire.ReceiveAsync(stream, cancellation);
        JoinFault fault = JoinWire.ReadAnswer(answer, out JoinGrant? grant);
        NodeCredentials? credentials = null;
        if (grant is not null && !TryAccept(grant, authority, self, key, out credentials))
        {
            fault = JoinFault.BadAnswer;
        }

        if (credentials is null)
        {
            authority.Dispose();
        }

        return new JoinOutcome(fault, credentials);
    }

    private bool TryAccept(
        JoinGrant grant, X509Certificate2 authority, NodeId self, ECDsa key,
        [NotNullWhen(true)] out NodeCredentials? credentials)
    {
        credentials = null;
        try
        {
            using X509Certificate2 issued = X509CertificateLoader.LoadCertificate(grant.Certificate);
            if (PeerCheck.Verify(issued, authority, asServer: true, clock.GetUtcNow(), out NodeId named) is null
                && named == self)
            {
                credentials = new NodeCredentials(
                    self, PemFile.WithKey(issued, key), authority, grant.GossipKey, clock);
            }
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            return false; // not a certificate, or for another key than ours
        }

        return credentials is not null;
    }
}
