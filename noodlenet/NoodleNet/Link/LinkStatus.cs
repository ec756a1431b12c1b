namespace NoodleNet.Link;

/// <summary>How one call ended, as both ends see it. The numbers are on the wire and never change.</summary>
public enum LinkStatus
{
    /// <summary>The handler answered.</summary>
    Ok = 0,

    /// <summary>One end gave the call up before it was answered.</summary>
    Cancelled = 1,

    /// <summary>The deadline of the call passed before the answer was whole; both ends fire it.</summary>
    DeadlineExceeded = 2,

    /// <summary>The handler does not want this call: not allowed, or not valid.</summary>
    Refused = 3,

    /// <summary>Nobody answers to this method name at that node.</summary>
    UnknownMethod = 4,

    /// <summary>The node cannot serve it now, another may: it drains, or what the call needs is not there.</summary>
    Unavailable = 5,

    /// <summary>The connection ended first; whether the call ran is not known.</summary>
    ConnectionLost = 6,

    /// <summary>A header or body is longer than the receiver takes.</summary>
    TooLarge = 7,

    /// <summary>The handler broke, or never answered. What went wrong stays in the log of its node.</summary>
    Failed = 8,

    /// <summary>As many calls are open between the two nodes as may be; nothing was sent or run.</summary>
    Busy = 9,

    /// <summary>The receiver has no memory left for the body.</summary>
    Exhausted = 10,

    /// <summary>
    /// The other end broke the rules of this stream, such as a body of another length than announced.
    /// </summary>
    Broken = 11,
}

/// <summary>Which of several waiting messages is written first.</summary>
public enum LinkPriority
{
    /// <summary>Bulk work that may wait.</summary>
    Low = 0,

    /// <summary>Ordinary calls.</summary>
    Normal = 1,

    /// <summary>Short messages that somebody waits for.</summary>
    High = 2,
}
