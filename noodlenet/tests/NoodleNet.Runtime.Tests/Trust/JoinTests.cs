using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using Noodle.Primitives;
using NoodleNet.Runtime.Trust;

namespace NoodleNet.Runtime.Tests.Trust;

public sealed class JoinTests : IDisposable
{
    private static readonly NodeId s_joiner = TestMesh.Node("joiner");
    private readonly TestClock _clock = new();
    private readonly TestMesh _mesh;
    private readonly CancellationTokenSource _bound = new(TimeSpan.FromSeconds(60));

    public JoinTests() => _mesh = new TestMesh(_clock);

    public void Dispose()
    {
        _mesh.Dispose();
        _bound.Dispose();
    }

    [Fact]
    public async Task A_good_token_makes_a_member()
    {
        await using var port = new LinkPort(_mesh.Service(_mesh.Registrar), _mesh.Founder.Certificate);

        JoinOutcome outcome = await JoinAsync(port.Address, _mesh.Token());

        Assert.Equal(JoinFault.None, outcome.Fault);
        using NodeCredentials joined = outcome.Credentials!;
        Assert.Equal((s_joiner, _mesh.Authority.Mesh), (joined.Node, joined.Mesh));
        Assert.True(joined.GossipKeys[0].Span.SequenceEqual(_mesh.Founder.GossipKeys[0].Span));
        foreach (bool asServer in new[] { true, false })
        {
            Assert.True(joined.TryVerifyPeer(_mesh.Founder.Certificate, asServer, out NodeId peer, out string? fault));
            Assert.Equal((_mesh.Founder.Node, null), (peer, fault));
            Assert.True(_mesh.Founder.TryVerifyPeer(joined.Certificate, asServer, out peer, out _));
            Assert.Equal(s_joiner, peer);
        }
    }

    [Fact]
    public async Task Bad_tokens_are_refused_each_for_its_reason()
    {
        await using var port = new LinkPort(_mesh.Service(_mesh.Registrar), _mesh.Founder.Certificate);
        MeshToken good = _mesh.Token(), revoked = _mesh.Token();
        var wrong = new MeshToken(good.AuthorityHash, good.Id, new byte[32], good.Expires, good.Role);
        Assert.True(_mesh.Registrar.RevokeToken(revoked.Id));
        Assert.False(_mesh.Registrar.RevokeToken(revoked.Id));

        Assert.Equal(JoinFault.WrongSecret, (await JoinAsync(port.Address, wrong)).Fault);
        Assert.Equal(JoinFault.Revoked, (await JoinAsync(port.Address, revoked)).Fault);
        _clock.Now += TimeSpan.FromHours(2);
        Assert.Equal(JoinFault.Expired, (await JoinAsync(port.Address, good)).Fault);
        Assert.True(_mesh.Registrar.Honours(_mesh.Token()));
        Assert.False(_mesh.Registrar.Honours(good));
    }

    [Fact]
    public async Task A_name_stays_with_its_key()
    {
        await using var port = new LinkPort(_mesh.Service(_mesh.Registrar), _mesh.Founder.Certificate);
        MeshToken token = _mesh.Token();
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var client = new JoinClient(_clock);

        JoinOutcome first = await client.JoinAsync(port.Address, token, s_joiner, key, _bound.Token);
        JoinOutcome again = await client.JoinAsync(port.Address, token, s_joiner, key, _bound.Token);
        Assert.Equal((JoinFault.None, JoinFault.None), (first.Fault, again.Fault));
        Assert.NotEqual(first.Credentials!.Certificate.SerialNumber, again.Credentials!.Certificate.SerialNumber);
        Assert.Equal(JoinFault.NameTaken, (await JoinAsync(port.Address, token)).Fault);
        Assert.Equal(
            JoinFault.NameTaken,
            (await client.JoinAsync(port.Address, token, _mesh.Founder.Node, key, _bound.Token)).Fault);
    }

    [Fact]
    public async Task A_member_that_reaches_no_admin_says_so()
    {
        await using var port = new LinkPort(_mesh.Service(null), _mesh.Founder.Certificate);
        Assert.Equal(JoinFault.NotAnAuthority, (await JoinAsync(port.Address, _mesh.Token())).Fault);
    }

