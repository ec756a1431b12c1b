using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Noodle.Primitives;
using NoodleNet.Discovery;
using NoodleNet.Runtime.Storage;
using NoodleNet.Trust;

namespace NoodleNet.Runtime.Trust;

/// <summary>What came of an admission.</summary>
public enum AdmissionFault
{
    /// <summary>The node is a member now; or, when it was only looked at, it waits.</summary>
    None,

    /// <summary>Nobody answers there, or no node that waits.</summary>
    Unreachable,

    /// <summary>The key there has another fingerprint than the one that was compared. Nothing was sent to it.</summary>
    OtherFingerprint,

    /// <summary>Its operator did not confirm this mesh.</summary>
    Declined,

    /// <summary>It considers another mesh's offer.</summary>
    Busy,

    /// <summary>This mesh has a node of that name with another key, revoked it, or is full.</summary>
    Refused,

    /// <summary>It did not take what it was given.</summary>
    NotTaken,

    /// <summary>Nobody answered in time; at the waiting node a person may still be asked.</summary>
    TimedOut,
}

/// <summary>A node that waits to be admitted, as it was met.</summary>
/// <param name="Reason">Why this mesh refuses it; None when it does not.</param>
public sealed record AdmissionOutcome(
    AdmissionFault Fault, NodeId Node, KeyFingerprint Fingerprint, JoinFault Reason = JoinFault.None);

/// <summary>An admin's side of an admission: looks at a waiting node, and takes it in.</summary>
/// <remarks>Bound: 10 s a message, 5 min for the person at the waiting node.</remarks>
public sealed class AdmissionClient(
    NodeCredentials credentials, MeshRegistrar registrar, TimeProvider clock)
{
    /// <summary>Says who waits at an address. Gives away nothing.</summary>
    /// <exception cref="OperationCanceledException">The caller cancelled; the time limit is an outcome.</exception>
    public Task<AdmissionOutcome> LookAsync(IPEndPoint address, CancellationToken cancellation) =>
        RunAsync(address, (_, node, fingerprint, _, _) =>
            Task.FromResult(new AdmissionOutcome(AdmissionFault.None, node, fingerprint)), cancellation);

    /// <summary>Takes in the node that waits at an address, if it has the fingerprint that a person compared.</summary>
    /// <exception cref="OperationCanceledException">The caller cancelled; the time limit is an outcome.</exception>
    /// <exception cref="StorageException">The admission cannot be written down, and is not granted.</exception>
    public Task<AdmissionOutcome> AdmitAsync(
        IPEndPoint address, TypedFingerprint compared, MeshRole role, CancellationToken cancellation) =>
        RunAsync(address, async (stream, node, fingerprint, signingRequest, stop) =>
        {
            AdmissionOutcome Ended(AdmissionFault fault, JoinFault reason = JoinFault.None) =>
                new(fault, node, fingerprint, reason);

            if (!compared.Fits(fingerprint))
            {
                return Ended(AdmissionFault.OtherFingerprint);
            }

            await JoinWire.SendAsync(stream, AdmissionWire.Offer(credentials.Authority.RawData), stop);
            AdmissionVerdict verdict = AdmissionWire.ReadVerdict(await JoinWire.ReceiveAsync(stream, stop));
            if (verdict != AdmissionVerdict.Accepted)
            {
                return Ended(verdict switch
                {
                    AdmissionVerdict.Declined => AdmissionFault.Declined,
                    AdmissionVerdict.Busy => AdmissionFault.Busy,
                    _ => AdmissionFault.NotTaken,
                });
            }

            AdmissionReply reply = registrar.AdmitCompared(node, signingRequest, role);
            JoinGrant? grant = reply.Certificate is { } issued ? new JoinGrant(issued, credentials.GossipKeys) : null;
            await JoinWire.SendAsync(stream, JoinWire.Answer(reply.Fault, grant), stop);
            if (grant is null)
            {
                return Ended(AdmissionFault.Refused, reply.Fault);
            }

            verdict = AdmissionWire.ReadVerdict(await JoinWire.ReceiveAsync(stream, stop));
            return Ended(verdict == AdmissionVerdict.Accepted ? AdmissionFault.None : AdmissionFault.NotTaken);
        }, cancellation);

    private async Task<AdmissionOutcome> RunAsync(
        IPEndPoint address,
        Func<SslStream, NodeId, KeyFingerprint, byte[], CancellationToken, Task<AdmissionOutcome>> talk,
        CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(address);
        using var person = new CancellationTokenSource(
            AdmissionWire.PersonLimit + (2 * AdmissionWire.TimeLimit), clock);
        using var first = new CancellationTokenSource(AdmissionWire.TimeLimit, clock);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(person.Token, cancellation);
        using var soon = CancellationTokenSource.CreateLinkedTokenSource(first.Token, cancellation);
        try
        {
            using var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            await socket.ConnectAsync(address, soon.Token);
            await using var stream = new SslStream(new NetworkStream(socket, ownsSocket: false));
            await stream.AuthenticateAsClientAsync(TlsOptions(), soon.Token);
            byte[]? hello = await JoinWire.ReceiveAsync(stream, soon.Token);
            using var shown = new X509Certificate2(stream.RemoteCertificate!);
            if (stream.NegotiatedApplicationProtocol != AdmissionWire.Protocol
                || !AdmissionWire.TryReadHello(hello, out NodeId node, out byte[]? signingRequest)
                || !MeshAuthority.TryReadKey(signingRequest, out PublicKey? key)
                || !MeshTrust.HashOf(key).AsSpan().SequenceEqual(MeshTrust.HashOf(shown.PublicKey)))
            {
                return new AdmissionOutcome(AdmissionFault.Unreachable, default, default);
            }

            // The key that TLS proved, the one to be certified and the one that was compared are the same.
            KeyFingerprint fingerprint = new KeyFingerprint(MeshTrust.HashOf(key));
            return await talk(stream, node, fingerprint, signingRequest, stop.Token);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return new AdmissionOutcome(AdmissionFault.TimedOut, default, default);
        }
        catch (Exception e) when (e is SocketException or IOException or AuthenticationException
            or CryptographicException)
        {
            return new AdmissionOutcome(AdmissionFault.Unreachable, default, default);
        }
    }

    private static SslClientAuthenticationOptions TlsOptions() => new()
    {
        TargetHost = "noodle", // nothing is checked here: the key is, by its fingerprint, before anything is sent
        ApplicationProtocols = [AdmissionWire.Protocol],
        EnabledSslProtocols = SslProtocols.Tls13,
        RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate is not null,
    };
}
