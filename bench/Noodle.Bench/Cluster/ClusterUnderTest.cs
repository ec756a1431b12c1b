using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Noodle.Cli.Processes;
using Noodle.Client;
using Noodle.Client.Control;

namespace Noodle.Bench.Cluster;

/// <summary>Node processes of one mesh on loopback, and what each of them says of the others.</summary>
internal sealed class ClusterUnderTest(string? command) : IAsyncDisposable
{
    private const int StartsAtOnce = 4;
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(120);
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(5);

    private readonly string _folder = Directory.CreateTempSubdirectory("noodle-bench-").FullName; // 0700
    private readonly List<(NodeProcess Process, NoodleClient Client)> _nodes = [];
    private readonly ConcurrentBag<double> _startCpuMs = [];

    public int Count => _nodes.Count;

    /// <summary>Processor time that each node took to its ready line, in milliseconds; none where it is not told.
    /// </summary>
    public IReadOnlyList<double> StartCpuMs => [.. _startCpuMs];

    /// <summary>Starts the nodes; returns the moment of the last ready line.</summary>
    public async Task<long> StartAsync(int count, CancellationToken cancellation)
    {
        string token = Path.Combine(_folder, "token");
        Add(await StartOneAsync("node0", token, cancellation).ConfigureAwait(false));
        using var turns = new SemaphoreSlim(StartsAtOnce);
        NodeProcess[] others = await Task.WhenAll(Enumerable.Range(1, count - 1).Select(async i =>
        {
            await turns.WaitAsync(cancellation).ConfigureAwait(false);
            try
            {
                return await StartOneAsync($"node{i}", token, cancellation).ConfigureAwait(false);
            }
            finally
            {
                turns.Release();
            }
        })).ConfigureAwait(false);
        long ready = Stopwatch.GetTimestamp();
        foreach (NodeProcess node in others)
        {
            Add(node);
        }

        return ready;

        void Add(NodeProcess node) => _nodes.Add((node, new NoodleClient([node.Http])));
    }

    /// <summary>Milliseconds from <paramref name="since"/> until every node lists all of them as alive.</summary>
    public async Task<double> UntilAllSeeAllAsync(long since, CancellationToken cancellation)
    {
        IReadOnlyList<double> times = await UntilEachAsync(
            _nodes, since, "not every node saw every node",
            list => list.Count(node => node.State == NodeStates.Alive) == _nodes.Count
                ? list.Min(node => node.StateForMs) : null, cancellation).ConfigureAwait(false);
        return Math.Max(times.Max(), 0); // a node says that it is ready when it has found the others
    }

    /// <summary>
    /// Kills a node; milliseconds until each survivor says that it failed, and until gossip says so too.
    /// </summary>
    public async Task<(IReadOnlyList<double> Failed, IReadOnlyList<double> Agreed)> KillAsync(
        int at, CancellationToken cancellation)
    {
        (NodeProcess process, NoodleClient client) = _nodes[at];
        _nodes.RemoveAt(at);
        long since = Stopwatch.GetTimestamp();
        process.Kill();
        IReadOnlyList<double> failed = await UntilEachAsync(
            _nodes, since, "not every survivor said failed",
            list => Find(list) is { State: NodeStates.Failed } gone ? gone.StateForMs : null, cancellation)
            .ConfigureAwait(false);
        IReadOnlyList<double> agreed = await UntilEachAsync(
            _nodes, since, "gossip did not agree",
            list => Find(list) is null or { State: NodeStates.Failed, Confirmed: not false } ? 0 : null, cancellation)
            .ConfigureAwait(false);
        client.Dispose();
        await process.DisposeAsync().ConfigureAwait(false);
        return (failed, agreed);

        NodeInfo? Find(IReadOnlyList<NodeInfo> list) => list.FirstOrDefault(node => node.Id == process.Id);
    }

