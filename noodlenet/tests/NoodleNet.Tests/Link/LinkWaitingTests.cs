using Noodle.Primitives;
using NoodleNet.Link;

namespace NoodleNet.Tests.Link;

/// <summary>Streams beyond MaxStreams: they wait their turn.</summary>
public sealed class LinkWaitingTests
{
    private static readonly LinkLimits Few = new() { MaxStreams = 2, MaxWaiting = 100 };

    [Fact]
    public void Whatever_is_opened_cancelled_and_answered_the_others_take_their_turn_in_order() =>
        Gen.Select(Gen.ULong, Gen.Int[1, 60]).Sample((seed, steps) =>
        {
            var chance = new Prng(seed);
            (MachineEnd a, MachineEnd b) = MachineEnd.Connected(Few, Few);
            b.AnswerLength = static _ => 10;
            var opened = new List<uint>();
            for (int step = 0; step < steps; step++)
            {
                switch (chance.Next(4))
                {
                    case 0 when opened.Count > 0:
                        a.Do(LinkInput.Cancel(opened[chance.Next(opened.Count)], LinkStatus.Cancelled));
                        break;
                    case 1:
                        a.Write(5000);
                        b.Write(5000);
                        break;
                    case 2:
                        a.Deliver(b);
                        b.Deliver(a);
                        break;
                    default:
                        opened.Add(a.Open(chance.Next(1000)));
                        break;
                }
            }

            MachineEnd.Settle(a, b);
            Assert.Equal((null, null), (a.Closed, b.Closed));
            Assert.Equal((0, 0), (a.Machine.StreamCount, b.Machine.StreamCount));
            Assert.Equal(opened.Order(), a.Finished.Concat(a.Ended.Keys).Order());
            Assert.False(a.Machine.HasFrames || b.Machine.HasFrames);
        }, iter: 300);

    [Fact]
    public void One_more_than_may_wait_is_Busy_and_never_more_than_MaxStreams_reach_the_peer()
    {
        (MachineEnd a, MachineEnd b) = MachineEnd.Connected(Few with { MaxWaiting = 3 }, Few);
        for (int i = 0; i < 5; i++)
        {
            a.Open(10);
            Assert.Null(a.Refused);
        }

        a.Do(LinkInput.Open(10, null, LinkPriority.Normal));
        Assert.Equal(LinkStatus.Busy, a.Refused);
        MachineEnd.Settle(a, b);
        Assert.Equal((5, 2), (a.Machine.StreamCount, b.Machine.StreamCount));
    }

    [Fact]
    public void The_deadline_runs_while_a_stream_waits_and_the_peer_never_hears_of_it()
    {
        (MachineEnd a, MachineEnd b) = MachineEnd.Connected(Few, Few);
        a.Open(10);
        a.Open(10);
        uint late = a.Open(10, TimeSpan.FromSeconds(1));
        MachineEnd.Settle(a, b);
        a.Expire(TimeSpan.FromSeconds(1));
        Assert.Equal(LinkStatus.DeadlineExceeded, a.Ended[late]);
        MachineEnd.Settle(a, b);
        Assert.Equal((2, 2), (a.Machine.StreamCount, b.Machine.StreamCount));
        Assert.DoesNotContain(late, b.ReceivedBytes.Keys);
    }

    [Fact]
    public void A_drain_lets_those_that_wait_finish_before_it_says_goodbye()
    {
        (MachineEnd a, MachineEnd b) = MachineEnd.Connected(Few, Few);
        uint[] opened = [.. Enumerable.Range(0, 7).Select(_ => a.Open(10))];
        a.Do(LinkInput.Drain);
        MachineEnd.Settle(a, b);
        Assert.Null(a.Closed);
        b.AnswerLength = static _ => 10;
        foreach (uint stream in opened[..2])
        {
            b.Do(LinkInput.Answer(stream, 50));
            b.Do(LinkInput.Send(stream, 10, true));
        }

        MachineEnd.Settle(a, b);
        Assert.Equal(opened, a.Finished.Order());
        Assert.Equal((LinkFault.Drained, LinkFault.Drained), (a.Closed, b.Closed));
    }

    [Fact]
    public void A_million_frames_of_one_byte_take_no_memory()
    {
        const int Frames = 1_000_000;
        (MachineEnd a, MachineEnd b) = MachineEnd.Connected();
        a.Do(LinkInput.Open(100, null, LinkPriority.Normal));
        uint stream = a.LastOpened;
        MachineEnd.Settle(a, b);
        b.Records = false;
        Run(1000);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Run(Frames);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Null(b.Closed);

        void Run(int frames)
        {
            var tiny = new LinkFrame(LinkFrameType.Data, stream, 1, false);
            for (int i = 0; i < frames; i++)
            {
                b.Do(LinkInput.Received(tiny));
                b.Write(i % 1000 == 0 ? 1000 : 0);
                b.Wire.Clear();
            }
        }
    }
}
