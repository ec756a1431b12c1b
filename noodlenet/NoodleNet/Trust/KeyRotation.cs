using System.Diagnostics.CodeAnalysis;
using Noodle.Primitives;

namespace NoodleNet.Trust;

/// <summary>What <see cref="KeyRotation"/> is told.</summary>
public abstract record RotationInput
{
    /// <summary>This node is asked to change the gossip key.</summary>
    /// <param name="NewKey">32 bytes of chance from the host.</param>
    public sealed record Begin(ReadOnlyMemory<byte> NewKey) : RotationInput;

    /// <summary>The ring that now holds in the mesh, one's own included.</summary>
    public sealed record RingSeen(GossipRingRecord Ring) : RotationInput;

    /// <summary>Who lives, and which epoch each last said it has; null for one that has not said.</summary>
    public sealed record Members(IReadOnlyDictionary<NodeId, uint?> Epochs) : RotationInput;
}

/// <summary>What <see cref="KeyRotation"/> wants done.</summary>
public abstract record RotationEffect
{
    /// <summary>Make this the ring of the mesh.</summary>
    public sealed record Publish(GossipRingRecord Ring) : RotationEffect;

    /// <summary>A step was taken although these living nodes have not said that they have the last one.</summary>
    public sealed record WentOnWithout(IReadOnlyList<NodeId> Nodes) : RotationEffect;
}

/// <summary>Leads a change of the gossip key through a living mesh, so that nobody is cut off meanwhile.</summary>
/// <remarks>
/// <code>
/// settled [old] --begin--> installing [old, new] --all have it--> using [new, old]
/// using [new, old] --all have it, and a grace--> settled [new]
/// </code>
/// Meaning: "all" are the members that live. One that stays silent is waited for at most <see cref="Patience"/>; it,
/// and
/// one that was off, gets the new ring when it next connects or joins. When the driver of a change is gone for
/// <see cref="TakeOverAfter"/>, another admin's machine goes on; should two, the ledger's rule keeps one ring.
/// Bound: one change at a time; of those asked for meanwhile the last one follows it.
/// </remarks>
public sealed class KeyRotation(NodeId self) : IMachine<RotationInput, RotationEffect>
{
    /// <summary>The longest wait for members to take a step.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    /// <summary>How long the old key opens after the last member seals with the new one.</summary>
    public static readonly TimeSpan Grace = TimeSpan.FromSeconds(3);

    /// <summary>How long a change may stand still before another admin goes on with it.</summary>
    public static readonly TimeSpan TakeOverAfter = TimeSpan.FromMinutes(6);

    private readonly Queue<RotationEffect> _effects = new();
    private GossipRingRecord? _ring;
    private ReadOnlyMemory<byte>? _next;
    private IReadOnlyDictionary<NodeId, uint?>? _members; // null: not told yet
    private Instant _since;
    private Instant? _allHave;

    /// <summary>True while a change is under way, whoever leads it.</summary>
    public bool IsUnderWay => _ring is { Phase: not RingPhase.Settled };

    private bool IsDriver => _ring?.Driver == self;

    public Instant? NextDeadline => _ring is null || !IsUnderWay ? null
        : !IsDriver ? _since + TakeOverAfter
        : _allHave is { } all ? Earlier(all + GraceNow, _since + Patience + GraceNow)
        : _since + Patience;

    // Only the last step takes a key away, and what was sealed with it may still be on its way.
    private TimeSpan GraceNow => _ring?.Phase == RingPhase.Using ? Grace : TimeSpan.Zero;

    public void Handle(in RotationInput input, Instant now)
    {
        switch (input)
        {
            case RotationInput.Begin begin:
                _next = begin.NewKey;
                BeginNext(now);
                break;
            case RotationInput.RingSeen seen when _ring is null || seen.Ring.Epoch > _ring.Epoch
                || (seen.Ring.Epoch == _ring.Epoch && !seen.Ring.Equals(_ring)):
                (_ring, _since, _allHave) = (seen.Ring, now, null);
                BeginNext(now);
                Look(now);
                break;
            case RotationInput.Members members:
                _members = members.Epochs;
                Look(now);
                break;
        }
    }

    public void HandleDeadline(Instant now)
    {
        if (NextDeadline is not { } due || now < due || _ring is not { } ring)
        {
            return;
        }

        if (IsDriver && _allHave is null)
        {
            _effects.Enqueue(new RotationEffect.WentOnWithout([.. Missing()]));
        }

        if (ring.Phase == RingPhase.Installing)
        {
            Publish(ring.Epoch + 1, RingPhase.Using, [ring.Keys[^1], ring.Keys[0]], now);
        }
        else
        {
            Publish(ring.Epoch + 1, RingPhase.Settled, [ring.Keys[0]], now);
            BeginNext(now);
        }
    }

    public bool TryTakeEffect([MaybeNullWhen(false)] out RotationEffect effect) => _effects.TryDequeue(out effect);

    private static Instant Earlier(Instant a, Instant b) => a < b ? a : b;

    private void BeginNext(Instant now)
    {
        if (_next is { } key && _ring is { Phase: RingPhase.Settled } settled)
        {
            _next = null;
            Publish(settled.Epoch + 1, RingPhase.Installing, [settled.Keys[0], key], now);
        }
    }

    private void Look(Instant now)
    {
        if (!IsUnderWay || !IsDriver)
        {
            return;
        }

        if (_members is null || Missing().Any())
        {
            _allHave = null;
        }
        else
        {
            _allHave ??= now;
            HandleDeadline(now);
        }
    }

    private IEnumerable<NodeId> Missing() => (_members ?? new Dictionary<NodeId, uint?>())
        .Where(member => member.Key != self && !(member.Value >= _ring!.Epoch))
        .Select(member => member.Key)
        .Order();

    private void Publish(uint epoch, RingPhase phase, IReadOnlyList<ReadOnlyMemory<byte>> keys, Instant now)
    {
        _ring = new GossipRingRecord(epoch, phase, keys, self);
        (_since, _allHave) = (now, null);
        _effects.Enqueue(new RotationEffect.Publish(_ring));
    }
}