    /// <summary>Stops a process for <paramref name="length"/>, as a debugger or a full disk would, and lets it go on.
    /// </summary>
    /// <returns>Each view that called a living node failed meanwhile or shortly after.</returns>
    public async Task<IReadOnlyList<FalseFailure>> FreezeAsync(
        int at, TimeSpan length, TimeSpan after, CancellationToken cancellation)
    {
        NodeProcess frozen = _nodes[at].Process;
        var wrong = new Dictionary<(string Viewer, string Node), FalseFailure>();
        long frozenAt = Stopwatch.GetTimestamp();
        Signal("STOP", frozen);
        try
        {
            await WatchAsync(length, except: frozen).ConfigureAwait(false);
        }
        finally
        {
            Signal("CONT", frozen);
        }

        await WatchAsync(after, except: null).ConfigureAwait(false);
        return [.. wrong.Values];

        async Task WatchAsync(TimeSpan time, NodeProcess? except)
        {
            for (long start = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(start) < time;)
            {
                foreach ((NodeProcess viewer, NoodleClient client) in _nodes)
                {
                    if (viewer != except)
                    {
                        IReadOnlyList<NodeInfo> list = await client.GetNodesAsync(cancellation).ConfigureAwait(false);
                        foreach (NodeInfo node in list.Where(IsWrong))
                        {
                            double at = Stopwatch.GetElapsedTime(frozenAt).TotalMilliseconds;
                            wrong.TryAdd((viewer.Id, node.Id), new FalseFailure(
                                viewer.Id, node.Id, node.Id == frozen.Id, at, node.LastError ?? ""));
                        }
                    }
                }

                await Task.Delay(TimeSpan.FromMilliseconds(100), cancellation).ConfigureAwait(false);
            }
        }

        bool IsWrong(NodeInfo node) =>
            node.State == NodeStates.Failed && _nodes.Exists(living => living.Process.Id == node.Id);
    }

    /// <summary>Leaves the nodes alone for a while; null where what they use cannot be read.</summary>
    public async Task<IdleCost?> IdleAsync(TimeSpan length, CancellationToken cancellation)
    {
        IReadOnlyList<ProcessUse?> before = Read();
        long start = Stopwatch.GetTimestamp();
        await Task.Delay(length, cancellation).ConfigureAwait(false);
        return IdleCost.Between(before, Read(), Stopwatch.GetElapsedTime(start));

        IReadOnlyList<ProcessUse?> Read() => [.. _nodes.Select(node => ProcessUse.Read(node.Process.ProcessId))];
    }

    public async ValueTask DisposeAsync()
    {
        foreach ((NodeProcess process, NoodleClient client) in _nodes)
        {
            client.Dispose();
            process.Kill();
        }

        await Task.WhenAll(_nodes.Select(node => node.Process.DisposeAsync().AsTask())).ConfigureAwait(false);
        Directory.Delete(_folder, recursive: true);
    }

    private async Task<NodeProcess> StartOneAsync(string name, string token, CancellationToken cancellation)
    {
        NodeProcess node = await NodeProcess.StartAsync(Path.Combine(_folder, name), token, cancellation, command)
            .ConfigureAwait(false);
        if (ProcessUse.Read(node.ProcessId) is { } use)
        {
            _startCpuMs.Add(use.CpuMs);
        }

        return node;
    }

    private static void Signal(string name, NodeProcess node)
    {
        using Process kill = Process.Start("kill", ["-" + name, node.ProcessId.ToString(CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
    }

    // Asks only those who have not said it yet: asking costs the machine what the nodes could use. What counts is when
    // it came to pass, which each node says itself (how long ago): its first answer over HTTP takes a while to be
    // made, ten of them on two cores take seconds, and that is no part of what is measured.
    private static async Task<IReadOnlyList<double>> UntilEachAsync(
        IEnumerable<(NodeProcess Process, NoodleClient Client)> nodes,
        long since,
        string otherwise,
        Func<IReadOnlyList<NodeInfo>, long?> agoMs,
        CancellationToken cancellation)
    {
        var times = new List<double>();
        List<NoodleClient> waiting = [.. nodes.Select(node => node.Client)];
        while (waiting.Count > 0)
        {
            for (int i = waiting.Count - 1; i >= 0; i--)
            {
                if (await WhenAsync(waiting[i]).ConfigureAwait(false) is { } first)
                {
                    times.Add(Math.Min(first, await WhenAsync(waiting[i]).ConfigureAwait(false) ?? first));
                    waiting.RemoveAt(i);
                }
            }

            if (Stopwatch.GetElapsedTime(since) > s_limit)
            {
                throw new InvalidOperationException($"after {s_limit.TotalSeconds} s {otherwise}");
            }

            await Task.Delay(s_pause, cancellation).ConfigureAwait(false);
        }

        return times;

        async Task<double?> WhenAsync(NoodleClient client)
        {
            long? ago = agoMs(await client.GetNodesAsync(cancellation).ConfigureAwait(false));
            return Stopwatch.GetElapsedTime(since).TotalMilliseconds - ago;
        }
    }
}
