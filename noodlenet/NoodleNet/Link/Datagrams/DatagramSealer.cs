using System.Buffers.Binary;
using System.Security.Cryptography;

namespace NoodleNet.Link.Datagrams;

/// <summary>Seals what goes to one peer under one key; no counter is used twice.</summary>
/// <remarks>Bound: <see cref="MaxCount"/> datagrams a key. Cost: no allocation a datagram.</remarks>
public sealed class DatagramSealer : IDisposable
{
    /// <summary>Bytes of a key.</summary>
    public const int KeySize = 32;

    /// <summary>Datagrams after which the key is used up.</summary>
    public const ulong MaxCount = 1ul << 32;

    private readonly AesGcm _cipher;
    private readonly uint _channel;

    /// <param name="channel">What the receiver wants this key to be called.</param>
    /// <param name="key">32 secret bytes that were never used before.</param>
    public DatagramSealer(uint channel, ReadOnlySpan<byte> key)
    {
        _channel = channel;
        _cipher = new AesGcm(key, DatagramFrame.TagSize);
    }

    /// <summary>Datagrams sealed so far; the counter of the next.</summary>
    public ulong Count { get; internal set; }

    /// <summary>Writes a datagram and returns its length; 0 when the key is used up.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The payload is too long.</exception>
    public int Seal(DatagramKind kind, ulong sequence, ReadOnlySpan<byte> payload, Span<byte> destination)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(payload.Length, DatagramFrame.MaxPayload);
        if (Count >= MaxCount)
        {
            return 0;
        }

        Span<byte> header = destination[..DatagramFrame.HeaderSize];
        header[0] = DatagramFrame.Marker;
        header[1] = DatagramFrame.Version;
        BinaryPrimitives.WriteUInt32BigEndian(header[2..], _channel);
        BinaryPrimitives.WriteUInt64BigEndian(header[6..], Count++);
        Span<byte> plain = stackalloc byte[DatagramFrame.InnerSize + DatagramFrame.MaxPayload];
        plain = plain[..(DatagramFrame.InnerSize + payload.Length)];
        plain[0] = (byte)kind;
        BinaryPrimitives.WriteUInt64BigEndian(plain[1..], sequence);
        payload.CopyTo(plain[DatagramFrame.InnerSize..]);
        int tagAt = DatagramFrame.HeaderSize + plain.Length;
        _cipher.Encrypt(
            header[2..], plain, destination[DatagramFrame.HeaderSize..tagAt],
            destination.Slice(tagAt, DatagramFrame.TagSize), header);
        return tagAt + DatagramFrame.TagSize;
    }

    public void Dispose() => _cipher.Dispose();
}
