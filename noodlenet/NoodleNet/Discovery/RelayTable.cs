using System.Net;
using Noodle.Primitives;
using NoodleNet.Discovery.Wire;

namespace NoodleNet.Discovery;

/// <summary>Probes that this node makes for others: a ping of its own, and the answer passed on.</summary>
/// <remarks>Bound: the given capacity, each for one probe timeout; a request beyond it is not served.</remarks>
internal sealed class RelayTable(SwimContext context)
{
    private readonly Dictionary<uint, Relay> _open = [];
    private readonly Queue<(uint SeqNo, Instant Due)> _order = new();

    public Instant? NextDue => _order.TryPeek(out var first) ? first.Due : null;

    public void Start(GossipMessage.IndirectPing request, IPEndPoint from, Instant now)
    {
        if (_order.Count >= context.Options.MaxRelays)
        {
            return;
        }

        uint seqNo = context.NextSeqNo();
        _open.Add(seqNo, new Relay(request.SeqNo, request.Source ?? from, request.Target, request.WantsNack));
        _order.Enqueue((seqNo, now + context.Options.ProbeTimeout));
        context.SendFilled(new GossipMessage.Ping(seqNo, request.Node), request.Target);
    }

    /// <summary>Passes an answer on; a number that is none of ours means nothing.</summary>
    public WireFault TakeAnswer(uint seqNo, IPEndPoint from)
    {
        if (!_open.TryGetValue(seqNo, out Relay? relay))
        {
            return WireFault.None;
        }

        if (context.Options.ChecksAckSource && !relay.Target.Equals(from))
        {
            return WireFault.WrongSource;
        }

        _open.Remove(seqNo);
        context.SendFilled(new GossipMessage.Ack(relay.SeqNo), relay.Asker);
        return WireFault.None;
    }

    public void FireDue(Instant now)
    {
        while (_order.TryPeek(out var first) && first.Due <= now)
        {
            _order.Dequeue();
            if (_open.Remove(first.SeqNo, out Relay? relay) && relay.WantsNack)
            {
                context.SendFilled(new GossipMessage.Nack(relay.SeqNo), relay.Asker);
            }
        }
    }

    private sealed record Relay(uint SeqNo, IPEndPoint Asker, IPEndPoint Target, bool WantsNack);
}
