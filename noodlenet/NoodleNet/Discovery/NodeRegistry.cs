using System.Collections.Immutable;
using System.Diagnostics;
using Noodle.Primitives;

namespace NoodleNet.Discovery;

/// <summary>Every node that was met, also those that are gone, as people and planners want to read it.</summary>
/// <remarks>
/// Meaning: fed with member events; members whose name is no node id (strangers in a Serf cluster) are left out.
/// Nodes that are gone stay for <see cref="Retention"/>. Bound: the given capacity; when it is full, the node gone
/// longest makes room, and without one a newcomer is not taken in. Cost: a change is O(log n), a snapshot O(1).
/// </remarks>
public sealed class NodeRegistry(int capacity = 20_000)
{
    public static readonly TimeSpan Retention = TimeSpan.FromHours(24);
    private readonly SortedSet<(Instant Since, NodeId Node)> _gone = [];

    /// <summary>All entries in the order of their ids, as they are now; later changes do not touch it.</summary>
    public ImmutableSortedDictionary<NodeId, RegistryEntry> Entries { get; private set; } =
        ImmutableSortedDictionary<NodeId, RegistryEntry>.Empty;

    /// <summary>Takes in one event; returns what changed, oldest first.</summary>
    public IReadOnlyList<RegistryEvent> Apply(MemberEvent member, Instant now)
    {
        ArgumentNullException.ThrowIfNull(member);
        var changes = new List<RegistryEvent>();
        while (_gone.Count != 0 && now - _gone.Min.Since > Retention)
        {
            changes.Add(Forget(_gone.Min));
        }

        if (member.Change == MemberChange.Forgotten || !NodeId.TryParse(member.Name, out NodeId id))
        {
            return changes; // the protocol forgets in seconds, people want to see who is missing
        }

        Entries.TryGetValue(id, out RegistryEntry? old);
        if (old is null && Entries.Count >= capacity)
        {
            if (_gone.Count == 0)
            {
                return changes;
            }

            changes.Add(Forget(_gone.Min));
        }

        if (old is { State: NodeState.Failed, Confirmed: false } && member.Change == MemberChange.Suspected)
        {
            return changes; // this node knows more already
        }

        RegistryEntry entry = Next(old, id, member, now);
        Put(old, entry);
        bool isConfirmation = old is { State: NodeState.Failed } && entry.State == NodeState.Failed;
        changes.Add(new RegistryEvent(isConfirmation ? RegistryChange.Updated : ChangeOf(member.Change), entry));
        return changes;
    }

    /// <summary>Takes in what this node found out by itself, before gossip settles it; returns what changed.</summary>
    /// <param name="failed">True: it failed. False: it is back, or never was gone.</param>
    /// <param name="detail">Why, for people.</param>
    public RegistryEvent? Judge(NodeId node, bool failed, string detail, Instant now)
    {
        if (!Entries.TryGetValue(node, out RegistryEntry? old)
            || (failed ? old.State is NodeState.Failed or NodeState.Left : old.Confirmed))
        {
            return null;
        }

        RegistryEntry entry = old with
        {
            State = failed ? NodeState.Failed : NodeState.Alive,
            Confirmed = !failed,
            Since = now,
            LastError = detail,
        };
        Put(old, entry);
        return new RegistryEvent(failed ? RegistryChange.Failed : RegistryChange.Recovered, entry);
    }

    private void Put(RegistryEntry? old, RegistryEntry entry)
    {
        if (old is not null)
        {
            _gone.Remove((old.Since, old.Node));
        }

        if (entry.State is NodeState.Failed or NodeState.Left)
        {
            _gone.Add((entry.Since, entry.Node));
        }

        Entries = Entries.SetItem(entry.Node, entry);
    }

    private static RegistryEntry Next(RegistryEntry? old, NodeId id, MemberEvent member, Instant now)
    {
        NodeState state = member.Change switch
        {
            MemberChange.Suspected => NodeState.Suspect,
            MemberChange.Failed => NodeState.Failed,
            MemberChange.Left => NodeState.Left,
            _ => NodeState.Alive,
        };
        return new RegistryEntry(
            id,
            member.EndPoint,
            NodeTags.Decode(member.Meta.Span),
            state,
            old is not null && old.State == state ? old.Since : now,
            member.Incarnation,
            member.Detail.Length != 0 ? member.Detail : old?.LastError ?? "");
    }

    private static RegistryChange ChangeOf(MemberChange change) => change switch
    {
        MemberChange.Joined => RegistryChange.Joined,
        MemberChange.Updated => RegistryChange.Updated,
        MemberChange.Suspected => RegistryChange.Suspected,
        MemberChange.Recovered => RegistryChange.Recovered,
        MemberChange.Failed => RegistryChange.Failed,
        MemberChange.Left => RegistryChange.Left,
        _ => throw new UnreachableException(),
    };

    private RegistryEvent Forget((Instant Since, NodeId Node) gone)
    {
        _gone.Remove(gone);
        RegistryEntry entry = Entries[gone.Node];
        Entries = Entries.Remove(gone.Node);
        return new RegistryEvent(RegistryChange.Forgotten, entry);
    }
}
