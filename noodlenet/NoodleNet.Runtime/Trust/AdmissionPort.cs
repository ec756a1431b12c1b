using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging;
using Noodle.Primitives;
using NoodleNet.Discovery;

namespace NoodleNet.Runtime.Trust;

/// <summary>A node without a token waits here until an admin of a mesh takes it in.</summary>
/// <remarks>
/// Meaning: whoever can reach the port can offer a mesh; only one whose fingerprint is confirmed is taken. A mesh that
/// was
/// declined is not asked about again.
/// Bound: 8 connections at once, 10 s a message, one offer before a person at a time, for 5 min; after 16 declined
/// meshes
/// no other is asked about until the node is started again.
/// </remarks>
public sealed class AdmissionPort : IDisposable
{
    private const int MaxConnections = 8;
    private const int MaxDeclined = 16;

    private readonly NodeId _self;
    private readonly ECDsa _key;
    private readonly Func<KeyFingerprint, CancellationToken, Task<bool>> _confirm;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    private readonly List<TcpListener> _listeners = [];
    private readonly X509Certificate2 _certificate;
    private readonly HashSet<KeyFingerprint> _declined = [];
    private readonly SemaphoreSlim _asking = new(1, 1);
    private readonly SemaphoreSlim _room = new(MaxConnections, MaxConnections);

    /// <param name="also">An address of the other family, taken as well where the system has that family and the port
    /// is free there; null for none.</param>
    /// <param name="key">The node's own key, on P-256; it stays the caller's.</param>
    /// <param name="confirm">Whether the mesh of this fingerprint is the one that is wanted.</param>
    /// <exception cref="SocketException">The port is in use.</exception>
    public AdmissionPort(
        IPEndPoint listen, IPAddress? also, NodeId self, ECDsa key,
        Func<KeyFingerprint, CancellationToken, Task<bool>> confirm, TimeProvider clock, ILogger logger)
    {
        ArgumentNullException.ThrowIfNull(listen);
        ArgumentNullException.ThrowIfNull(key);
        (_self, _key, _confirm, _clock, _logger) = (self, key, confirm, clock, logger);
        Fingerprint = KeyFingerprint.OfKey(key.ExportSubjectPublicKeyInfo());
        _certificate = SelfSigned(key, clock.GetUtcNow());
        try
        {
            _listeners.Add(Listen(listen));
        }
        catch
        {
            _certificate.Dispose();
            throw;
        }

        try
        {
            if (also is not null)
            {
                _listeners.Add(Listen(new IPEndPoint(also, LocalEndPoint.Port)));
            }
        }
        catch (SocketException e)
        {
            Log.AdmissionFailed(_logger, also!.ToString(), e.Message); // one family is enough
        }
    }

    /// <summary>What the admin must see for this node.</summary>
    public KeyFingerprint Fingerprint { get; }

    public IPEndPoint LocalEndPoint => (IPEndPoint)_listeners[0].LocalEndpoint;

