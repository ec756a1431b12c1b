using System.Security.Cryptography;
using Noodle.Primitives;
using NoodleNet.Content;

namespace NoodleNet.Tests.Content;

/// <summary>How one simulated holder answers.</summary>
/// <param name="Delay">From the ask to the answer.</param>
/// <param name="Loss">Of its answers, 0 to 1.</param>
/// <param name="LiesInChunks">It sends other bytes.</param>
/// <param name="LiesInManifest">Its manifest is that of another file.</param>
/// <param name="Has">False: it does not have the file.</param>
/// <param name="BusyEvery">It answers Busy to each so manieth ask; 0 for never.</param>
internal sealed record HolderPlan(
    TimeSpan Delay, double Loss = 0, bool LiesInChunks = false, bool LiesInManifest = false, bool Has = true,
    int BusyEvery = 0)
{
    public static HolderPlan Good { get; } = new(TimeSpan.FromMilliseconds(20));

    public bool IsHonest => !LiesInChunks && !LiesInManifest && Has;
}

/// <summary>One fetch, with its holders, its disk and its clock in one thread.</summary>
internal sealed class FetchSimulation
{
    private readonly PriorityQueue<Action, (Instant At, long Order)> _events = new();
    private readonly Dictionary<NodeId, HolderPlan> _holders = [];
    private readonly HashSet<NodeId> _present = [];
    private readonly Dictionary<(NodeId Node, int Index), int> _open = [];
    private readonly FetchOptions _options;
    private readonly Prng _chance;
    private readonly byte[] _file;
    private readonly ChunkManifest _false;
    private byte[] _disk = [];
    private long _order;
    private int _asked;

    public FetchSimulation(int sizeBytes, int chunkBytes, ulong seed, FetchOptions? options = null, bool isNamed = true)
    {
        _chance = new Prng(seed);
        _file = new byte[sizeBytes];
        _chance.Fill(_file);
        Manifest = ManifestOf(_file, chunkBytes);
        byte[] other = [.. _file];
        other[0] ^= 1;
        _false = ManifestOf(other, chunkBytes);
        _options = (options ?? new FetchOptions()) with { ManifestDigest = isNamed ? Manifest.Digest : null };
        Machine = new ChunkFetchMachine(_options, _chance.Fork("machine"), Now);
    }

    public ChunkFetchMachine Machine { get; }

    public ChunkManifest Manifest { get; }

    public Instant Now { get; private set; } = Instant.Origin + TimeSpan.FromSeconds(5);

    public FetchOutcome? Outcome { get; private set; }

    /// <summary>Chunks that an earlier run left on the disk.</summary>
    public Func<int, bool> Left { get; set; } = _ => false;

    public int MostInFlight { get; private set; }

    public Dictionary<NodeId, int> Served { get; } = [];

    public List<(NodeId Node, HolderFault Fault)> Dropped { get; } = [];

    public int StartedOver { get; private set; }

    public bool DiskIsRight => _disk.AsSpan().SequenceEqual(_file);

    public static NodeId Node(int i) => NodeId.Create("h", new Guid(i, 0, 0, new byte[8]));

    public static ChunkManifest ManifestOf(byte[] file, int chunkBytes)
    {
        byte[] hashes = [.. file.Chunk(chunkBytes).SelectMany(chunk => SHA256.HashData(chunk))];
        Assert.True(ChunkManifest.TryCreate(file.Length, chunkBytes, hashes, out ChunkManifest? manifest));
        return manifest;
    }

    public void Add(int holder, HolderPlan plan, bool saysItHas = true)
    {
        _holders[Node(holder)] = plan;
        _present.Add(Node(holder));
        Feed(new FetchInput.HolderFound(Node(holder), saysItHas));
    }

    public void Remove(int holder)
    {
        _present.Remove(Node(holder));
        Feed(new FetchInput.HolderLost(Node(holder)));
    }

    public void At(TimeSpan after, Action what) => Schedule(after, what);

    /// <summary>Runs until the fetch has ended; the time it took.</summary>
    public TimeSpan Run()
    {
        Instant start = Now;
        for (int steps = 0; Outcome is null; steps++)
        {
            Assert.True(steps < 200_000, "the fetch goes in a circle");
            Instant? due = Machine.NextDeadline;
            bool hasEvent = _events.TryPeek(out _, out (Instant At, long Order) next);
            Assert.True(hasEvent || due is not null, "the fetch waits for nothing");
            if (hasEvent && (due is null || next.At <= due))
            {
                Now = next.At > Now ? next.At : Now;
                _events.Dequeue()();
            }
            else
            {
                Now = due!.Value > Now ? due.Value : Now;
                Machine.HandleDeadline(Now);
                Perform();
            }
        }

        Assert.Null(Machine.NextDeadline);
        return Now - start;
    }

