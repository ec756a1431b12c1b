using System.Buffers.Binary;

namespace NoodleNet.Link;

/// <summary>What a frame is. The numbers are on the wire and never change; unknown ones are skipped.</summary>
public enum LinkFrameType : byte
{
    /// <summary>First frame of each end: versions, node id, settings.</summary>
    Hello = 1,

    /// <summary>Opens a stream: what is asked.</summary>
    Open = 2,

    /// <summary>Answers a stream: how it went, and the header of the answer.</summary>
    Head = 3,

    /// <summary>Bytes of a body.</summary>
    Data = 4,

    /// <summary>Room for more body bytes; stream 0 is the whole connection.</summary>
    Credit = 5,

    /// <summary>Ends a stream at once, with a status.</summary>
    Cancel = 6,

    /// <summary>Asks for a PONG with the same value.</summary>
    Ping = 7,

    /// <summary>Answers a PING.</summary>
    Pong = 8,

    /// <summary>
    /// The sender opens no more streams; when both have said so and none is open, the connection ends.
    /// </summary>
    GoAway = 9,
}

/// <summary>The fixed start of each frame.</summary>
/// <remarks>
/// Meaning: payload length u32, type u8, flags u8, reserved u16 (written 0, not read), stream u32; big-endian.
/// </remarks>
/// <param name="Length">Bytes after the frame header.</param>
/// <param name="IsEnd">Flag 1: on OPEN, HEAD and DATA the last frame of that direction.</param>
public readonly record struct LinkFrame(LinkFrameType Type, uint Stream, int Length, bool IsEnd)
{
    /// <summary>Bytes of a frame header.</summary>
    public const int Size = 12;

    /// <summary>Most bytes in a DATA frame that we read.</summary>
    public const int MaxData = 64 * 1024;

    /// <summary>Most bytes in a DATA frame that we write: with its header four TLS records, all of them full.</summary>
    public const int MaxChunk = MaxData - Size;

    /// <summary>Most bytes of message header in OPEN and HEAD.</summary>
    public const int MaxHeader = 64 * 1024;

    /// <summary>Most bytes of OPEN and HEAD before the message header.</summary>
    public const int MaxMeta = 2048;

    /// <summary>Most bytes of a frame, its header included.</summary>
    public const int MaxFrame = Size + MaxMeta + MaxHeader;

    private const byte EndFlag = 1;

    /// <summary>Writes the <see cref="Size"/> bytes of the header.</summary>
    public void Write(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt32BigEndian(destination, (uint)Length);
        BinaryPrimitives.WriteUInt32BigEndian(destination[4..], (uint)Type << 24 | (IsEnd ? (uint)EndFlag << 16 : 0u));
        BinaryPrimitives.WriteUInt32BigEndian(destination[8..], Stream);
    }

    /// <summary>Reads a header and holds it against the table below.</summary>
    /// <remarks><code>
    /// type      payload bytes          stream   END
    /// HELLO     8 to 2048              0        no
    /// OPEN      2 to MaxMeta+MaxHeader not 0    yes
    /// HEAD      2 to MaxMeta+MaxHeader not 0    yes
    /// DATA      0 to MaxData; 0 needs END, not 0, yes
    /// CREDIT    8                      any      no
    /// CANCEL    8                      not 0    no
    /// PING, PONG, GOAWAY  8            0        no
    /// unknown   0 to MaxFrame - Size   any      any
    /// </code></remarks>
    public static LinkFault Read(ReadOnlySpan<byte> source, out LinkFrame frame)
    {
        uint length = BinaryPrimitives.ReadUInt32BigEndian(source);
        var type = (LinkFrameType)source[4];
        bool isEnd = (source[5] & EndFlag) != 0;
        uint stream = BinaryPrimitives.ReadUInt32BigEndian(source[8..]);
        frame = new LinkFrame(type, stream, (int)Math.Min(length, int.MaxValue), isEnd);
        (uint least, uint most) = type switch
        {
            LinkFrameType.Hello => (8u, (uint)MaxMeta),
            LinkFrameType.Open or LinkFrameType.Head => (2u, (uint)(MaxMeta + MaxHeader)),
            LinkFrameType.Data => (isEnd ? 0u : 1u, (uint)MaxData),
            >= LinkFrameType.Credit and <= LinkFrameType.GoAway => (8u, 8u),
            _ => (0u, (uint)(MaxFrame - Size)),
        };
        return length > most ? LinkFault.FrameTooLarge
            : length < least || !StreamFits(type, stream) || (isEnd && !MayEnd(type)) ? LinkFault.MalformedFrame
            : LinkFault.None;
    }

    /// <summary>True for the types that <see cref="Read"/> knows.</summary>
    public static bool IsKnown(LinkFrameType type) => type is >= LinkFrameType.Hello and <= LinkFrameType.GoAway;

    private static bool StreamFits(LinkFrameType type, uint stream) => type switch
    {
        LinkFrameType.Hello or LinkFrameType.Ping or LinkFrameType.Pong or LinkFrameType.GoAway => stream == 0,
        LinkFrameType.Open or LinkFrameType.Head or LinkFrameType.Data or LinkFrameType.Cancel => stream != 0,
        _ => true,
    };

    private static bool MayEnd(LinkFrameType type) =>
        type is LinkFrameType.Open or LinkFrameType.Head or LinkFrameType.Data || !IsKnown(type);
}
