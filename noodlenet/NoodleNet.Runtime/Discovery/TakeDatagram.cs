namespace NoodleNet.Runtime.Discovery;

/// <summary>Takes a datagram that is none of gossip; its memory is the taker's until it returns.</summary>
public delegate void TakeDatagram(ReadOnlySpan<byte> datagram);
