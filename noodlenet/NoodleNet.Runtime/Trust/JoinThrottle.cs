using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace NoodleNet.Runtime.Trust;

/// <summary>Makes whoever guesses secrets wait.</summary>
/// <remarks>
/// Meaning: after 5 wrong guesses within a minute from one address (of IPv6: one /64), that address is not heard until
/// the minute is over. Bound: 1,024 addresses are remembered; while all of them are fresh, a new guesser is not heard.
/// </remarks>
internal sealed class JoinThrottle
{
    public const int MaxWrong = 5;
    public const int MaxAddresses = 1024;
    public static readonly TimeSpan Window = TimeSpan.FromMinutes(1);

    private readonly Lock _lock = new();
    private readonly Dictionary<UInt128, (DateTimeOffset Since, int Wrong)> _guessers = [];

    /// <summary>False while the address has to wait.</summary>
    public bool MayTry(IPAddress address, DateTimeOffset now)
    {
        UInt128 key = KeyOf(address);
        lock (_lock)
        {
            Forget(now);
            return _guessers.TryGetValue(key, out (DateTimeOffset, int Wrong) seen)
                ? seen.Wrong < MaxWrong
                : _guessers.Count < MaxAddresses;
        }
    }

    public void CountWrong(IPAddress address, DateTimeOffset now)
    {
        UInt128 key = KeyOf(address);
        lock (_lock)
        {
            Forget(now);
            if (_guessers.TryGetValue(key, out (DateTimeOffset Since, int Wrong) seen))
            {
                _guessers[key] = (seen.Since, seen.Wrong + 1);
            }
            else if (_guessers.Count < MaxAddresses)
            {
                _guessers[key] = (now, 1);
            }
        }
    }

    private void Forget(DateTimeOffset now)
    {
        foreach ((UInt128 key, (DateTimeOffset since, _)) in _guessers)
        {
            if (now - since >= Window)
            {
                _guessers.Remove(key); // removing while enumerating is allowed for a Dictionary
            }
        }
    }

    private static UInt128 KeyOf(IPAddress address)
    {
        IPAddress plain = address.MapToIPv6();
        Span<byte> bytes = stackalloc byte[16];
        plain.TryWriteBytes(bytes, out _);
        if (address.AddressFamily == AddressFamily.InterNetworkV6 && !address.IsIPv4MappedToIPv6)
        {
            bytes[8..].Clear(); // whoever has one address of a /64 has them all
        }

        return BinaryPrimitives.ReadUInt128BigEndian(bytes);
    }
}