    /// <summary>Waits until an admin has taken this node in.</summary>
    public async Task<NodeCredentials> WaitAsync(CancellationToken cancellation)
    {
        Log.WaitingForAdmission(_logger, LocalEndPoint, Fingerprint.ToString());
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var taken = new TaskCompletionSource<NodeCredentials>(TaskCreationOptions.RunContinuationsAsynchronously);
        Task[] accepting = [.. _listeners.Select(listener => AcceptAllAsync(listener, taken, stop.Token))];
        try
        {
            await await Task.WhenAny([taken.Task, .. accepting]);
            return await taken.Task;
        }
        finally
        {
            await stop.CancelAsync();
            await Task.WhenAll(accepting).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    public void Dispose()
    {
        _listeners.ForEach(listener => listener.Dispose());
        _certificate.Dispose();
        _asking.Dispose();
        _room.Dispose();
    }

    private static TcpListener Listen(IPEndPoint at)
    {
        var listener = new TcpListener(at);
        try
        {
            if (at.AddressFamily == AddressFamily.InterNetworkV6)
            {
                listener.Server.DualMode = false; // the other family has a listener of its own
            }

            listener.Start(MaxConnections);
            return listener;
        }
        catch
        {
            listener.Dispose();
            throw;
        }
    }

    private async Task AcceptAllAsync(
        TcpListener listener, TaskCompletionSource<NodeCredentials> taken, CancellationToken cancellation)
    {
        List<Task> serving = [];
        try
        {
            while (true)
            {
                Socket socket = await listener.AcceptSocketAsync(cancellation);
                serving.RemoveAll(task => task.IsCompleted);
                if (_room.Wait(0, CancellationToken.None))
                {
                    serving.Add(ServeAsync(socket, taken, cancellation));
                }
                else
                {
                    socket.Dispose();
                }
            }
        }
        finally
        {
            await Task.WhenAll(serving);
        }
    }

    private async Task ServeAsync(
        Socket socket, TaskCompletionSource<NodeCredentials> taken, CancellationToken cancellation)
    {
        string remote = socket.RemoteEndPoint?.ToString() ?? "unknown";
        try
        {
            await using var stream = new SslStream(new NetworkStream(socket, ownsSocket: true));
            using var limit = new CancellationTokenSource(AdmissionWire.TimeLimit, _clock);
            using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellation);
            await stream.AuthenticateAsServerAsync(
                new SslServerAuthenticationOptions
                {
                    ServerCertificate = _certificate,
                    EnabledSslProtocols = SslProtocols.Tls13,
                    ApplicationProtocols = [AdmissionWire.Protocol],
                },
                both.Token);
            if (await ConsiderAsync(stream, remote, both.Token, cancellation) is { } credentials
                && !taken.TrySetResult(credentials))
            {
                credentials.Dispose(); // two admins at once: the first one has it
            }
        }
        catch (Exception e) when (e is IOException or AuthenticationException or OperationCanceledException
            or CryptographicException)
        {
            Log.AdmissionFailed(_logger, remote, e.Message);
        }
        finally
        {
            socket.Dispose();
            _room.Release();
        }
    }

    private async Task<NodeCredentials?> ConsiderAsync(
        SslStream stream, string remote, CancellationToken soon, CancellationToken cancellation)
    {
        byte[] signing = new CertificateRequest("CN=noodle", _key, HashAlgorithmName.SHA256).CreateSigningRequest();
        await JoinWire.SendAsync(stream, AdmissionWire.Hello(_self, signing), soon);
        byte[]? offer = await JoinWire.ReceiveAsync(stream, soon);
        if (!AdmissionWire.TryReadOffer(offer, out byte[]? authorityBytes))
        {
            return null; // somebody who only looks, or is none of ours
        }

        X509Certificate2 authority = X509CertificateLoader.LoadCertificate(authorityBytes);
        NodeCredentials? credentials = null;
        try
        {
            KeyFingerprint mesh = KeyFingerprint.OfKey(authority.PublicKey.ExportSubjectPublicKeyInfo());
            using ECDsa? authorityKey = authority.GetECDsaPublicKey();
            AdmissionVerdict verdict = authorityKey is null ? AdmissionVerdict.Bad // no mesh has another kind of key
                : await JudgeAsync(mesh, cancellation);
            await SendAsync(stream, verdict, cancellation);
            if (verdict != AdmissionVerdict.Accepted)
            {
                Log.AdmissionDeclined(_logger, remote, mesh.ToString());
                return null;
            }

            using var limit = new CancellationTokenSource(AdmissionWire.TimeLimit, _clock);
            using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellation);
            JoinFault fault = JoinWire.ReadAnswer(
                await JoinWire.ReceiveAsync(stream, both.Token), out JoinGrant? grant);
            credentials = grant is null ? null : JoinClient.Accept(grant, authority, _self, _key, _clock);
            if (credentials is null)
            {
                Log.AdmissionFailed(_logger, remote, fault.ToString());
            }

            await SendAsync(
                stream, credentials is null ? AdmissionVerdict.Bad : AdmissionVerdict.Accepted, both.Token);
            return credentials;
        }
        finally
        {
            if (credentials is null)
            {
                authority.Dispose();
            }
        }
    }

    private async Task<AdmissionVerdict> JudgeAsync(KeyFingerprint mesh, CancellationToken cancellation)
    {
        if (!_asking.Wait(0, CancellationToken.None))
        {
            return AdmissionVerdict.Busy;
        }

        try
        {
            if (_declined.Contains(mesh) || _declined.Count >= MaxDeclined)
            {
                return AdmissionVerdict.Declined;
            }

            using var limit = new CancellationTokenSource(AdmissionWire.PersonLimit, _clock);
            using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellation);
            if (await _confirm(mesh, both.Token))
            {
                return AdmissionVerdict.Accepted;
            }

            _declined.Add(mesh);
            return AdmissionVerdict.Declined;
        }
        finally
        {
            _asking.Release();
        }
    }

    private async Task SendAsync(SslStream stream, AdmissionVerdict verdict, CancellationToken cancellation)
    {
        using var limit = new CancellationTokenSource(AdmissionWire.TimeLimit, _clock);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellation);
        await JoinWire.SendAsync(stream, AdmissionWire.Verdict(verdict), both.Token);
    }

    // Nobody reads its dates: the key in it is compared by its fingerprint.
    private static X509Certificate2 SelfSigned(ECDsa key, DateTimeOffset now)
    {
        var request = new CertificateRequest("CN=noodle waiting", key, HashAlgorithmName.SHA256);
        using X509Certificate2 made = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(30));
        using X509Certificate2 bare = X509CertificateLoader.LoadCertificate(made.RawData);
        return PemFile.WithKey(bare, key);
    }
}
