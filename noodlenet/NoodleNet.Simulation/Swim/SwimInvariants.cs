using NoodleNet.Discovery;
using NoodleNet.Discovery.Wire;

namespace NoodleNet.Simulation.Swim;

/// <summary>What must hold of every view after every step, whatever the network and the hosts do.</summary>
/// <remarks>
/// Meaning: a small model of each view is led by the events alone, by the table of states of SWIM; it is then compared
/// with what the machine itself says. A violation names the host and the rule.
/// Bound: a model entry for each member of each view. Cost: O(members) a step.
/// </remarks>
public sealed class SwimInvariants(Simulation simulation) : ISwimObserver
{
    private readonly Dictionary<SwimHost, Dictionary<string, (MemberState State, uint Incarnation)>> _views = [];
    private readonly Dictionary<string, uint> _announced = new(StringComparer.Ordinal);

    /// <summary>Views that took a living host for dead.</summary>
    public int Failures { get; private set; }

    /// <summary>Rumours about themselves that hosts contradicted.</summary>
    public int Refutations { get; private set; }

    public void Started(SwimHost host) => _views[host] = new(StringComparer.Ordinal);

    public void Saw(SwimHost host, SwimEffect effect)
    {
        switch (effect)
        {
            case SwimEffect.Member member: Follow(host, member.Event); break;
            case SwimEffect.Refuted: Refutations++; break;
        }
    }

    public void Stepped(SwimHost host)
    {
        Dictionary<string, (MemberState State, uint Incarnation)> view = _views[host];
        int members = 0;
        foreach (MemberRecord member in host.Machine.Members)
        {
            members++;
            Compare(host, view, member);
        }

        Check(host, members == view.Count, $"{members} members, but the events tell of {view.Count}");
        SwimSizes sizes = host.Machine.Sizes;
        Check(host, sizes.Members == members && members <= host.Options.MaxMembers, $"{members} members");
        Check(host, sizes.Suspicions <= Math.Min(members, host.Options.MaxSuspicions),
            $"{sizes.Suspicions} suspicions of {members} members");
        Check(host, sizes.Broadcasts <= Math.Min(host.Options.MaxBroadcasts, 4 * (_announced.Count + 1)),
            $"{sizes.Broadcasts} rumours");
        Check(host, sizes.LostPeers <= host.Options.MaxLostPeers, $"{sizes.LostPeers} lost peers");
    }

    private void Compare(
        SwimHost host, Dictionary<string, (MemberState State, uint Incarnation)> view, MemberRecord member)
    {
        if (!view.TryGetValue(member.Name, out var known))
        {
            simulation.Violate(host.Name, $"{member.Name} is a member, and no event told of it");
            return;
        }

        Check(host, member.State == known.State, $"{member.Name} is {member.State}, but the events say {known.State}");
        Check(host, member.Incarnation >= known.Incarnation,
            $"the incarnation of {member.Name} went back from {known.Incarnation} to {member.Incarnation}");
        view[member.Name] = (member.State, member.Incarnation);
        if (member.Name == host.Name)
        {
            _announced[host.Name] = Math.Max(_announced.GetValueOrDefault(host.Name), member.Incarnation);
            Check(host, member.State == MemberState.Alive || (host.IsLeaving && member.State == MemberState.Left),
                $"{member.State} in its own view");
        }

        uint most = _announced.GetValueOrDefault(member.Name);
        Check(host, member.Incarnation <= most,
            $"{member.Name} has incarnation {member.Incarnation}, but itself said {most} at most");
    }

    private void Follow(SwimHost host, MemberEvent change)
    {
        Dictionary<string, (MemberState State, uint Incarnation)> view = _views[host];
        bool known = view.TryGetValue(change.Name, out var before);
        MemberState? from = known ? before.State : null;
        if (!IsAllowed(from, change.Change))
        {
            simulation.Violate(host.Name,
                $"{change.Name} went from {from?.ToString() ?? "unknown"} to {change.Change}");
        }

        bool revives = change.Change is MemberChange.Recovered || (change.Change is MemberChange.Joined && known);
        if (revives && change.Incarnation <= before.Incarnation)
        {
            simulation.Violate(host.Name, $"{change.Name} came back from {from} with incarnation " +
                $"{change.Incarnation}; more than {before.Incarnation} is needed");
        }

        Failures += change.Change == MemberChange.Failed ? 1 : 0;
        if (change.Change == MemberChange.Forgotten)
        {
            view.Remove(change.Name);
            return;
        }

        Check(host, !known || change.Incarnation >= before.Incarnation,
            $"the incarnation of {change.Name} went back from {before.Incarnation} to {change.Incarnation}");
        view[change.Name] = (StateAfter(change.Change), change.Incarnation);
    }

    private static bool IsAllowed(MemberState? from, MemberChange change) => change switch
    {
        MemberChange.Joined => from is null or MemberState.Dead or MemberState.Left,
        MemberChange.Updated or MemberChange.Suspected => from is MemberState.Alive,
        MemberChange.Recovered => from is MemberState.Suspect,
        MemberChange.Failed or MemberChange.Left => from is MemberState.Alive or MemberState.Suspect,
        MemberChange.Forgotten => from is MemberState.Dead or MemberState.Left,
        _ => false,
    };

    private static MemberState StateAfter(MemberChange change) => change switch
    {
        MemberChange.Suspected => MemberState.Suspect,
        MemberChange.Failed => MemberState.Dead,
        MemberChange.Left => MemberState.Left,
        _ => MemberState.Alive,
    };

    private void Check(SwimHost host, bool holds, string otherwise)
    {
        if (!holds)
        {
            simulation.Violate(host.Name, otherwise);
        }
    }
}