    private void Feed(FetchInput input)
    {
        Machine.Handle(input, Now);
        Perform();
    }

    private void Perform()
    {
        while (Machine.TryTakeEffect(out FetchEffect? effect))
        {
            Assert.Null(Outcome); // nothing comes after the end
            Perform(effect);
        }
    }

    private void Perform(FetchEffect effect)
    {
        switch (effect)
        {
            case FetchEffect.AskManifest ask:
                Answer(ask.Node, plan => new FetchInput.ManifestCame(
                    ask.Node, plan.Has ? AskFault.None : AskFault.NotThere,
                    plan.Has ? plan.LiesInManifest ? _false : Manifest : null));
                break;
            case FetchEffect.OpenPartial open:
                _disk = new byte[open.Manifest.SizeBytes];
                bool[] present = [.. Enumerable.Range(0, open.Manifest.Count).Select(Left)];
                Array.ForEach([.. Enumerable.Range(0, present.Length).Where(Left)], i => ChunkOf(i).CopyTo(SlotOf(i)));
                Schedule(TimeSpan.Zero, () => Feed(new FetchInput.PartialOpened(present)));
                break;
            case FetchEffect.AskChunk ask:
                AskChunk(ask);
                break;
            case FetchEffect.GiveUpChunk given:
                Assert.True(_open.Remove((given.Node, given.Index)), "what was not asked is given up");
                break;
            case FetchEffect.StoreChunk store:
                Assert.False(SlotOf(store.Index).SequenceEqual(ChunkOf(store.Index)), "a chunk is stored twice");
                store.Content.Span.CopyTo(SlotOf(store.Index));
                break;
            case FetchEffect.CheckWhole:
                Schedule(TimeSpan.FromMilliseconds(1), () => Feed(new FetchInput.WholeChecked(DiskIsRight)));
                break;
            case FetchEffect.StartOver:
                (_disk, StartedOver) = ([], StartedOver + 1);
                Left = _ => false;
                break;
            case FetchEffect.HolderDropped dropped:
                Dropped.Add((dropped.Node, dropped.Fault));
                break;
            case FetchEffect.Ended ended:
                Outcome = ended.Outcome;
                Assert.Empty(_open);
                break;
            default:
                Assert.Fail($"{effect} is new here");
                break;
        }
    }

    private void AskChunk(FetchEffect.AskChunk ask)
    {
        Assert.Contains(ask.Node, _present);
        Assert.Equal(Manifest.LengthOf(ask.Index), ask.LengthBytes);
        Assert.True(_open.TryAdd((ask.Node, ask.Index), ++_asked), "one holder is asked twice at once");
        MostInFlight = Math.Max(MostInFlight, _open.Count);
        Assert.InRange(_open.Count, 1, _options.InFlight);
        Assert.InRange(_open.Count(open => open.Key.Node == ask.Node), 1, _options.PerHolder);
        int number = _asked;
        Answer(ask.Node, plan =>
        {
            if (!_open.TryGetValue((ask.Node, ask.Index), out int open) || open != number)
            {
                return null; // given up
            }

            _open.Remove((ask.Node, ask.Index));
            AskFault fault = !plan.Has ? AskFault.NotThere
                : plan.BusyEvery > 0 && number % plan.BusyEvery == 0 ? AskFault.Busy : AskFault.None;
            byte[] content = ChunkOf(ask.Index).ToArray();
            content[0] ^= plan.LiesInChunks || (plan.LiesInManifest && ask.Index == 0) ? (byte)1 : (byte)0;
            Served[ask.Node] = Served.GetValueOrDefault(ask.Node) + 1;
            return new FetchInput.ChunkCame(ask.Node, ask.Index, fault, fault == AskFault.None ? content : default);
        });
    }

    private void Answer(NodeId node, Func<HolderPlan, FetchInput?> answer)
    {
        HolderPlan plan = _holders[node];
        if (_chance.NextBool(plan.Loss))
        {
            return;
        }

        Schedule(plan.Delay + _chance.Next(plan.Delay), () =>
        {
            if (_present.Contains(node) && answer(plan) is { } input)
            {
                Feed(input);
            }
        });
    }

    private void Schedule(TimeSpan after, Action what) => _events.Enqueue(what, (Now + after, _order++));

    private Span<byte> ChunkOf(int index) =>
        _file.AsSpan(index * Manifest.ChunkBytes, Manifest.LengthOf(index));

    private Span<byte> SlotOf(int index) =>
        _disk.AsSpan(index * Manifest.ChunkBytes, Manifest.LengthOf(index));
}