    [Fact]
    public async Task Who_guesses_secrets_must_wait()
    {
        await using var port = new LinkPort(_mesh.Service(_mesh.Registrar), _mesh.Founder.Certificate);
        MeshToken good = _mesh.Token();
        var wrong = new MeshToken(good.AuthorityHash, good.Id, new byte[32], good.Expires, good.Role);
        for (int i = 0; i < JoinThrottle.MaxWrong; i++)
        {
            Assert.Equal(JoinFault.WrongSecret, (await JoinAsync(port.Address, wrong)).Fault);
        }

        Assert.Equal(JoinFault.Busy, (await JoinAsync(port.Address, good)).Fault);
        _clock.Now += JoinThrottle.Window;
        Assert.Equal(JoinFault.None, (await JoinAsync(port.Address, good)).Fault);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_fake_seed_never_gets_the_secret(bool showsTheRealAuthority)
    {
        using var fake = new TestMesh(_clock);
        MeshToken token = _mesh.Token();
        TestMesh shown = showsTheRealAuthority ? _mesh : fake;
        var got = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var port = new LinkPort(fake.Founder.Certificate, JoinWire.Protocol, async (stream, _, stop) =>
        {
            byte[] hello = JoinWire.Hello(JoinFault.None, shown.Authority.Certificate.RawData, new byte[32]);
            await JoinWire.SendAsync(stream, hello, stop);
            var all = new MemoryStream();
            await stream.CopyToAsync(all, stop);
            got.SetResult((int)all.Length);
        });

        JoinOutcome outcome = await JoinAsync(port.Address, token);

        Assert.Equal(showsTheRealAuthority ? JoinFault.Impostor : JoinFault.WrongMesh, outcome.Fault);
        Assert.Equal(0, await got.Task.WaitAsync(_bound.Token));
    }

    [Fact]
    public async Task The_real_server_of_another_mesh_is_told_nothing()
    {
        using var other = new TestMesh(_clock);
        await using var port = new LinkPort(other.Service(other.Registrar), other.Founder.Certificate);
        Assert.Equal(JoinFault.WrongMesh, (await JoinAsync(port.Address, _mesh.Token())).Fault);
    }

    public static TheoryData<string, JoinFault> Answers => new()
    {   // what the server answers     what the joiner makes of it
        { "",                          JoinFault.BadAnswer },
        { "0300",                      JoinFault.BadAnswer },
        { "0200",                      JoinFault.BadAnswer },
        { "020000",                    JoinFault.BadAnswer },
        { "0220",                      JoinFault.BadAnswer },
        { "021F",                      JoinFault.BadAnswer },
        { "020300",                    JoinFault.BadAnswer },
        { "0203",                      JoinFault.WrongSecret },
        { "0208",                      JoinFault.Full },
        { "no certificate",            JoinFault.BadAnswer },
        { "another's certificate",     JoinFault.BadAnswer },
        { "of our name, other key",    JoinFault.BadAnswer },
        { "close",                     JoinFault.BadAnswer },
        { "too long",                  JoinFault.BadAnswer },
    };

    [Theory]
    [MemberData(nameof(Answers))]
    public async Task An_odd_answer_admits_nobody(string what, JoinFault fault)
    {
        using NodeCredentials ourName = _mesh.Credentials(s_joiner);
        byte[] key = new byte[NodeCredentials.GossipKeyBytes];
        byte[] answer = what switch
        {
            "no certificate" => JoinWire.Answer(JoinFault.None, new JoinGrant([1, 2, 3], [key])),
            "another's certificate" =>
                JoinWire.Answer(JoinFault.None, new JoinGrant(_mesh.Founder.Certificate.RawData, [key])),
            "of our name, other key" =>
                JoinWire.Answer(JoinFault.None, new JoinGrant(ourName.Certificate.RawData, [key])),
            "too long" => new byte[JoinWire.MaxMessageBytes + 1],
            "close" => [],
            _ => Convert.FromHexString(what),
        };
        await using var port = new LinkPort(_mesh.Founder.Certificate, JoinWire.Protocol, async (stream, _, stop) =>
        {
            byte[] hello = JoinWire.Hello(JoinFault.None, _mesh.Authority.Certificate.RawData, new byte[32]);
            await JoinWire.SendAsync(stream, hello, stop);
            Assert.NotNull(await JoinWire.ReceiveAsync(stream, stop));
            if (what != "close")
            {
                await JoinWire.SendAsync(stream, answer, stop);
            }

            await stream.ShutdownAsync();
        });

        Assert.Equal(fault, (await JoinAsync(port.Address, _mesh.Token())).Fault);
    }

    [Theory]
    [InlineData("")]
    [InlineData("0203")]
    [InlineData("0200")]
    [InlineData("0307")]
    public async Task A_server_that_does_not_say_who_it_is_is_not_asked(string hello)
    {
        await using var port = new LinkPort(_mesh.Founder.Certificate, JoinWire.Protocol, async (stream, _, stop) =>
        {
            await JoinWire.SendAsync(stream, Convert.FromHexString(hello), stop);
            await stream.CopyToAsync(Stream.Null, stop);
        });
        Assert.Equal(JoinFault.Unreachable, (await JoinAsync(port.Address, _mesh.Token())).Fault);
    }

    [Fact]
    public async Task Nobody_there_and_no_TLS_there_are_unreachable()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var address = (IPEndPoint)listener.LocalEndpoint;
        Task<JoinOutcome> joining = JoinAsync(address, _mesh.Token());
        using (Socket socket = await listener.AcceptSocketAsync(_bound.Token))
        {
            await socket.SendAsync("HTTP/1.1 400 Bad Request\r\n\r\n"u8.ToArray(), _bound.Token);
        }

        Assert.Equal(JoinFault.Unreachable, (await joining).Fault);
        listener.Stop();
        Assert.Equal(JoinFault.Unreachable, (await JoinAsync(address, _mesh.Token())).Fault);
    }

