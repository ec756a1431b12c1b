using System.Net;
using Noodle.Primitives;

namespace NoodleNet.Runtime.Link.Datagrams;

/// <summary>Puts a datagram on the wire; false when it cannot be sent, which counts as lost on the way.</summary>
public delegate bool LinkDatagramSender(ReadOnlySpan<byte> datagram, SocketAddress to);

/// <summary>Takes the payload of a datagram, on the thread that received it; the memory is its until it returns.
/// </summary>
public delegate void LinkDatagramReceiver(NodeId from, ReadOnlySpan<byte> payload);
