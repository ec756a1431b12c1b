using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Net;
using Noodle.Primitives;

namespace NoodleNet.Discovery;

/// <summary>A beacon as it was heard.</summary>
/// <param name="From">Where the packet came from; the ports are in the beacon.</param>
/// <param name="Verified">True when a key of ours made its seal.</param>
public sealed record HeardBeacon(Beacon Beacon, IPEndPoint From, bool Verified);

/// <summary>What a <see cref="BeaconMachine"/> takes in.</summary>
public abstract record BeaconInput
{
    private BeaconInput()
    {
    }

    /// <summary>Begin to announce; given again, announce this from now on.</summary>
    public sealed record Announce(Beacon Beacon) : BeaconInput;

    /// <summary>A beacon came in.</summary>
    public sealed record Receive(HeardBeacon Heard) : BeaconInput;
}

/// <summary>What a <see cref="BeaconMachine"/> wants done.</summary>
public abstract record BeaconEffect
{
    private BeaconEffect()
    {
    }

    /// <summary>Send this to the group.</summary>
    public sealed record Send(Beacon Beacon) : BeaconEffect;

    /// <summary>Tell of a node nearby.</summary>
    public sealed record Tell(HeardBeacon Heard) : BeaconEffect;
}

/// <summary>Decides when this node announces itself, and which announcements of others are news.</summary>
/// <remarks>
/// Meaning: three questions at 0, 100 and 300 ms, then a beacon every second for ten seconds, then one every five
/// seconds, give or take half a second. A question is answered, at most once in <see cref="AnswerPause"/>.
/// A node that says the same again is told of at most once in <see cref="RepeatPause"/>.
/// Bound: <see cref="MaxNodes"/> heard nodes, each for <see cref="Memory"/>; an unverified beacon displaces no
/// verified one.
/// </remarks>
public sealed class BeaconMachine(Prng chance) : IMachine<BeaconInput, BeaconEffect>
{
    public const int MaxNodes = 1024;
    public static readonly TimeSpan AnswerPause = TimeSpan.FromMilliseconds(200);
    public static readonly TimeSpan RepeatPause = TimeSpan.FromSeconds(1);
    public static readonly TimeSpan Memory = TimeSpan.FromSeconds(30);

    private const int Questions = 3;
    private const int QuickBeacons = 10;
    private static readonly TimeSpan Jitter = TimeSpan.FromSeconds(1);
    private readonly Dictionary<NodeId, Entry> _heard = [];
    private readonly Queue<BeaconEffect> _effects = new();
    private Beacon? _self;
    private int _sent;
    private Instant? _nextBeacon, _answerAt, _lastSent;

    /// <inheritdoc/>
    public Instant? NextDeadline => Instant.Earlier(_nextBeacon, _answerAt);

    /// <summary>How many nodes are remembered.</summary>
    public int HeardCount => _heard.Count;

    /// <inheritdoc/>
    public void Handle(in BeaconInput input, Instant now)
    {
        switch (input)
        {
            case BeaconInput.Announce announce:
                _self = announce.Beacon;
                _nextBeacon ??= now;
                HandleDeadline(now);
                break;
            case BeaconInput.Receive receive: Receive(receive.Heard, now); break;
            default: throw new UnreachableException();
        }
    }

    /// <inheritdoc/>
    public void HandleDeadline(Instant now)
    {
        if (_self is not { } self)
        {
            return;
        }

        if (_nextBeacon is { } next && next <= now)
        {
            BeaconFlags flags = _sent < Questions ? self.Flags | BeaconFlags.Asks : self.Flags & ~BeaconFlags.Asks;
            Send(self with { Flags = flags }, now);
            _nextBeacon = now + PauseAfter(++_sent);
        }
        else if (_answerAt is { } answer && answer <= now)
        {
            Send(self with { Flags = self.Flags & ~BeaconFlags.Asks }, now);
        }
    }

    /// <inheritdoc/>
    public bool TryTakeEffect([MaybeNullWhen(false)] out BeaconEffect effect) => _effects.TryDequeue(out effect);

    private TimeSpan PauseAfter(int sent) => sent switch
    {
        1 => TimeSpan.FromMilliseconds(100),
        2 => TimeSpan.FromMilliseconds(200),
        < Questions + QuickBeacons => TimeSpan.FromSeconds(1),
        _ => TimeSpan.FromSeconds(5) - (Jitter / 2) + chance.Next(Jitter),
    };

    private void Send(Beacon beacon, Instant now)
    {
        (_lastSent, _answerAt) = (now, null);
        _effects.Enqueue(new BeaconEffect.Send(beacon));
    }

    private void Receive(HeardBeacon heard, Instant now)
    {
        if (heard.Beacon.Node == _self?.Node)
        {
            return; // the group gives us our own words back
        }

        if (heard.Beacon.Flags.HasFlag(BeaconFlags.Asks) && _self is not null)
        {
            Instant free = _lastSent is { } last ? last + AnswerPause : now;
            _answerAt ??= free > now ? free : now;
        }

        Remember(heard, now);
        HandleDeadline(now);
    }

    private void Remember(HeardBeacon heard, Instant now)
    {
        NodeId node = heard.Beacon.Node;
        bool known = _heard.TryGetValue(node, out Entry? old) && now - old.At <= Memory;
        if (known && old!.Heard.Verified && !heard.Verified)
        {
            return;
        }

        if (!known && !MakeRoom(heard.Verified, now))
        {
            return;
        }

        // Where it came from does not count: IPv4 and IPv6 take turns for one node.
        bool same = known && old!.Heard.Verified == heard.Verified
            && (old.Heard.Beacon with { Flags = heard.Beacon.Flags }) == heard.Beacon
            && ((old.Heard.Beacon.Flags ^ heard.Beacon.Flags) & BeaconFlags.AdmitsJoiners) == 0;
        bool isNews = !same || now - old!.ToldAt >= RepeatPause;
        _heard[node] = new Entry(heard, now, isNews ? now : old!.ToldAt);
        if (isNews)
        {
            _effects.Enqueue(new BeaconEffect.Tell(heard));
        }
    }

    private bool MakeRoom(bool verified, Instant now)
    {
        if (_heard.Count < MaxNodes)
        {
            return true;
        }

        // The oldest goes; a stranger may push out strangers only. Ids break ties, so that every run is the same.
        Entry? oldest = null;
        foreach (Entry entry in _heard.Values)
        {
            bool mayGo = verified || !entry.Heard.Verified || now - entry.At > Memory;
            if (mayGo && (oldest is null || entry.CompareTo(oldest) < 0))
            {
                oldest = entry;
            }
        }

        return oldest is not null && _heard.Remove(oldest.Heard.Beacon.Node);
    }

    private sealed record Entry(HeardBeacon Heard, Instant At, Instant ToldAt) : IComparable<Entry>
    {
        public int CompareTo(Entry? other) => other is null ? 1
            : Heard.Verified != other.Heard.Verified ? Heard.Verified.CompareTo(other.Heard.Verified)
            : At != other.At ? At.CompareTo(other.At)
            : Heard.Beacon.Node.CompareTo(other.Heard.Beacon.Node);
    }
}
