using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Net;
using Noodle.Primitives;

namespace NoodleNet.Discovery;

/// <summary>Decides when this node announces itself, and which announcements of others are news.</summary>
/// <remarks>
/// Meaning: three questions at 0, 100 and 300 ms, then a beacon every second for ten seconds, then one every five
/// seconds, give or take half a second. It begins anew, at most once in <see cref="AskPause"/>, when an interface
/// comes up.
/// A question is answered, at most once in <see cref="AnswerPause"/>, with no more bytes than it had. Where more than
/// <see cref="FewNodes"/> are around, the answer waits a random while, the longer the more there are, and is left out
/// when <see cref="EnoughAnswers"/> others of this mesh have spoken meanwhile: gossip tells of the rest.
/// A node that says the same again is told of at most once in <see cref="RepeatPause"/> for each address family.
/// Bound: <see cref="MaxNodes"/> heard nodes, each for <see cref="Memory"/>; an unverified beacon displaces no
/// verified one.
/// </remarks>
public sealed class BeaconMachine(Prng chance) : IMachine<BeaconInput, BeaconEffect>
{
    public const int MaxNodes = 1024;
    public const int FewNodes = 8;
    public const int EnoughAnswers = 4;
    public static readonly TimeSpan AnswerPause = TimeSpan.FromMilliseconds(200);
    public static readonly TimeSpan AskPause = TimeSpan.FromSeconds(1);
    public static readonly TimeSpan RepeatPause = TimeSpan.FromSeconds(1);
    public static readonly TimeSpan Memory = TimeSpan.FromSeconds(30);

    private const int Questions = 3;
    private const int QuickBeacons = 10;
    private static readonly TimeSpan Jitter = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan SpreadPerNode = TimeSpan.FromMilliseconds(2);
    private static readonly TimeSpan LongestSpread = TimeSpan.FromMilliseconds(400);
    private readonly Dictionary<NodeId, Entry> _heard = [];
    private readonly Queue<BeaconEffect> _effects = new();
    private Beacon? _self;
    private int _sent, _answerLimit, _answersHeard;
    private Instant? _nextBeacon, _answerAt, _lastSent, _askedAt;

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
            case BeaconInput.AskAgain: AskAgain(now); break;
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
            bool asks = _sent < Questions;
            Send(self with { Flags = asks ? self.Flags | BeaconFlags.Asks : self.Flags & ~BeaconFlags.Asks },
                Beacon.MaxBytes, now);
            _askedAt = asks ? now : _askedAt;
            _nextBeacon = now + PauseAfter(++_sent);
        }
        else if (_answerAt is { } answer && answer <= now)
        {
            Send(self with { Flags = self.Flags & ~BeaconFlags.Asks }, _answerLimit, now);
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

    private void AskAgain(Instant now)
    {
        if (_self is null)
        {
            return;
        }

        Instant free = _askedAt is { } asked ? asked + AskPause : now;
        (_sent, _nextBeacon) = (0, free > now ? free : now);
        HandleDeadline(now);
    }

    private void Send(Beacon beacon, int limitBytes, Instant now)
    {
        (_lastSent, _answerAt, _answerLimit) = (now, null, 0);
        _effects.Enqueue(new BeaconEffect.Send(beacon, limitBytes));
    }

    private void Receive(HeardBeacon heard, Instant now)
    {
        if (heard.Beacon.Node == _self?.Node)
        {
            return; // the group gives us our own words back
        }

        if (heard.Beacon.Flags.HasFlag(BeaconFlags.Asks))
        {
            PlanAnswer(heard.SizeBytes, now);
        }
        else
        {
            CountAnswer(heard);
        }

        Remember(heard, now);
        HandleDeadline(now);
    }

    private void PlanAnswer(int questionBytes, Instant now)
    {
        if (_self is null)
        {
            return;
        }

        _answerLimit = Math.Max(_answerLimit, questionBytes);
        if (_answerAt is not null)
        {
            return;
        }

        Instant free = _lastSent is { } last ? last + AnswerPause : now;
        TimeSpan spread = SpreadPerNode * _heard.Count;
        TimeSpan wait = _heard.Count <= FewNodes ? TimeSpan.Zero
            : chance.Next(spread < LongestSpread ? spread : LongestSpread);
        _answerAt = (free > now ? free : now) + wait;
        _answersHeard = 0;
    }

    // Who can admit a newcomer is not spared by the word of one who cannot.
    private void CountAnswer(HeardBeacon heard)
    {
        bool stands = _answerAt is not null && heard.Verified && heard.Beacon.Mesh == _self?.Mesh
            && (heard.Beacon.Flags & BeaconFlags.AdmitsJoiners) >= (_self.Flags & BeaconFlags.AdmitsJoiners);
        if (stands && _heard.Count > FewNodes && ++_answersHeard >= EnoughAnswers)
        {
            (_answerAt, _answerLimit) = (null, 0);
        }
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

        // Its two families take turns: each is told, because one of them may not lead there.
        bool isV6 = IsV6(heard.From.Address);
        bool same = known && old!.Heard.Verified == heard.Verified
            && (old.Heard.Beacon with { Flags = heard.Beacon.Flags }) == heard.Beacon
            && ((old.Heard.Beacon.Flags ^ heard.Beacon.Flags) & ~BeaconFlags.Asks) == 0;
        bool isNews = !same || (isV6 ? old!.Told6 : old!.Told4) is not { } told || now - told >= RepeatPause;
        Instant? told4 = same ? old!.Told4 : null, told6 = same ? old!.Told6 : null;
        _heard[node] = new Entry(heard, now, isNews && !isV6 ? now : told4, isNews && isV6 ? now : told6);
        if (isNews)
        {
            _effects.Enqueue(new BeaconEffect.Tell(heard));
        }
    }

    private static bool IsV6(IPAddress address)
    {
        Span<byte> bytes = stackalloc byte[16];
        return address.TryWriteBytes(bytes, out int written) && written == bytes.Length;
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

    private sealed record Entry(HeardBeacon Heard, Instant At, Instant? Told4, Instant? Told6) : IComparable<Entry>
    {
        public int CompareTo(Entry? other) => other is null ? 1
            : Heard.Verified != other.Heard.Verified ? Heard.Verified.CompareTo(other.Heard.Verified)
            : At != other.At ? At.CompareTo(other.At)
            : Heard.Beacon.Node.CompareTo(other.Heard.Beacon.Node);
    }
}
