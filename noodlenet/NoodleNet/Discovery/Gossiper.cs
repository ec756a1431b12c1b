using Noodle.Primitives;
using NoodleNet.Discovery.Wire;

namespace NoodleNet.Discovery;

/// <summary>
/// Spreads rumours in rounds, exchanges whole states now and then, and tries the way back to the lost.
/// </summary>
internal sealed class Gossiper(SwimContext context, Membership membership)
{
    private const int QuietTableSize = 32;
    private Instant? _gossip, _exchange, _reconnect;
    private Instant _startedAt;
    private bool _isPaced;

    // A node alone keeps what it has to say of itself for the first who comes: no reason to wake ten times a second.
    private bool IsWorthIt => context.HasRumours && context.Members.Count > 1;

    public Instant? NextDue => Instant.Earlier(_gossip, Instant.Earlier(_exchange, _reconnect));

    public void Start(Instant now)
    {
        _startedAt = now;
        _exchange = now + context.Chance.Next(context.Options.PushPullInterval);
        _reconnect = now + context.Chance.Next(context.Options.ReconnectInterval);
    }

    /// <summary>A round of gossip is due only while there is something to tell, and somebody else to tell it.
    /// </summary>
    public void Wake(Instant now)
    {
        if (_gossip is null && IsWorthIt)
        {
            _gossip = now + context.Chance.Next(context.Options.GossipInterval);
        }
    }

    public void FireDue(Instant now)
    {
        if (_gossip is { } gossip && gossip <= now)
        {
            Gossip(now);
            _gossip = IsWorthIt ? now + context.Options.GossipInterval : null;
        }

        if (_exchange is { } exchange && exchange <= now)
        {
            TimeSpan interval = context.Options.PushPullInterval * ExchangeFactor(context.Members.Count);
            _exchange = Pace(interval) is { } later && later > now ? later : null;
            if (_exchange is null)
            {
                Exchange();
                _exchange = now + interval;
            }
        }

        if (_reconnect is { } reconnect && reconnect <= now)
        {
            Reconnect(now);
            _reconnect = now + context.Options.ReconnectInterval;
        }
    }

    /// <summary>1 up to 32 members, 2 up to 64, 3 up to 128 and so on.</summary>
    public static int ExchangeFactor(int members) =>
        members <= QuietTableSize ? 1 : (int)Math.Ceiling(Math.Log2(members) - Math.Log2(QuietTableSize)) + 1;

    // The first exchange was set before the size of the mesh was known. Of thousands of nodes that start together, each
    // draws its turn once more, over the whole interval of a mesh of that size, or all would exchange all at once.
    private Instant? Pace(TimeSpan interval)
    {
        bool first = !_isPaced && context.Members.Count > QuietTableSize;
        _isPaced = true;
        return first ? _startedAt + context.Chance.Next(interval) : null;
    }

    private void Gossip(Instant now)
    {
        foreach (Member member in context.Members.Pick(context.Options.GossipNodes, member => Hears(member, now)))
        {
            var parts = new List<byte[]>();
            context.FillUp(parts, context.PacketBytes - PacketBuilder.CompoundBytes);
            if (parts.Count == 0)
            {
                return;
            }

            context.SendParts(parts, member.EndPoint, member.UnderstandsChecksums);
        }
    }

    private bool Hears(Member member, Instant now) => member.Name != context.Self && member.State switch
    {
        MemberState.Alive or MemberState.Suspect => true,
        MemberState.Dead => now - member.Since <= context.Options.GossipToTheDeadTime,
        _ => false,
    };

    private void Exchange()
    {
        List<Member> partner = context.Members.Pick(
            1, member => member.State == MemberState.Alive && member.Name != context.Self);
        if (partner is [{ } one] && !context.IsLeaving)
        {
            context.Emit(new SwimEffect.StartExchange(0, one.EndPoint, membership.LocalState(join: false)));
        }
    }

    private void Reconnect(Instant now)
    {
        if (!context.IsLeaving && context.Lost.Pick(context.Chance, context.Members.PresentCount, now) is { } way)
        {
            context.Emit(new SwimEffect.StartExchange(0, way, membership.LocalState(join: false)));
        }
    }
}
