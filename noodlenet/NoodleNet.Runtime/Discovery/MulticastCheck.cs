using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using System.Security.Cryptography;

namespace NoodleNet.Runtime.Discovery;

/// <param name="Interface">The interface's name, such as <c>eth0</c>.</param>
/// <param name="Address">The address multicast was sent from.</param>
/// <param name="Fault">Why it did not come back; null when it did.</param>
public sealed record MulticastResult(string Interface, IPAddress Address, string? Fault);

/// <summary>Sends one datagram to the beacons' groups on every interface and sees whether it comes back here.</summary>
/// <remarks>
/// Meaning: multicast that this machine itself does not hear, no other will. That it comes back does not prove that a
/// switch or an access point hands it on. A port of its own is used, so that no node hears it.
/// </remarks>
public static class MulticastCheck
{
    private const int FirstPort = 49_152;
    private const int TokenBytes = 16;

    /// <summary>Tries every place of a scope at once, each for at most <paramref name="limit"/>.</summary>
    public static async Task<IReadOnlyList<MulticastResult>> RunAsync(
        BeaconScope scope, TimeSpan limit, TimeProvider time, CancellationToken cancellation)
    {
        var names = new Dictionary<IPAddress, string>();
        foreach (NetworkInterface card in NetworkInterface.GetAllNetworkInterfaces())
        {
            foreach (UnicastIPAddressInformation at in card.GetIPProperties().UnicastAddresses)
            {
                names.TryAdd(at.Address, card.Name);
            }
        }

        return await Task.WhenAll(BeaconSocket.Places(scope).Select(async place => new MulticastResult(
            names.GetValueOrDefault(place.Address, place.Address.ToString()), place.Address,
            await TryAsync(place.Address, place.Index, limit, time, cancellation).ConfigureAwait(false))))
            .ConfigureAwait(false);
    }

    private static async Task<string?> TryAsync(
        IPAddress address, int index, TimeSpan limit, TimeProvider time, CancellationToken cancellation)
    {
        using var end = new CancellationTokenSource(limit, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(end.Token, cancellation);
        try
        {
            int port = RandomNumberGenerator.GetInt32(FirstPort, ushort.MaxValue);
            using BeaconSocket socket = BeaconSocket.Open(address, index, port);
            byte[] token = RandomNumberGenerator.GetBytes(TokenBytes);
            socket.Send(token);
            byte[] heard = new byte[TokenBytes + 1];
            while (true)
            {
                int count = await socket.Socket.ReceiveAsync(heard.AsMemory(), both.Token).ConfigureAwait(false);
                if (heard.AsSpan(0, count).SequenceEqual(token))
                {
                    return null;
                }
            }
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return "it did not come back";
        }
        catch (SocketException e)
        {
            return e.Message;
        }
    }
}
