using System.Net;
using System.Net.Security;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using NoodleNet.Runtime.Link;
using NoodleNet.Runtime.Storage;
using NoodleNet.Trust;

namespace NoodleNet.Runtime.Trust;

/// <summary>Answers nodes that want to join, at every member: an admin decides itself, the others ask an
/// admin.</summary>
/// <remarks>
/// Bound: 10 s and one message of 16 KiB a connection, 16 connections at once, and <see cref="JoinThrottle"/>.
/// </remarks>
public sealed class JoinService(
    NodeCredentials credentials, MeshTrust trust, Func<MeshRegistrar?> registrar, TimeProvider clock, ILogger logger)
    : ISideProtocol
{
    internal const int MaxAtOnce = 16;

    private readonly JoinThrottle _throttle = new();
    private int _serving;

    /// <summary>Hands a request to an admin of the mesh; null while none can be reached.</summary>
    public Func<AdmissionAsk, CancellationToken, Task<AdmissionReply>>? Forward { get; set; }

    /// <inheritdoc/>
    public SslApplicationProtocol Protocol => JoinWire.Protocol;

    /// <inheritdoc/>
    public async Task ServeAsync(SslStream stream, EndPoint? remote, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(stream);
        IPAddress address = (remote as IPEndPoint)?.Address ?? IPAddress.None;
        bool crowded = Interlocked.Increment(ref _serving) > MaxAtOnce;
        using var timeLimit = new CancellationTokenSource(JoinWire.TimeLimit, clock);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(timeLimit.Token, cancellation);
        try
        {
            JoinFault early = crowded || !_throttle.MayTry(address, clock.GetUtcNow()) ? JoinFault.Busy
                : JoinFault.None;
            byte[] nonce = RandomNumberGenerator.GetBytes(JoinProof.NonceBytes);
            await JoinWire.SendAsync(
                stream, JoinWire.Hello(early, credentials.Authority.RawData, nonce), both.Token);
            if (early == JoinFault.None)
            {
                await AnswerAsync(stream, nonce, address, both.Token);
            }

            await stream.ShutdownAsync();
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or ObjectDisposedException)
        {
            // The joiner went away or took too long, or the node stops: nobody is left to answer.
        }
        finally
        {
            Interlocked.Decrement(ref _serving);
        }
    }

    private async Task AnswerAsync(SslStream stream, byte[] nonce, IPAddress address, CancellationToken cancellation)
    {
        byte[]? message = await JoinWire.ReceiveAsync(stream, cancellation);
        // The certificate of this very connection: it may have been renewed meanwhile.
        byte[] serverHash = SHA256.HashData(stream.LocalCertificate!.GetRawCertData());
        (JoinFault fault, JoinGrant? grant) = await DecideAsync(message, serverHash, nonce, address, cancellation);
        if (fault != JoinFault.None)
        {
            Log.JoinRefused(logger, address.ToString(), fault);
        }

        await JoinWire.SendAsync(stream, JoinWire.Answer(fault, grant), cancellation);
    }

    private async Task<(JoinFault, JoinGrant?)> DecideAsync(
        byte[]? message, byte[] serverHash, byte[] nonce, IPAddress address, CancellationToken cancellation)
    {
        if (!JoinWire.TryReadRequest(message, out JoinRequest? request))
        {
            return (JoinFault.Malformed, null);
        }

        var ask = new AdmissionAsk(message!, serverHash, nonce);
        AdmissionReply reply;
        try
        {
            reply = request.Kind == JoinKind.Ring ? new AdmissionReply(CheckMember(request, ask), [])
                : registrar() is { } admitting ? admitting.Decide(ask)
                : Forward is { } forward ? await forward(ask, cancellation)
                : new AdmissionReply(JoinFault.NotAnAuthority, null);
        }
        catch (StorageException e)
        {
            Log.LedgerUnwritable(logger, e.Message);
            return (JoinFault.Storage, null);
        }

        // A member that asks for keys or a certificate with the wrong proof guesses as well.
        if (reply.Fault is JoinFault.WrongSecret or JoinFault.UnknownToken or JoinFault.BadCertificate)
        {
            _throttle.CountWrong(address, clock.GetUtcNow());
        }
        else if (reply.Fault == JoinFault.None && request.Kind == JoinKind.Token)
        {
            Log.NodeAdmitted(logger, request.Node.ToString(), address.ToString());
        }

        return (reply.Fault, reply is { Fault: JoinFault.None, Certificate: { } certificate }
            ? new JoinGrant(certificate, credentials.GossipKeys)
            : null);
    }

    private JoinFault CheckMember(JoinRequest request, AdmissionAsk ask) => CertificateProof.Check(
        request, credentials.Authority, trust,
        JoinWire.TranscriptOf(request, trust.AuthorityHash.Span, ask.ServerHash, ask.Nonce), null, clock.GetUtcNow());
}
