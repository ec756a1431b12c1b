using System.Diagnostics.CodeAnalysis;
using Noodle.Primitives;

namespace NoodleNet.Discovery;

/// <summary>What the data path, or gossip, saw of one peer.</summary>
public enum PeerSign
{
    /// <summary>A connection to it stands.</summary>
    Connected,

    /// <summary>The connection that stood broke, without a goodbye.</summary>
    Broken,

    /// <summary>Its machine answers that nothing listens at its port any more.</summary>
    Refused,

    /// <summary>It could not be reached, and nothing says why: a full queue, a slow way, a frozen process.</summary>
    NotReached,

    /// <summary>It answered no probe, neither directly nor through others.</summary>
    Silent,

    /// <summary>It answers probes: gossip takes it for alive.</summary>
    Answers,

    /// <summary>Gossip settled it, or the node is no longer known: nothing is left to watch.</summary>
    Settled,
}

/// <param name="Node">Whom it is about.</param>
public readonly record struct PeerSignal(NodeId Node, PeerSign Sign);

/// <summary>What a <see cref="PeerWatch"/> wants done.</summary>
public enum PeerVerdict
{
    /// <summary>Ask gossip to probe it at once.</summary>
    Probe,

    /// <summary>For this node it has failed, before the cluster agrees.</summary>
    Failed,

    /// <summary>It had failed for this node, and is there after all.</summary>
    Back,
}

/// <param name="Node">Whom it is about.</param>
public readonly record struct PeerEffect(NodeId Node, PeerVerdict Verdict);

/// <summary>Decides from the data path and gossip together whether a peer has failed, for this node alone.</summary>
/// <remarks>
/// <code>
/// connected --broken--> doubted --refused x3 and silent--> failed --connected, or answers--> connected
/// </code>
/// Meaning: a broken connection is evidence, not proof, and so is a probe that nobody answers. A killed process shows
/// all three signs at once: its connections break, its port refuses, its probes stay unanswered. A frozen one keeps its
/// connections, and its machine still takes new ones; a cut cable refuses nothing. Both are left to gossip, which takes
/// longer and asks others.
/// Bound: <paramref name="capacity"/> peers; what is said of one more is not heard.
/// Cost: O(1) a signal.
/// </remarks>
public sealed class PeerWatch(int capacity = 20_000) : IMachine<PeerSignal, PeerEffect>
{
    /// <summary>Refusals that count as a port that is closed for good, not one that is being opened anew.</summary>
    public const int RefusalsNeeded = 3;

    private readonly Dictionary<NodeId, Doubt> _doubts = [];
    private readonly Queue<PeerEffect> _effects = [];

    /// <summary>Always null: only signals move it.</summary>
    public Instant? NextDeadline => null;

    /// <summary>Peers about which something speaks at present.</summary>
    public int Count => _doubts.Count;

    /// <inheritdoc/>
    public void Handle(in PeerSignal input, Instant now)
    {
        if (!_doubts.TryGetValue(input.Node, out Doubt doubt) && _doubts.Count >= capacity)
        {
            return;
        }

        switch (input.Sign)
        {
            case PeerSign.Connected: Clear(input.Node, doubt); return;
            case PeerSign.Settled: _doubts.Remove(input.Node); return;
            case PeerSign.Answers when doubt.HasFailed: Clear(input.Node, doubt); return;
            case PeerSign.Answers: doubt = doubt with { IsSilent = false }; break;
            case PeerSign.Silent: doubt = doubt with { IsSilent = true }; break;
            case PeerSign.Refused:
                doubt = doubt with { Refusals = Math.Min(doubt.Refusals + 1, RefusalsNeeded) };
                break;
            case PeerSign.NotReached: doubt = doubt with { Refusals = 0 }; break;
            case PeerSign.Broken:
                doubt = new Doubt(IsBroken: true, Refusals: 0, doubt.IsSilent, doubt.HasFailed);
                _effects.Enqueue(new PeerEffect(input.Node, PeerVerdict.Probe));
                break;
            default: throw new ArgumentOutOfRangeException(nameof(input), input.Sign, "no such sign");
        }

        if (doubt is { IsBroken: true, Refusals: RefusalsNeeded, IsSilent: true, HasFailed: false })
        {
            doubt = doubt with { HasFailed = true };
            _effects.Enqueue(new PeerEffect(input.Node, PeerVerdict.Failed));
        }

        if (doubt == default)
        {
            _doubts.Remove(input.Node);
        }
        else
        {
            _doubts[input.Node] = doubt;
        }
    }

    /// <summary>Does nothing.</summary>
    public void HandleDeadline(Instant now)
    {
    }

    /// <inheritdoc/>
    public bool TryTakeEffect([MaybeNullWhen(false)] out PeerEffect effect) => _effects.TryDequeue(out effect);

    private void Clear(NodeId node, Doubt doubt)
    {
        _doubts.Remove(node);
        if (doubt.HasFailed)
        {
            _effects.Enqueue(new PeerEffect(node, PeerVerdict.Back));
        }
    }

    private readonly record struct Doubt(bool IsBroken, int Refusals, bool IsSilent, bool HasFailed);
}
