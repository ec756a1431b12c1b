using System.Net;
using System.Net.Security;
using Microsoft.Extensions.Logging;
using NoodleNet.Runtime.Link;
using NoodleNet.Runtime.Storage;

namespace NoodleNet.Runtime.Trust;

/// <summary>Answers nodes that want to join; without a registrar it says that the founder must be asked.</summary>
/// <remarks>
/// Bound: 10 s and one message of 16 KiB a connection, 16 connections at once, and <see cref="JoinThrottle"/>.
/// </remarks>
public sealed class JoinService(
    NodeCredentials credentials, MeshRegistrar? registrar, TimeProvider clock, ILogger logger) : ISideProtocol
{
    internal const int MaxAtOnce = 16;

    private readonly JoinThrottle _throttle = new();
    private int _serving;

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
            JoinFault early = registrar is null ? JoinFault.NotAnAuthority
                : crowded || !_throttle.MayTry(address, clock.GetUtcNow()) ? JoinFault.Busy
                : JoinFault.None;
            await JoinWire.SendAsync(stream, JoinWire.Hello(early, credentials.Authority.RawData), both.Token);
            if (early == JoinFault.None)
            {
                await AnswerAsync(stream, registrar!, address, both.Token);
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

    private async Task AnswerAsync(
        SslStream stream, MeshRegistrar admitting, IPAddress address, CancellationToken cancellation)
    {
        byte[]? message = await JoinWire.ReceiveAsync(stream, cancellation);
        JoinFault fault = Decide(message, admitting, address, out JoinGrant? grant);
        if (fault != JoinFault.None)
        {
            Log.JoinRefused(logger, address.ToString(), fault);
        }

        await JoinWire.SendAsync(stream, JoinWire.Answer(fault, grant), cancellation);
    }

    private JoinFault Decide(byte[]? message, MeshRegistrar admitting, IPAddress address, out JoinGrant? grant)
    {
        grant = null;
        if (!JoinWire.TryReadRequest(message, out JoinRequest? request))
        {
            return JoinFault.Malformed;
        }

        JoinFault fault;
        try
        {
            fault = admitting.Admit(request, out byte[]? certificate);
            grant = certificate is null ? null : new JoinGrant(certificate, credentials.GossipKey.ToArray());
        }
        catch (StorageException e)
        {
            Log.LedgerUnwritable(logger, e.Message);
            return JoinFault.Storage;
        }

        if (fault is JoinFault.WrongSecret or JoinFault.UnknownToken)
        {
            _throttle.CountWrong(address, clock.GetUtcNow());
        }
        else if (fault == JoinFault.None)
        {
            Log.NodeAdmitted(logger, request.Node.ToString(), address.ToString());
        }

        return fault;
    }
}
