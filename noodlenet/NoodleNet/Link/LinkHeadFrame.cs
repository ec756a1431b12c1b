using System.Buffers.Binary;

namespace NoodleNet.Link;

/// <summary>HEAD: how a call went, and the header of its answer, in the form in which it is written and read.</summary>
/// <remarks><code>
/// meta length u16 | status u16 | body length i64, -1 not known | message length u16 | message | (newer fields) |
/// header
/// Meta length counts everything before the message header.
/// </code></remarks>
public ref struct LinkHeadFrame
{
    /// <summary>Longest message in bytes of UTF-8; a longer one is cut.</summary>
    public const int MaxMessage = 1024;

    private const int FixedSize = 14;

    public LinkStatus Status { get; set; }

    /// <summary>Length of the body, -1 when it is not known.</summary>
    public long BodyLength { get; set; }

    public ReadOnlySpan<byte> Message { get; set; }

    public ReadOnlySpan<byte> Header { get; set; }

    /// <summary>Length of the payload for these lengths.</summary>
    public static int GetLength(int message, int header) => FixedSize + message + header;

    /// <summary>Writes the payload and returns its length.</summary>
    public readonly int Write(Span<byte> destination)
    {
        int meta = FixedSize + Message.Length;
        BinaryPrimitives.WriteUInt16BigEndian(destination, (ushort)meta);
        BinaryPrimitives.WriteUInt16BigEndian(destination[2..], (ushort)Status);
        BinaryPrimitives.WriteInt64BigEndian(destination[4..], BodyLength);
        BinaryPrimitives.WriteUInt16BigEndian(destination[12..], (ushort)Message.Length);
        Message.CopyTo(destination[FixedSize..]);
        Header.CopyTo(destination[meta..]);
        return meta + Header.Length;
    }

    /// <summary>Reads a payload; the spans point into it. A status of a newer peer reads as Failed.</summary>
    public static LinkFault Read(ReadOnlySpan<byte> source, out LinkHeadFrame head)
    {
        head = default;
        if (source.Length < FixedSize)
        {
            return LinkFault.MalformedFrame;
        }

        int meta = BinaryPrimitives.ReadUInt16BigEndian(source);
        int message = BinaryPrimitives.ReadUInt16BigEndian(source[12..]);
        head.BodyLength = BinaryPrimitives.ReadInt64BigEndian(source[4..]);
        if (meta < FixedSize + message || meta > source.Length || meta > LinkFrame.MaxMeta || message > MaxMessage
            || source.Length - meta > LinkFrame.MaxHeader || head.BodyLength < -1)
        {
            return LinkFault.MalformedFrame;
        }

        int status = BinaryPrimitives.ReadUInt16BigEndian(source[2..]);
        head.Status = LinkStatusCode.Read(status);
        head.Message = source.Slice(FixedSize, message);
        head.Header = source[meta..];
        return LinkFault.None;
    }
}

/// <summary>Statuses as numbers on the wire.</summary>
public static class LinkStatusCode
{
    /// <summary>The status of a number; one that a newer peer made up reads as Failed.</summary>
    public static LinkStatus Read(long code) =>
        code is >= 0 and <= (long)LinkStatus.Broken ? (LinkStatus)code : LinkStatus.Failed;
}