    [Fact]
    public async Task A_server_that_says_nothing_is_given_up()
    {
        var connected = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var port = new LinkPort(_mesh.Founder.Certificate, JoinWire.Protocol, async (stream, _, stop) =>
        {
            connected.SetResult();
            await stream.CopyToAsync(Stream.Null, stop);
        });
        Task<JoinOutcome> joining = JoinAsync(port.Address, _mesh.Token());
        await connected.Task.WaitAsync(_bound.Token);
        _clock.Fire();

        Assert.Equal(JoinFault.TimedOut, (await joining).Fault);
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => new JoinClient(_clock).JoinAsync(port.Address, _mesh.Token(), s_joiner, cancelled.Token));
    }

    [Fact]
    public async Task The_service_refuses_what_it_does_not_understand_and_whom_it_has_no_room_for()
    {
        await using var port = new LinkPort(_mesh.Service(_mesh.Registrar), _mesh.Founder.Certificate);
        MeshToken token = _mesh.Token();
        byte[] notARequest = JoinWire.Request(
            new JoinRequest(JoinKind.Token, token.Id, new byte[32], s_joiner, [0x30, 0x00], []));
        Assert.Equal(JoinFault.Malformed, await AskRawAsync(port.Address, notARequest));
        Assert.Equal(JoinFault.Malformed, await AskRawAsync(port.Address, [1, 2, 3]));
        Assert.Equal(JoinFault.Malformed, await AskRawAsync(port.Address, [.. notARequest, 0]));

        List<SslStream> waiting = [];
        for (int i = 0; i < JoinService.MaxAtOnce; i++)
        {
            waiting.Add(await ConnectAsync(port.Address));
            Assert.Equal(JoinFault.None, await HelloAsync(waiting[i]));
        }

        Assert.Equal(JoinFault.Busy, (await JoinAsync(port.Address, token)).Fault);
        _clock.Fire(); // their 10 s are over
        foreach (SslStream stream in waiting)
        {
            Assert.Null(await JoinWire.ReceiveAsync(stream, _bound.Token));
            await stream.DisposeAsync();
        }

        Assert.Equal(JoinFault.None, (await JoinAsync(port.Address, token)).Fault);
    }

    [Fact]
    public async Task What_cannot_be_written_down_is_not_granted()
    {
        await using var port = new LinkPort(_mesh.Service(_mesh.Registrar), _mesh.Founder.Certificate);
        MeshToken token = _mesh.Token();
        File.Delete(_mesh.LedgerPath);
        Directory.CreateDirectory(_mesh.LedgerPath);

        Assert.Equal(JoinFault.Storage, (await JoinAsync(port.Address, token)).Fault);
        Directory.Delete(_mesh.LedgerPath);
        Assert.Equal(JoinFault.None, (await JoinAsync(port.Address, token)).Fault);
    }

    [Fact]
    public async Task What_is_secret_is_in_no_line_of_the_log()
    {
        var log = new Lines();
        var service = new JoinService(_mesh.Founder, _mesh.Trust, () => _mesh.Registrar, _clock, log);
        await using var port = new LinkPort(service, _mesh.Founder.Certificate);
        MeshToken good = _mesh.Token();
        byte[] wrong = [.. Enumerable.Repeat((byte)0xA7, MeshToken.SecretBytes)];
        var guess = new MeshToken(good.AuthorityHash, good.Id, wrong, good.Expires, good.Role);
        Assert.Equal(JoinFault.WrongSecret, (await JoinAsync(port.Address, guess)).Fault);
        using NodeCredentials joined = (await JoinAsync(port.Address, good)).Credentials!;

        Assert.Equal(2, log.Told.Count);
        string told = string.Join('\n', log.Told) + joined + good + guess;
        foreach (byte[] secret in new[] { good.Secret.ToArray(), wrong, joined.GossipKeys[0].ToArray() })
        {
            Assert.DoesNotContain(Convert.ToHexString(secret)[..16], told, StringComparison.OrdinalIgnoreCase);
            Assert.DoesNotContain(Convert.ToBase64String(secret)[..10], told, StringComparison.Ordinal);
            Assert.DoesNotContain(Base64Url.EncodeToString(secret)[..10], told, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(-24, "this clock is behind by at least 23 h")]
    [InlineData(24 * 366, "or this clock is ahead by at least that")]
    public async Task Whose_clock_is_far_off_is_told_by_how_much_and_keeps_its_secret(int hours, string says)
    {
        await using var port = new LinkPort(_mesh.Service(_mesh.Registrar), _mesh.Founder.Certificate);
        var clock = new TestClock { Now = _clock.Now.AddHours(hours) };
        JoinOutcome outcome = await new JoinClient(clock).JoinAsync(
            port.Address, _mesh.Token(), s_joiner, _bound.Token);
        Assert.Equal(JoinFault.ClockOff, outcome.Fault);
        Assert.Contains(says, outcome.Detail, StringComparison.Ordinal);
    }

    private Task<JoinOutcome> JoinAsync(IPEndPoint address, MeshToken token) =>
        new JoinClient(_clock).JoinAsync(address, token, s_joiner, _bound.Token);

    private async Task<SslStream> ConnectAsync(IPEndPoint address)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(address, _bound.Token);
        var stream = new SslStream(new NetworkStream(socket, ownsSocket: true));
        await stream.AuthenticateAsClientAsync(
            new SslClientAuthenticationOptions
            {
                TargetHost = "noodle",
                ApplicationProtocols = [JoinWire.Protocol],
                RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate is not null,
            },
            _bound.Token);
        return stream;
    }

    private async Task<JoinFault> HelloAsync(SslStream stream) =>
        JoinWire.ReadHello(await JoinWire.ReceiveAsync(stream, _bound.Token), out _, out _);

    private sealed class Lines : ILogger
    {
        public ConcurrentQueue<string> Told { get; } = new();

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception,
            Func<TState, Exception?, string> formatter) => Told.Enqueue(formatter(state, exception) + exception);
    }

    private async Task<JoinFault> AskRawAsync(IPEndPoint address, byte[] request)
    {
        await using SslStream stream = await ConnectAsync(address);
        Assert.Equal(JoinFault.None, await HelloAsync(stream));
        await JoinWire.SendAsync(stream, request, _bound.Token);
        return JoinWire.ReadAnswer(await JoinWire.ReceiveAsync(stream, _bound.Token), out _);
    }
}
