using Noodle.Primitives;
using NoodleNet.Link;

namespace NoodleNet.Tests.Link;

public sealed class LinkMachineTests
{
    private static readonly LinkLimits Narrow =
        new() { MaxStreams = 8, MaxWaiting = 0, StreamWindow = 16 << 10, ConnectionWindow = 64 << 10 };

    [Fact]
    public void Whatever_the_order_and_the_chunks_every_byte_arrives_and_nothing_is_left_over() =>
        Gen.Select(Gen.ULong, Gen.Int[10, 120]).Sample((seed, steps) =>
        {
            var chance = new Prng(seed);
            (MachineEnd a, MachineEnd b) = MachineEnd.Connected(Narrow, Narrow);
            var asked = new Dictionary<(MachineEnd, uint), long>();
            var cancelled = new HashSet<uint>();
            foreach (MachineEnd end in (MachineEnd[])[a, b])
            {
                end.AnswerLength = static stream => stream * 1000L;
            }

            for (int step = 0; step < steps; step++)
            {
                (MachineEnd from, MachineEnd to) = chance.NextBool(0.5) ? (a, b) : (b, a);
                switch (chance.Next(5))
                {
                    case 0 when from.Machine.StreamCount < 8:
                        long bytes = chance.Next(100_000);
                        asked[(to, from.Open(bytes, priority: (LinkPriority)chance.Next(3)))] = bytes;
                        break;
                    case 1 when chance.NextBool(0.2) && from.LastOpened > 0:
                        cancelled.Add(from.LastOpened);
                        from.Do(LinkInput.Cancel(from.LastOpened, LinkStatus.Cancelled));
                        break;
                    case 2:
                        from.Write(5000 + chance.Next(70_000));
                        break;
                    default:
                        from.Deliver(to);
                        break;
                }
            }

            MachineEnd.Settle(a, b);
            Assert.Equal((null, null), (a.Closed, b.Closed));
            Assert.Equal((0, 0), (a.Machine.StreamCount, b.Machine.StreamCount));
            foreach (((MachineEnd to, uint stream), long bytes) in asked)
            {
                MachineEnd from = ReferenceEquals(to, a) ? b : a;
                if (!cancelled.Contains(stream))
                {
                    Assert.Equal(bytes, to.ReceivedBytes.GetValueOrDefault(stream));
                    Assert.Equal(stream * 1000L, from.ReceivedBytes.GetValueOrDefault(stream));
                    Assert.True(from.Finished.Contains(stream) && to.Finished.Contains(stream));
                }
            }
        }, iter: 300);

    [Fact]
    public void A_small_message_passes_a_large_body_after_one_chunk()
    {
        (MachineEnd a, MachineEnd b) = MachineEnd.Connected(null, new LinkLimits { StreamWindow = 16 << 20 });
        uint large = a.Open(10 << 20);
        a.Write(LinkFrame.MaxFrame);
        uint small = a.Open(100);
        a.Write(LinkFrame.MaxFrame);
        Assert.Equal(
            [LinkFrameType.Open, LinkFrameType.Data, LinkFrameType.Open, LinkFrameType.Data],
            a.Wire.Take(4).Select(effect => effect.Frame.Type));
        a.Write(LinkFrame.MaxFrame);
        Assert.Contains(a.Wire, effect => effect.Frame.Stream == small && effect.Frame.IsEnd);
        long largeBytes =
            a.Wire.Where(effect => effect.Frame.Stream == large).Sum(effect => (long)effect.Frame.Length);
        Assert.InRange(largeBytes, 1, 4 * LinkFrame.MaxFrame);
    }

    [Fact]
    public void High_goes_before_low_but_low_never_starves()
    {
        (MachineEnd a, _) = MachineEnd.Connected(null, new LinkLimits { StreamWindow = 16 << 20 });
        uint low = a.Open(8 << 20, priority: LinkPriority.Low);
        uint high = a.Open(8 << 20, priority: LinkPriority.High);
        for (int i = 0; i < 40; i++)
        {
            a.Write(LinkFrame.MaxFrame);
        }

        int lowChunks =
            a.Wire.Count(effect => effect.Frame is { Type: LinkFrameType.Data } frame && frame.Stream == low);
        int highChunks =
            a.Wire.Count(effect => effect.Frame is { Type: LinkFrameType.Data } frame && frame.Stream == high);
        Assert.InRange(lowChunks, 4, highChunks / 4);
    }

