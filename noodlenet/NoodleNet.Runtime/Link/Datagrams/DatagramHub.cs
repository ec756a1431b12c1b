using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using Noodle.Primitives;
using NoodleNet.Link.Datagrams;

namespace NoodleNet.Runtime.Link.Datagrams;

/// <summary>Finds the peer of each datagram by its channel, and gives what is genuine to the application.</summary>
/// <remarks>Bound: two channels a connected peer. A channel that nobody has costs one look-up and no cipher.</remarks>
internal sealed class DatagramHub(DatagramOptions options, ILogger log)
{
    private readonly ConcurrentDictionary<uint, (DatagramSession Session, DatagramOpener Opener)> _channels = new();
    private LinkDatagramSender? _send;

    /// <summary>Raised for each payload, on the thread that received it.</summary>
    public event LinkDatagramReceiver? Received;

    public DatagramOptions Options => options;

    public int ChannelCount => _channels.Count;

    public void Start(LinkDatagramSender send) => _send = send;

    public void Send(ReadOnlySpan<byte> datagram, SocketAddress to) => _send?.Invoke(datagram, to);

    /// <summary>Gives a key a name that no stranger guesses.</summary>
    public uint Add(DatagramSession session, DatagramOpener opener)
    {
        while (true)
        {
            uint channel = BitConverter.ToUInt32(RandomNumberGenerator.GetBytes(sizeof(uint)));
            if (channel != 0 && _channels.TryAdd(channel, (session, opener)))
            {
                return channel;
            }
        }
    }

    public void Remove(uint channel) => _channels.TryRemove(channel, out _);

    /// <summary>Opens a datagram and delivers what it carries.</summary>
    public DatagramFault Take(ReadOnlySpan<byte> datagram)
    {
        Span<byte> payload = stackalloc byte[DatagramFrame.MaxPayload];
        int length = -1;
        NodeId from = default;
        DatagramFault fault = !DatagramFrame.TryReadChannel(datagram, out uint channel) ? DatagramFault.Malformed
            : !_channels.TryGetValue(channel, out (DatagramSession Session, DatagramOpener Opener) known)
                ? DatagramFault.UnknownChannel
            : known.Session.Take(datagram, known.Opener, payload, out length, out from);
        if (fault != DatagramFault.None)
        {
            Log.LinkDatagramDropped(log, fault);
        }
        else if (length >= 0)
        {
            Deliver(from, payload[..length]);
        }

        return fault;
    }

    private void Deliver(NodeId from, ReadOnlySpan<byte> payload)
    {
        foreach (LinkDatagramReceiver receiver in Delegate.EnumerateInvocationList(Received))
        {
            try
            {
                receiver(from, payload);
            }
            catch (Exception error) // a receiver's fault is neither the link's nor that of the next one
            {
                Log.LinkDatagramReceiverFailed(log, error);
            }
        }
    }
}
