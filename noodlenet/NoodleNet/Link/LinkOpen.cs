using System.Buffers.Binary;
using System.Text.Unicode;

namespace NoodleNet.Link;

/// <summary>The fixed part of OPEN: what is asked, in the form in which it is written and read.</summary>
/// <remarks><code>
/// meta length u16 | present u8 | hops u8 | priority u8 | method length u8 | trace length u8 | 0 u8 |
/// key 16 bytes | timeout in microseconds i64 | body length i64 | method | trace | (newer fields) | message header
/// present: 1 the timeout, 2 the body length. Meta length counts everything before the message header.
/// </code></remarks>
public ref struct LinkOpen
{
    /// <summary>Longest method name in bytes.</summary>
    public const int MaxMethod = 64;

    /// <summary>Longest trace context in bytes.</summary>
    public const int MaxTrace = 64;

    private const int FixedSize = 40;

    public ReadOnlySpan<byte> Method { get; set; }

    public ReadOnlySpan<byte> Trace { get; set; }

    public ReadOnlySpan<byte> Header { get; set; }

    public TimeSpan? Timeout { get; set; }

    /// <summary>Length of the body, -1 when it is not known.</summary>
    public long BodyLength { get; set; }

    public Guid Key { get; set; }

    public byte Hops { get; set; }

    public LinkPriority Priority { get; set; }

    /// <summary>Length of the payload for these lengths.</summary>
    public static int GetLength(int method, int trace, int header) => FixedSize + method + trace + header;

    /// <summary>Writes the payload and returns its length.</summary>
    public readonly int Write(Span<byte> destination)
    {
        int meta = FixedSize + Method.Length + Trace.Length;
        BinaryPrimitives.WriteUInt16BigEndian(destination, (ushort)meta);
        destination[2] = (byte)((Timeout is null ? 0 : 1) | (BodyLength < 0 ? 0 : 2));
        destination[3] = Hops;
        destination[4] = (byte)Priority;
        destination[5] = (byte)Method.Length;
        destination[6] = (byte)Trace.Length;
        destination[7] = 0;
        Key.TryWriteBytes(destination[8..], bigEndian: true, out _);
        BinaryPrimitives.WriteInt64BigEndian(destination[24..],
            (Timeout ?? default).Ticks / TimeSpan.TicksPerMicrosecond);
        BinaryPrimitives.WriteInt64BigEndian(destination[32..], long.Max(BodyLength, 0));
        Method.CopyTo(destination[FixedSize..]);
        Trace.CopyTo(destination[(FixedSize + Method.Length)..]);
        Header.CopyTo(destination[meta..]);
        return meta + Header.Length;
    }

    /// <summary>Reads a payload; the spans point into it.</summary>
    public static LinkFault Read(ReadOnlySpan<byte> source, out LinkOpen open)
    {
        open = default;
        if (source.Length < FixedSize)
        {
            return LinkFault.MalformedFrame;
        }

        int meta = BinaryPrimitives.ReadUInt16BigEndian(source);
        int method = source[5];
        int trace = source[6];
        long timeout = BinaryPrimitives.ReadInt64BigEndian(source[24..]);
        long body = BinaryPrimitives.ReadInt64BigEndian(source[32..]);
        if (meta < FixedSize + method + trace || meta > source.Length || meta > LinkFrame.MaxMeta
            || source.Length - meta > LinkFrame.MaxHeader
            || method is 0 or > MaxMethod || trace > MaxTrace || timeout < 0 || body < 0)
        {
            return LinkFault.MalformedFrame;
        }

        open.Method = source.Slice(FixedSize, method);
        if (!Utf8.IsValid(open.Method))
        {
            return LinkFault.MalformedFrame;
        }

        open.Trace = source.Slice(FixedSize + method, trace);
        open.Header = source[meta..];
        open.Timeout = (source[2] & 1) == 0 ? null
            : new TimeSpan(long.Min(timeout,
                TimeSpan.MaxValue.Ticks / TimeSpan.TicksPerMicrosecond) * TimeSpan.TicksPerMicrosecond);
        open.BodyLength = (source[2] & 2) == 0 ? -1 : body;
        open.Key = new Guid(source.Slice(8, 16), bigEndian: true);
        open.Hops = source[3];
        open.Priority = source[4] > (byte)LinkPriority.High ? LinkPriority.Normal : (LinkPriority)source[4];
        return LinkFault.None;
    }
}
