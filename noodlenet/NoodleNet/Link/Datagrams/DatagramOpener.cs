using System.Buffers.Binary;
using System.Security.Cryptography;

namespace NoodleNet.Link.Datagrams;

/// <summary>Opens what one peer sealed under one key, each datagram once.</summary>
/// <remarks>
/// Meaning: the window is asked before the cipher is, and moved only by what the key proves.
/// Bound: the window of <see cref="ReplayWindow.Size"/>. Cost: no allocation a datagram that is genuine.
/// </remarks>
public sealed class DatagramOpener : IDisposable
{
    private readonly AesGcm _cipher;
    private readonly ReplayWindow _window = new();

    public DatagramOpener(ReadOnlySpan<byte> key) => _cipher = new AesGcm(key, DatagramFrame.TagSize);

    /// <summary>Opens a datagram of this key's channel.</summary>
    /// <param name="plain">At least as long as the datagram; the payload is <paramref name="payload"/> of it.</param>
    public DatagramFault Open(
        ReadOnlySpan<byte> datagram, Span<byte> plain, out DatagramKind kind, out ulong sequence, out Range payload)
    {
        (kind, sequence, payload) = (default, 0, default);
        if (!DatagramFrame.TryReadChannel(datagram, out _))
        {
            return DatagramFault.Malformed;
        }

        ReadOnlySpan<byte> header = datagram[..DatagramFrame.HeaderSize];
        ulong counter = BinaryPrimitives.ReadUInt64BigEndian(header[6..]);
        if (!_window.IsNew(counter))
        {
            return DatagramFault.Replayed;
        }

        plain = plain[..(datagram.Length - DatagramFrame.HeaderSize - DatagramFrame.TagSize)];
        try
        {
            _cipher.Decrypt(
                header[2..], datagram[DatagramFrame.HeaderSize..^DatagramFrame.TagSize],
                datagram[^DatagramFrame.TagSize..], plain, header);
        }
        catch (AuthenticationTagMismatchException)
        {
            return DatagramFault.Forged; // the platform tells it only this way
        }

        if (!_window.TryTake(counter))
        {
            return DatagramFault.Replayed; // the one number that has no successor
        }

        kind = (DatagramKind)plain[0];
        sequence = BinaryPrimitives.ReadUInt64BigEndian(plain[1..]);
        payload = DatagramFrame.InnerSize..plain.Length;
        return kind <= DatagramKind.Answer ? DatagramFault.None : DatagramFault.UnknownKind;
    }

    public void Dispose() => _cipher.Dispose();
}
