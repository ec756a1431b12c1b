using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace NoodleNet.Runtime.Tests.Discovery;

/// <summary>A name server on loopback that knows what the test tells it; for any other name it says that there is
/// none.</summary>
internal sealed class TestDns : IAsyncDisposable
{
    private const ushort TypeA = 1, TypeAaaa = 28, TypeSrv = 33;
    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
    private readonly ConcurrentDictionary<string, Zone> _zones = new(StringComparer.OrdinalIgnoreCase);
    private readonly Task _serving;
    private int _asked;

    public TestDns()
    {
        _socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _serving = ServeAsync();
    }

    public IPEndPoint Address => (IPEndPoint)_socket.LocalEndPoint!;

    /// <summary>Questions so far.</summary>
    public int Asked => Volatile.Read(ref _asked);

    public bool IsSilent { get; set; }

    public void SetHost(string name, int life, params string[] addresses) => _zones[name] = new Zone(
        [.. addresses.Select(IPAddress.Parse).Select(address => new Record(
            name, address.AddressFamily == AddressFamily.InterNetwork ? TypeA : TypeAaaa, life,
            address.GetAddressBytes()))],
        []);

    public void SetService(
        string name, int life, (int Priority, int Port, string Target)[] targets,
        params (string Host, string Address)[] glue) => _zones[name] = new Zone(
        [.. targets.Select(target => new Record(name, TypeSrv, life,
            [0, (byte)target.Priority, 0, 1, (byte)(target.Port >> 8), (byte)target.Port, .. Name(target.Target)]))],
        [.. glue.Select(pair => new Record(pair.Host, TypeA, life, IPAddress.Parse(pair.Address).GetAddressBytes()))]);

    public void Remove(string name) => _zones.TryRemove(name, out _);

    public async ValueTask DisposeAsync()
    {
        _socket.Dispose();
        await _serving;
    }

    private async Task ServeAsync()
    {
        var buffer = new byte[1500];
        try
        {
            while (true)
            {
                SocketReceiveFromResult received = await _socket.ReceiveFromAsync(
                    buffer, SocketFlags.None, new IPEndPoint(IPAddress.Any, 0));
                Interlocked.Increment(ref _asked);
                if (!IsSilent)
                {
                    await _socket.SendToAsync(
                        Answer(buffer.AsSpan(0, received.ReceivedBytes)), SocketFlags.None, received.RemoteEndPoint);
                }
            }
        }
        catch (Exception e) when (e is ObjectDisposedException or SocketException)
        {
            // the test is over
        }
    }

    private byte[] Answer(ReadOnlySpan<byte> question)
    {
        int at = 12;
        var labels = new List<string>();
        for (; question[at] != 0; at += 1 + question[at])
        {
            labels.Add(Encoding.ASCII.GetString(question.Slice(at + 1, question[at])));
        }

        ushort type = BinaryPrimitives.ReadUInt16BigEndian(question[(at + 1)..]);
        ReadOnlySpan<byte> asked = question[12..(at + 5)];
        bool known = _zones.TryGetValue(string.Join('.', labels), out Zone? zone);
        Record[] answers = known ? [.. zone!.Answers.Where(record => record.Type == type)] : [];
        Record[] more = known ? zone!.More : [];
        return
        [
            .. question[..2], 0x81, known ? (byte)0x80 : (byte)0x83, 0, 1, 0, (byte)answers.Length, 0, 0, 0,
            (byte)more.Length, .. asked, .. answers.SelectMany(Write), .. more.SelectMany(Write),
        ];
    }

    private static byte[] Write(Record record) =>
    [
        .. Name(record.Name), 0, (byte)record.Type, 0, 1, (byte)(record.Life >> 24), (byte)(record.Life >> 16),
        (byte)(record.Life >> 8), (byte)record.Life, 0, (byte)record.Data.Length, .. record.Data,
    ];

    private static byte[] Name(string name) =>
    [
        .. name.Split('.', StringSplitOptions.RemoveEmptyEntries)
            .SelectMany(label => (byte[])[(byte)label.Length, .. Encoding.ASCII.GetBytes(label)]), 0,
    ];

    private sealed record Record(string Name, ushort Type, int Life, byte[] Data);

    private sealed record Zone(Record[] Answers, Record[] More);
}
