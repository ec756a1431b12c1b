using NoodleNet.Link;

namespace NoodleNet.Tests.Link;

public sealed class LinkViolationTests
{
    public static TheoryData<string, LinkFrameType, uint, int, bool, long, LinkFault> Violations => new()
    {   // what is tried               type                  stream length end  value  ends with
        { "our own parity",            LinkFrameType.Open,   2,  10, false, -1, LinkFault.BadStream },
        { "an id again",               LinkFrameType.Open,   1,  10, false, -1, LinkFault.BadStream },
        { "data for no stream",        LinkFrameType.Data,   9,  10, false, 0,  LinkFault.BadStream },
        { "data above the window",     LinkFrameType.Data,   1,  70_000, false, 0, LinkFault.CreditExceeded },
        { "a head for their stream",   LinkFrameType.Head,   1,  20, false, -1, LinkFault.UnexpectedFrame },
        { "a head for no stream",      LinkFrameType.Head,   4,  20, false, -1, LinkFault.BadStream },
        { "a second hello",            LinkFrameType.Hello,  0,  20, false, 0,  LinkFault.UnexpectedFrame },
        { "no credit",                 LinkFrameType.Credit, 0,  8,  false, 0,  LinkFault.CreditExceeded },
        { "negative credit",           LinkFrameType.Credit, 1,  8,  false, -5, LinkFault.CreditExceeded },
        { "endless credit",            LinkFrameType.Credit, 0,  8,  false, long.MaxValue, LinkFault.CreditExceeded },
        { "credit for no stream",      LinkFrameType.Credit, 8,  8,  false, 1,  LinkFault.BadStream },
        { "cancel of no stream",       LinkFrameType.Cancel, 7,  8,  false, 1,  LinkFault.BadStream },
        { "data before the answer",    LinkFrameType.Data,   2,  1,  false, 0,  LinkFault.UnexpectedFrame },
    };

    [Theory]
    [MemberData(nameof(Violations))]
    public void Every_violation_ends_the_connection_with_its_fault(
        string tried, LinkFrameType type, uint stream, int length, bool isEnd, long value, LinkFault fault)
    {
        (MachineEnd a, MachineEnd b) =
            MachineEnd.Connected(null, new LinkLimits { StreamWindow = 65536, ConnectionWindow = 65536 });
        a.Open(0);
        a.Do(LinkInput.Open(10, null, LinkPriority.Normal));
        MachineEnd.Settle(a, b);
        if (tried == "data before the answer")
        {
            b.Open(1);
            MachineEnd.Settle(a, b);
        }

        if (tried is "data above the window")
        {
            stream = 3;
        }

        var frame = new LinkFrame(type, stream, length, isEnd);
        b.Do(type is LinkFrameType.Open or LinkFrameType.Head
            ? LinkInput.Received(frame, value, null, LinkPriority.Normal) : LinkInput.Received(frame, value));
        Assert.Equal(fault, b.Closed);
    }

    [Fact]
    public void More_streams_than_we_allow_is_a_fault()
    {
        (MachineEnd _, MachineEnd b) = MachineEnd.Connected(null, new LinkLimits { MaxStreams = 2 });
        for (uint id = 1; id <= 5; id += 2)
        {
            Assert.Null(b.Closed);
            b.Do(LinkInput.Received(new LinkFrame(LinkFrameType.Open, id, 10, false), -1, null, LinkPriority.Normal));
        }

        Assert.Equal(LinkFault.TooManyStreams, b.Closed);
    }

    [Theory]
    [InlineData(10, 5, true)]   // ends early
    [InlineData(10, 11, false)] // too long
    [InlineData(10, 0, true)]   // says ten, sends none
    public void A_body_of_another_length_than_announced_breaks_its_stream_only(long announced, int sent, bool isEnd)
    {
        (MachineEnd a, MachineEnd b) = MachineEnd.Connected();
        bool endsInOpen = sent == 0;
        b.Do(LinkInput.Received(new LinkFrame(LinkFrameType.Open, 1, 10, endsInOpen), announced, null,
            LinkPriority.Normal));
        if (!endsInOpen)
        {
            b.Do(LinkInput.Received(new LinkFrame(LinkFrameType.Data, 1, sent, isEnd)));
        }

        Assert.Equal(LinkStatus.Broken, b.Ended[1]);
        Assert.Null(b.Closed);
        b.Write(1000);
        Assert.Equal(LinkFrameType.Cancel, b.Wire.Last().Frame.Type);
    }

    [Fact]
    public void An_answer_that_announces_a_body_and_ends_at_once_is_Broken()
    {
        (MachineEnd a, MachineEnd b) = MachineEnd.Connected();
        uint stream = a.Open(0);
        MachineEnd.Settle(a, b);
        a.Do(LinkInput.Received(new LinkFrame(LinkFrameType.Head, stream, 20, true), 10, null, LinkPriority.Normal));
        Assert.Equal(LinkStatus.Broken, a.Ended[stream]);
    }

    [Fact]
    public void Unknown_frames_are_skipped_and_late_frames_thrown_away()
    {
        (MachineEnd a, MachineEnd b) = MachineEnd.Connected();
        a.Do(LinkInput.Received(new LinkFrame((LinkFrameType)77, 5, 123, false)));
        uint stream = a.Open(0);
        MachineEnd.Settle(a, b);
        a.Do(LinkInput.Cancel(stream, LinkStatus.Cancelled));
        a.Do(LinkInput.Received(new LinkFrame(LinkFrameType.Data, stream, 100, false)));
        a.Do(LinkInput.Received(new LinkFrame(LinkFrameType.Credit, stream, 8, false), 10));
        a.Do(LinkInput.Received(new LinkFrame(LinkFrameType.Cancel, stream, 8, false), 1));
        Assert.Equal(2, a.Told.Count(kind => kind == LinkEffectKind.Discard));
        Assert.Null(a.Closed);
    }

    [Fact]
    public void Frames_before_the_greeting_are_a_fault()
    {
        var a = new MachineEnd(true);
        a.Do(LinkInput.Received(new LinkFrame(LinkFrameType.Ping, 0, 8, false), 1));
        Assert.Equal(LinkFault.UnexpectedFrame, a.Closed);
    }

    [Theory]
    [InlineData(0L, LinkStatus.Cancelled)] // Ok: no more is wanted, though nothing was answered
    [InlineData(2L, LinkStatus.DeadlineExceeded)]
    [InlineData(99L, LinkStatus.Failed)]
    public void A_cancel_tells_its_status(long code, LinkStatus status)
    {
        (MachineEnd a, MachineEnd b) = MachineEnd.Connected();
        uint stream = a.Open(0);
        MachineEnd.Settle(a, b);
        a.Do(LinkInput.Received(new LinkFrame(LinkFrameType.Cancel, stream, 8, false), code));
        Assert.Equal(status, a.Ended[stream]);
    }
}
