namespace NoodleNet.Link;

/// <summary>What a <see cref="LinkMachine"/> is told.</summary>
public enum LinkInputKind
{
    /// <summary>The secure channel stands: say HELLO.</summary>
    Start,

    /// <summary>The peer's HELLO was read.</summary>
    Hello,

    /// <summary>A frame header was read; the payload of OPEN, HEAD and the 8-byte frames as well.</summary>
    Frame,

    /// <summary>Some bytes arrived, in the middle of a frame.</summary>
    Heard,

    /// <summary>The application opens a stream.</summary>
    Open,

    /// <summary>The application answers a stream.</summary>
    Answer,

    /// <summary>More bytes are there to be sent, or the end.</summary>
    Send,

    /// <summary>Received bytes were taken, or thrown away.</summary>
    Consumed,

    /// <summary>Memory for the whole announced body is there: grant it all.</summary>
    Expect,

    /// <summary>The application ends a stream at once.</summary>
    Cancel,

    /// <summary>Open nothing more, finish what is open, then end.</summary>
    Drain,

    /// <summary>The host can write this many bytes now, frame headers included.</summary>
    Room,

    /// <summary>The channel broke, or the host found a fault that ends it.</summary>
    Fail,
}

/// <summary>One input of a <see cref="LinkMachine"/>, made by the factories below.</summary>
public readonly struct LinkInput
{
    private LinkInput(LinkInputKind kind, uint stream = 0, long value = 0, bool isEnd = false)
    {
        Kind = kind;
        Frame = new LinkFrame(0, stream, 0, isEnd);
        Value = value;
        Total = -1;
    }

    internal LinkInputKind Kind { get; }

    internal LinkFrame Frame { get; private init; }

    internal long Value { get; private init; }

    internal long Total { get; private init; }

    internal TimeSpan? Timeout { get; private init; }

    internal LinkPriority Priority { get; private init; }

    internal LinkSettings Settings { get; private init; }

    public static LinkInput Start { get; } = new(LinkInputKind.Start);

    public static LinkInput Heard { get; } = new(LinkInputKind.Heard);

    public static LinkInput Drain { get; } = new(LinkInputKind.Drain);

    public static LinkInput Hello(LinkSettings settings) => new(LinkInputKind.Hello) { Settings = settings };

    /// <summary>DATA, or a frame whose payload does not matter.</summary>
    public static LinkInput Received(LinkFrame frame) => new(LinkInputKind.Frame) { Frame = frame };

    /// <summary>CREDIT, CANCEL, PING, PONG, GOAWAY with their 8 bytes.</summary>
    public static LinkInput Received(LinkFrame frame, long value) =>
        new(LinkInputKind.Frame, value: value) { Frame = frame };

    /// <summary>OPEN, or HEAD without <paramref name="timeout"/>; a total of -1 is not known.</summary>
    public static LinkInput Received(LinkFrame frame, long total, TimeSpan? timeout, LinkPriority priority) =>
        new(LinkInputKind.Frame) { Frame = frame, Total = total, Timeout = timeout, Priority = priority };

    /// <summary>Opens a stream whose OPEN payload has <paramref name="length"/> bytes.</summary>
    public static LinkInput Open(int length, TimeSpan? timeout, LinkPriority priority) =>
        new(LinkInputKind.Open, value: length) { Timeout = timeout, Priority = priority };

    /// <summary>Answers with a HEAD payload of <paramref name="length"/> bytes.</summary>
    public static LinkInput Answer(uint stream, int length) => new(LinkInputKind.Answer, stream, length);

    public static LinkInput Send(uint stream, long bytes, bool isEnd) => new(LinkInputKind.Send, stream, bytes, isEnd);

    public static LinkInput Consumed(uint stream, long bytes) => new(LinkInputKind.Consumed, stream, bytes);

    public static LinkInput Expect(uint stream) => new(LinkInputKind.Expect, stream);

    public static LinkInput Cancel(uint stream, LinkStatus status) => new(LinkInputKind.Cancel, stream, (long)status);

    public static LinkInput Room(int bytes) => new(LinkInputKind.Room, value: bytes);

    public static LinkInput Fail(LinkFault fault) => new(LinkInputKind.Fail, value: (long)fault);
}
