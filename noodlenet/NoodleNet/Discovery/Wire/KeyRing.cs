using System.Security.Cryptography;

namespace NoodleNet.Discovery.Wire;

/// <summary>The keys that a mesh's gossip is sealed with; the first seals, all of them open.</summary>
/// <remarks>
/// Bound: 1 to <see cref="MaxKeys"/> keys of 16, 24 or 32 bytes. A key seals with AES-GCM of its length; rotate it
/// long before 2^32 messages. Payload: version, nonce of 12, ciphertext, tag of 16. Version 0 pads to 16, version 1
/// not. Keys change at run time while any thread seals and opens: install a key everywhere, then use it everywhere,
/// then remove the old one. Changes come from one thread at a time.
/// </remarks>
public sealed class KeyRing
{
    public const int MaxKeys = 16;
    public const int NonceBytes = 12;
    internal const int TagBytes = 16;

    /// <summary>What sealing with version 1 adds.</summary>
    public const int OverheadBytes = 1 + NonceBytes + TagBytes;

    /// <summary>What sealing with version 0 adds at most.</summary>
    internal const int PaddedOverheadBytes = OverheadBytes + PadBytes;

    private const int PadBytes = 16;
    private volatile byte[][] _keys; // never changed, only replaced: a reader keeps what it has seen

    /// <exception cref="ArgumentException">No key, too many, or one of another length.</exception>
    public KeyRing(params IReadOnlyList<ReadOnlyMemory<byte>> keys)
    {
        ArgumentNullException.ThrowIfNull(keys);
        if (keys.Count is 0 or > MaxKeys || keys.Any(key => key.Length is not (16 or 24 or 32)))
        {
            throw new ArgumentException(
                $"A gossip key ring has 1 to {MaxKeys} keys of 16, 24 or 32 bytes each.", nameof(keys));
        }

        _keys = [.. keys.Select(key => key.ToArray())];
    }

    /// <summary>The key that seals.</summary>
    public ReadOnlyMemory<byte> Primary => _keys[0];

    /// <summary>Every key, the one that seals first. They are secrets: neither log nor show them.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> All =>
        [.. _keys.Select(key => (ReadOnlyMemory<byte>)key)];

    /// <summary>Adds a key that opens and does not seal yet; one that is there already stays where it is.</summary>
    public KeyRingFault TryInstall(ReadOnlyMemory<byte> key) => Change(keys =>
        key.Length is not (16 or 24 or 32) ? (KeyRingFault.BadLength, keys)
        : Find(keys, key.Span) >= 0 ? (KeyRingFault.None, keys)
        : keys.Length >= MaxKeys ? (KeyRingFault.Full, keys)
        : (KeyRingFault.None, [.. keys, key.ToArray()]));

    /// <summary>Seals with this key from now on.</summary>
    public KeyRingFault TryUse(ReadOnlyMemory<byte> key) => Change(keys => Find(keys, key.Span) is var at and >= 0
        ? (KeyRingFault.None, [keys[at], .. keys[..at], .. keys[(at + 1)..]])
        : (KeyRingFault.Unknown, keys));

    /// <summary>Drops a key that does not seal; one that is not there is dropped already.</summary>
    public KeyRingFault TryRemove(ReadOnlyMemory<byte> key) => Change(keys => Find(keys, key.Span) switch
    {
        0 => (KeyRingFault.InUse, keys),
        > 0 and var at => (KeyRingFault.None, [.. keys[..at], .. keys[(at + 1)..]]),
        _ => (KeyRingFault.None, keys),
    });

    private KeyRingFault Change(Func<byte[][], (KeyRingFault Fault, byte[][] Keys)> change)
    {
        (KeyRingFault fault, _keys) = change(_keys);
        return fault;
    }

    private static int Find(byte[][] keys, ReadOnlySpan<byte> key)
    {
        for (int i = 0; i < keys.Length; i++)
        {
            if (CryptographicOperations.FixedTimeEquals(keys[i], key))
            {
                return i;
            }
        }

        return -1;
    }

    /// <summary>Seals with the first key.</summary>
    /// <param name="nonce">12 bytes that were never used with this key.</param>
    /// <param name="associated">Bound to the message, not sent.</param>
    /// <param name="version">1; 0 only towards peers that speak protocol 1.</param>
    public byte[] Seal(
        ReadOnlySpan<byte> plain, ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> associated, byte version = 1)
    {
        int pad = PadOf(plain.Length, version);
        var padded = new byte[plain.Length + pad];
        plain.CopyTo(padded);
        padded.AsSpan(plain.Length).Fill((byte)pad);
        var payload = new byte[padded.Length + OverheadBytes];
        payload[0] = version;
        nonce.CopyTo(payload.AsSpan(1, NonceBytes));
        using var cipher = new AesGcm(_keys[0], TagBytes);
        cipher.Encrypt(nonce, padded, payload.AsSpan(1 + NonceBytes, padded.Length), payload.AsSpan(^TagBytes..),
            associated);
        return payload;
    }

    /// <summary>What <see cref="Seal"/> gives for that many bytes.</summary>
    internal static int SealedBytes(int plainBytes, byte version) =>
        plainBytes + PadOf(plainBytes, version) + OverheadBytes;

    private static int PadOf(int plainBytes, byte version) =>
        version == 0 ? PadBytes - (plainBytes % PadBytes) : 0;

    /// <summary>Opens with whichever key fits.</summary>
    public WireFault TryOpen(ReadOnlySpan<byte> payload, ReadOnlySpan<byte> associated, out byte[] plain)
    {
        plain = [];
        if (payload.Length < OverheadBytes || (payload[0] == 0 && payload.Length < OverheadBytes + PadBytes))
        {
            return WireFault.Truncated;
        }

        if (payload[0] > 1)
        {
            return WireFault.Undecryptable;
        }

        var opened = new byte[payload.Length - OverheadBytes];
        foreach (byte[] key in _keys)
        {
            if (!TryOpenWith(key, payload, associated, opened))
            {
                continue;
            }

            int pad = payload[0] == 1 ? 0 : opened[^1];
            bool sound = payload[0] == 1 || (pad is >= 1 and <= PadBytes && pad <= opened.Length);
            plain = sound ? opened[..^pad] : [];
            return sound ? WireFault.None : WireFault.Malformed;
        }

        return WireFault.Undecryptable;
    }

    private static bool TryOpenWith(
        byte[] key, ReadOnlySpan<byte> payload, ReadOnlySpan<byte> associated, Span<byte> opened)
    {
        try
        {
            using var cipher = new AesGcm(key, TagBytes);
            cipher.Decrypt(payload.Slice(1, NonceBytes), payload[(1 + NonceBytes)..^TagBytes], payload[^TagBytes..],
                opened, associated);
            return true;
        }
        catch (AuthenticationTagMismatchException)
        {
            return false; // the platform tells it only this way
        }
    }
}
