using Noodle.Primitives;
using NoodleNet.Link;

namespace NoodleNet.Tests.Link;

/// <summary>
/// A machine with a host that answers each stream, takes what arrives, and hands frames over by a queue.
/// </summary>
internal sealed class MachineEnd
{
    private readonly Dictionary<uint, long> _announced = [];

    public MachineEnd(bool isDialer, LinkLimits? limits = null, uint? nextStream = null)
    {
        Limits = limits ?? new LinkLimits();
        Machine = new LinkMachine(Limits, isDialer, NodeId.Create(isDialer ? "dialer" : "other", default))
        {
            NextStream = nextStream ?? (isDialer ? 1u : 2u),
        };
        Do(LinkInput.Start);
    }

    public LinkMachine Machine { get; }

    public LinkLimits Limits { get; }

    public Instant Now { get; set; }

    public Queue<LinkEffect> Wire { get; } = new(64);

    /// <summary>Length of the answer to each stream that comes in; -1 leaves it without one.</summary>
    public Func<uint, long> AnswerLength { get; set; } = static _ => -1;

    public bool Takes { get; set; } = true;

    public Dictionary<uint, long> ReceivedBytes { get; } = [];

    public HashSet<uint> Finished { get; } = [];

    public Dictionary<uint, LinkStatus> Ended { get; } = [];

    public List<LinkEffectKind> Told { get; } = [];

    public bool Records { get; set; } = true;

    public LinkFault? Closed { get; private set; }

    public uint LastOpened { get; private set; }

    public LinkStatus? Refused { get; private set; }

    /// <summary>The HELLO of this end as the other reads it.</summary>
    public LinkSettings Settings => new(1, Limits.MaxStreams, Limits.StreamWindow, Limits.ConnectionWindow);

    public void Do(in LinkInput input)
    {
        Machine.Handle(input, Now);
        TakeAll();
    }

    public void Expire(TimeSpan later)
    {
        Now += later;
        Machine.HandleDeadline(Now);
        TakeAll();
    }

    public uint Open(long bytes, TimeSpan? timeout = null, LinkPriority priority = LinkPriority.Normal)
    {
        Do(LinkInput.Open(100, timeout, priority));
        Do(LinkInput.Send(LastOpened, bytes, true));
        return LastOpened;
    }

    /// <summary>Writes up to this many bytes of frames.</summary>
    public void Write(int room)
    {
        Do(LinkInput.Room(room));
        Do(LinkInput.Room(0));
    }

    /// <summary>Hands the oldest frame to the other end.</summary>
    public bool Deliver(MachineEnd to)
    {
        if (!Wire.TryDequeue(out LinkEffect effect))
        {
            return false;
        }

        LinkFrame frame = effect.Frame;
        to.Do(frame.Type switch
        {
            LinkFrameType.Hello => LinkInput.Hello(Settings),
            LinkFrameType.Open or LinkFrameType.Head =>
                LinkInput.Received(frame, _announced.GetValueOrDefault(frame.Stream, -1), null, LinkPriority.Normal),
            LinkFrameType.Data => LinkInput.Received(frame),
            _ => LinkInput.Received(frame, effect.Value),
        });
        return true;
    }

    public static (MachineEnd A, MachineEnd B) Connected(LinkLimits? a = null, LinkLimits? b = null)
    {
        var pair = (A: new MachineEnd(true, a), B: new MachineEnd(false, b));
        Settle(pair.A, pair.B);
        return pair;
    }

    public static void Settle(MachineEnd a, MachineEnd b)
    {
        bool isMoving = true;
        while (isMoving)
        {
            a.Write(LinkFrame.MaxFrame);
            b.Write(LinkFrame.MaxFrame);
            isMoving = false;
            while (a.Deliver(b) | b.Deliver(a))
            {
                isMoving = true;
            }
        }
    }

    private void TakeAll()
    {
        while (Machine.TryTakeEffect(out LinkEffect effect))
        {
            Take(effect);
        }
    }

    private void Take(in LinkEffect effect)
    {
        if (Records)
        {
            Told.Add(effect.Kind);
        }

        switch (effect.Kind)
        {
            case LinkEffectKind.Transmit:
                Wire.Enqueue(effect);
                break;
            case LinkEffectKind.Opened:
                LastOpened = effect.Stream;
                break;
            case LinkEffectKind.OpenRefused:
                Refused = effect.Status;
                break;
            case LinkEffectKind.Incoming when AnswerLength(effect.Stream) is var length and >= 0:
                Do(LinkInput.Answer(effect.Stream, 50));
                Do(LinkInput.Send(effect.Stream, length, true));
                break;
            case LinkEffectKind.Receive:
                if (Records)
                {
                    ReceivedBytes[effect.Stream] = ReceivedBytes.GetValueOrDefault(effect.Stream) + effect.Frame.Length;
                }

                if (Takes)
                {
                    Do(LinkInput.Consumed(effect.Stream, effect.Frame.Length));
                }

                break;
            case LinkEffectKind.Finished when Records:
                Assert.True(Finished.Add(effect.Stream));
                break;
            case LinkEffectKind.Ended when Records:
                Ended.Add(effect.Stream, effect.Status);
                break;
            case LinkEffectKind.Closed:
                Assert.Null(Closed);
                Closed = effect.Fault;
                break;
        }
    }
}