    [Fact]
    public void What_nobody_takes_stops_at_the_window_and_flows_again_once_taken()
    {
        (MachineEnd a, MachineEnd b) = MachineEnd.Connected(Narrow, Narrow);
        b.Takes = false;
        uint stream = a.Open(50_000);
        MachineEnd.Settle(a, b);
        Assert.Equal(16 << 10, b.ReceivedBytes[stream]);
        b.Do(LinkInput.Consumed(stream, 16 << 10));
        b.Takes = true;
        MachineEnd.Settle(a, b);
        Assert.Equal(50_000, b.ReceivedBytes[stream]);
    }

    [Fact]
    public void The_connection_window_holds_all_streams_together()
    {
        (MachineEnd a, MachineEnd b) = MachineEnd.Connected(Narrow, Narrow);
        b.Takes = false;
        uint[] streams = [.. Enumerable.Range(0, 8).Select(_ => a.Open(16 << 10))];
        MachineEnd.Settle(a, b);
        Assert.Equal(64 << 10, b.ReceivedBytes.Values.Sum());
        b.Takes = true;
        foreach (uint stream in streams)
        {
            b.Do(LinkInput.Consumed(stream, b.ReceivedBytes.GetValueOrDefault(stream)));
        }

        MachineEnd.Settle(a, b);
        Assert.Equal(128 << 10, b.ReceivedBytes.Values.Sum());
    }

    [Fact]
    public void A_deadline_ends_the_stream_here_and_tells_the_peer()
    {
        (MachineEnd a, MachineEnd b) = MachineEnd.Connected();
        uint stream = a.Open(10, TimeSpan.FromSeconds(1));
        uint patient = a.Open(10, TimeSpan.FromSeconds(2));
        MachineEnd.Settle(a, b);
        a.Expire(TimeSpan.FromSeconds(1));
        Assert.Equal(LinkStatus.DeadlineExceeded, a.Ended[stream]);
        Assert.False(a.Ended.ContainsKey(patient));
        MachineEnd.Settle(a, b);
        Assert.Equal(LinkStatus.DeadlineExceeded, b.Ended[stream]);
    }

    [Fact]
    public void A_stream_cancelled_before_it_was_written_never_existed_for_the_peer()
    {
        (MachineEnd a, MachineEnd b) = MachineEnd.Connected();
        uint stream = a.Open(10);
        a.Do(LinkInput.Cancel(stream, LinkStatus.Cancelled));
        uint next = a.Open(10);
        MachineEnd.Settle(a, b);
        Assert.Equal(LinkStatus.Cancelled, a.Ended[stream]);
        Assert.Equal([next], b.ReceivedBytes.Keys);
    }

    [Fact]
    public void One_stream_too_many_is_Busy()
    {
        (MachineEnd a, MachineEnd b) = MachineEnd.Connected(Narrow, Narrow with { MaxStreams = 2 });
        a.Open(1);
        a.Open(1);
        Assert.Null(a.Refused);
        a.Do(LinkInput.Open(10, null, LinkPriority.Normal));
        Assert.Equal(LinkStatus.Busy, a.Refused);
        MachineEnd.Settle(a, b);
        Assert.Null(b.Closed);
    }

    [Fact]
    public void Drain_lets_streams_finish_and_then_both_ends_close()
    {
        (MachineEnd a, MachineEnd b) = MachineEnd.Connected();
        uint stream = a.Open(1000);
        b.Do(LinkInput.Drain);
        MachineEnd.Settle(a, b);
        Assert.Equal((false, false, null, null), (a.Machine.IsOpen, b.Machine.IsOpen, a.Closed, b.Closed));
        a.Do(LinkInput.Open(10, null, LinkPriority.Normal));
        Assert.Equal(LinkStatus.Unavailable, a.Refused);
        b.Do(LinkInput.Answer(stream, 20));
        b.Do(LinkInput.Send(stream, 5, true));
        MachineEnd.Settle(a, b);
        Assert.Equal((LinkFault.Drained, LinkFault.Drained), (a.Closed, b.Closed));
        a.Do(LinkInput.Open(10, null, LinkPriority.Normal));
        Assert.Equal(LinkStatus.ConnectionLost, a.Refused);
    }

