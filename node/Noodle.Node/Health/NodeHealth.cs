using Ahr.Runtime;
using Google.Protobuf;
using Noodle.Node.Mesh;
using Noodle.Primitives;
using NoodleNet.Discovery;
using NoodleNet.Discovery.Health;
using NoodleNet.Talk;

namespace Noodle.Node.Health;

/// <summary>How this node finds itself, what others say of themselves, and how far the clocks are apart.</summary>
/// <remarks>
/// Meaning: sampled every <see cref="Period"/>; told in each status; a check of this node or another that changes its
/// level is an event. The clocks come from the exchange of statuses: each answer carries the other's time.
/// Bound: the findings of <see cref="MaxNodes"/> nodes are remembered for events.
/// </remarks>
/// <param name="findEngineFault">Why the engine does not load; null when it does. Asked once.</param>
internal sealed class NodeHealth(
    NodeId self, MeshPeers peers, ModelHost models, string folder, string engine, Func<string?> findEngineFault,
    MeshEventLog events, TimeProvider time)
{
    public const int MaxNodes = 20_000;
    public static readonly TimeSpan Period = TimeSpan.FromSeconds(5);

    // A node that joined just now is still being connected to.
    private static readonly TimeSpan s_settle = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_eventPause = TimeSpan.FromSeconds(1); // no peer floods the others' events
    private readonly Lock _gate = new();
    private readonly ClockOffsets _clocks = new();
    private readonly Dictionary<NodeId, Told> _last = [];
    private readonly MachineRoom _room = new();
    private readonly Lazy<string?> _engineFault = new(findEngineFault);
    private volatile IReadOnlyList<HealthCheck> _checks = [];

    /// <summary>The newest findings about this node; none before the first sample.</summary>
    public IReadOnlyList<HealthCheck> Checks => _checks;

    /// <summary>Microseconds since 1970 on this node's clock.</summary>
    public long ClockUs => (time.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;

    /// <summary>Samples until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        while (true)
        {
            Sample();
            await Task.Delay(Period, time, cancellation);
        }
    }

    /// <summary>Puts the findings into a status.</summary>
    public void Fill(NodeStatus status) => status.Health.Add(HealthMessages.Write(Checks));

    /// <summary>The header of the answer to a status.</summary>
    public byte[] Answer() => new StatusReply { ClockUs = ClockUs }.ToByteArray();

    /// <summary>Takes the answer to a status.</summary>
    /// <param name="askedUs">This clock when it was sent.</param>
    /// <param name="asked">The same on the monotonic clock of <see cref="TimeProvider.GetTimestamp"/>.</param>
    public void NoteAnswer(NodeId node, long askedUs, long asked, ReadOnlyMemory<byte> header)
    {
        StatusReply reply;
        try
        {
            reply = StatusReply.Parser.ParseFrom(header.Span);
        }
        catch (InvalidProtocolBufferException)
        {
            return; // its clock is of less worth than its status, which was taken
        }

        if (reply.ClockUs == 0)
        {
            return; // an older version
        }

        TimeSpan roundTrip = time.GetElapsedTime(asked);
        lock (_gate)
        {
            _clocks.Note(node, askedUs, reply.ClockUs, roundTrip, peers.Now);
        }
    }

    /// <summary>Takes what another node says of itself.</summary>
    public void NoteStatus(NodeId node, NodeStatus status) => Note(node, HealthMessages.Read(status));

    /// <summary>Forgets a node that is gone.</summary>
    public void Forget(NodeId node)
    {
        lock (_gate)
        {
            _clocks.Forget(node);
            _last.Remove(node);
        }
    }

    internal void Sample()
    {
        FreeSpace disk = MachineRoom.Disk(folder), memory = _room.Memory();
        HealthThresholds limits = HealthThresholds.Default;
        ClockSkew? skew;
        lock (_gate)
        {
            skew = _clocks.Estimate(peers.Now);
        }

        _checks =
        [
            CheckMesh(), HealthRules.Disk(disk.FreeBytes, disk.TotalBytes, limits),
            HealthRules.Memory(memory.FreeBytes, memory.TotalBytes, limits), CheckBackends(),
            HealthRules.Clock(skew, limits),
        ];
        Note(self, _checks);
    }

    private HealthCheck CheckMesh()
    {
        int reachable = 0, expected = 0;
        string missing = "";
        foreach (RegistryEntry member in peers.Members)
        {
            bool settled = member.State is NodeState.Alive or NodeState.Suspect &&
                MemberTags.LinkAddressOf(member) is not null && peers.Now - member.Since >= s_settle;
            bool connected = peers.TryGetLink(member.Node, out _);
            if (member.Node == self || !(settled || connected))
            {
                continue;
            }

            expected++;
            reachable += connected ? 1 : 0;
            missing = connected ? missing : member.Node.ShortName;
        }

        return HealthRules.Mesh(reachable, expected, missing);
    }

    private HealthCheck CheckBackends()
    {
        ModelStatus[] failed = [.. models.List().Where(model => model.State == ModelState.Failed)];
        return HealthRules.Backends(
            [engine], _engineFault.Value is { } fault ? [fault] : [], failed.Length,
            failed.Length == 0 ? "" : failed[0].Reason);
    }

    private void Note(NodeId node, IReadOnlyList<HealthCheck> checks)
    {
        List<HealthCheck> changed;
        lock (_gate)
        {
            Told before = _last.GetValueOrDefault(node) ?? new Told([], Instant.Origin);
            changed = [.. checks.Where(check => check.Level != LevelIn(before.Checks, check.Name))];
            bool tooSoon = before.Checks.Count > 0 && peers.Now - before.At < s_eventPause;
            if (changed.Count == 0 || tooSoon || (before.Checks.Count == 0 && _last.Count >= MaxNodes))
            {
                return; // too soon: the next status brings it again
            }

            _last[node] = new Told(checks, peers.Now);
        }

        foreach (HealthCheck check in changed)
        {
            events.Add(MeshEventKind.Health, node, $"{check.Name} {Names.Of(check.Level)}: {check.Detail}");
        }
    }

    private static HealthLevel LevelIn(IReadOnlyList<HealthCheck> checks, string name) =>
        checks.FirstOrDefault(check => check.Name == name)?.Level ?? HealthLevel.Ok;

    private sealed record Told(IReadOnlyList<HealthCheck> Checks, Instant At);
}
