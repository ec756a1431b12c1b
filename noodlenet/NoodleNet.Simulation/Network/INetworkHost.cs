using System.Net;

namespace NoodleNet.Simulation.Network;

/// <summary>What a network delivers to.</summary>
public interface INetworkHost
{
    IPEndPoint EndPoint { get; }

    /// <summary>False while the process is down: datagrams vanish, connections are refused.</summary>
    bool IsUp { get; }

    void ReceiveDatagram(byte[] datagram, IPEndPoint from);

    /// <summary>A connection with one message on it; <paramref name="reply"/> takes the answer, at most once.</summary>
    void ReceiveStream(byte[] request, IPEndPoint from, Action<byte[]> reply);
}