    [Fact]
    public void Pings_measure_the_round_trip_and_silence_ends_the_connection()
    {
        (MachineEnd a, MachineEnd b) = MachineEnd.Connected();
        a.Expire(TimeSpan.Zero);
        a.Write(1000);
        a.Deliver(b);
        b.Write(1000);
        a.Now += TimeSpan.FromMilliseconds(8);
        b.Deliver(a);
        Assert.Equal(TimeSpan.FromMilliseconds(8), a.Machine.RoundTrip.Smoothed);
        Assert.Equal(TimeSpan.FromMilliseconds(4), a.Machine.RoundTrip.Jitter);
        Assert.Equal(a.Now + TimeSpan.FromMilliseconds(100), a.Machine.NextDeadline);
        Assert.Null(a.Machine.PingOpenSince);
        a.Expire(a.Limits.SilenceLimit - TimeSpan.FromTicks(1));
        Assert.Null(a.Closed);
        a.Do(LinkInput.Heard);
        a.Expire(TimeSpan.FromSeconds(1));
        Assert.Null(a.Closed);
        a.Expire(a.Limits.SilenceLimit);
        Assert.Equal(LinkFault.PeerSilent, a.Closed);
        Assert.Null(a.Machine.NextDeadline);
    }

    [Fact]
    public void The_first_pings_follow_each_other_fast_and_then_one_goes_out_each_period()
    {
        (MachineEnd a, MachineEnd b) = MachineEnd.Connected();
        for (int i = 1; i <= RoundTripEstimate.FirstSamples; i++)
        {
            a.Expire(TimeSpan.FromMilliseconds(100));
            Assert.Equal(a.Now, a.Machine.PingOpenSince);
            MachineEnd.Settle(a, b);
            Assert.Equal(i, a.Machine.PongCount);
        }

        Assert.Equal(a.Now + a.Limits.PingPeriod, a.Machine.NextDeadline);
    }

    [Fact]
    public void A_peer_that_never_greets_is_given_up()
    {
        var a = new MachineEnd(true);
        Assert.Equal(Instant.Origin + a.Limits.HandshakeLimit, a.Machine.NextDeadline);
        a.Expire(a.Limits.HandshakeLimit);
        Assert.Equal(LinkFault.HandshakeTimeout, a.Closed);
    }

    [Fact]
    public void Streams_that_both_ends_cancel_at_once_do_not_count_against_the_opener()
    {
        (MachineEnd a, MachineEnd b) = MachineEnd.Connected(Narrow, Narrow with { MaxStreams = 1 });
        uint first = a.Open(10);
        MachineEnd.Settle(a, b);
        b.Do(LinkInput.Cancel(first, LinkStatus.DeadlineExceeded)); // not written yet: the writer is busy
        a.Do(LinkInput.Cancel(first, LinkStatus.DeadlineExceeded));
        a.Write(1000);
        uint second = a.Open(10);
        a.Write(1000);
        while (a.Deliver(b))
        {
        }

        Assert.Null(b.Closed);
        MachineEnd.Settle(a, b);
        Assert.Equal(10, b.ReceivedBytes[second]);
        Assert.Equal((1, 1), (a.Machine.StreamCount, b.Machine.StreamCount));
    }

    [Fact]
    public void The_asker_wants_no_more_after_its_end_means_that_the_call_is_cancelled()
    {
        (MachineEnd a, MachineEnd b) = MachineEnd.Connected();
        uint stream = a.Open(10);
        MachineEnd.Settle(a, b);
        b.Do(LinkInput.Received(new LinkFrame(LinkFrameType.Cancel, stream, 8, false), 0));
        Assert.Equal(LinkStatus.Cancelled, b.Ended[stream]);
    }

    [Fact]
    public void When_stream_ids_run_out_the_connection_drains()
    {
        var a = new MachineEnd(true, nextStream: int.MaxValue - 2);
        var b = new MachineEnd(false);
        MachineEnd.Settle(a, b);
        b.AnswerLength = static _ => 5;
        a.Open(10);
        Assert.True(a.Machine.IsOpen);
        uint last = a.Open(10);
        Assert.Equal((int.MaxValue, false), ((int)last, a.Machine.IsOpen));
        a.Do(LinkInput.Open(10, null, LinkPriority.Normal));
        Assert.Equal(LinkStatus.Unavailable, a.Refused);
        MachineEnd.Settle(a, b);
        Assert.Equal(10, b.ReceivedBytes[last]);
        Assert.Equal((LinkFault.Drained, LinkFault.Drained), (a.Closed, b.Closed));
    }

    [Fact]
    public void The_steady_path_allocates_nothing()
    {
        (MachineEnd a, MachineEnd b) = MachineEnd.Connected();
        b.AnswerLength = static _ => 128;
        a.Records = b.Records = false;
        Run(200);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Run(1000);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        void Run(int calls)
        {
            for (int i = 0; i < calls; i++)
            {
                a.Open(128, TimeSpan.FromSeconds(30));
                MachineEnd.Settle(a, b);
            }
        }
    }
}
