using System.Buffers;
using Microsoft.Extensions.Logging.Abstractions;
using Noodle.Node.Mesh;
using Noodle.Primitives;
using NoodleNet.Runtime.Storage;
using NoodleNet.State;

namespace Noodle.Node.Tests.Mesh;

public sealed class ClusterStateTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("noodle-state-").FullName;
    private readonly List<IDisposable> _open = [];

    public void Dispose()
    {
        _open.ForEach(state => state.Dispose());
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public void Two_nodes_converge_by_one_comparison_whatever_each_wrote() =>
        Gen.Select(Writes, Writes).Sample(
            (left, right) =>
            {
                using ClusterState a = OpenFresh(1), b = OpenFresh(2);
                Apply(a, left);
                Apply(b, right);
                Assert.True(b.TryCompare(a.GetDigest(), out ulong buckets, out ReadOnlyMemory<byte> entries));
                Assert.True(a.TryMerge(entries, Node(2)));
                Assert.True(b.TryMerge(a.EntriesIn(buckets), Node(1)));
                Assert.True(a.Summary.Span.SequenceEqual(b.Summary.Span));
                Assert.Equal(Show(a), Show(b));
            },
            iter: 50, threads: 1);

    [Fact]
    public void What_was_written_and_deleted_survives_a_restart()
    {
        ClusterState before = Open("a", 1);
        Assert.Equal(LwwFault.None, before.Write("model/x", [1, 2]));
        Assert.Equal(LwwFault.None, before.Write("model/y", [3]));
        Assert.Equal(LwwFault.None, before.Write("model/x", null));
        byte[] summary = before.Summary.ToArray();
        before.Dispose();
        ClusterState after = Open("a", 1);
        Assert.Equal(summary, after.Summary.ToArray());
        Assert.Equal(["model/y"], after.List("model/").Select(entry => entry.Key));
        Assert.False(after.TryGet("model/x", out _));
        Assert.Equal(LwwFault.None, after.Write("model/y", [4])); // its clock goes on from what it held
        Assert.True(after.TryGet("model/y", out ReadOnlyMemory<byte> value));
        Assert.Equal([4], value.ToArray());
    }

    [Fact]
    public void Entries_stamped_in_the_future_are_refused_and_the_others_of_the_batch_are_taken()
    {
        ClusterState state = Open("a", 1);
        long now = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();
        Assert.True(state.TryMerge(
            Encode(
                new LwwEntry("good", new HybridStamp(now, 0, Node(2)), new byte[] { 1 }),
                new LwwEntry("late", new HybridStamp(now + 3_600_000, 0, Node(2)), new byte[] { 2 })),
            Node(2)));
        Assert.Equal(["good"], state.List("").Select(entry => entry.Key));
    }

    [Fact]
    public void What_is_no_batch_or_no_digest_is_refused()
    {
        ClusterState state = Open("a", 1);
        Assert.False(state.TryMerge(new byte[] { 1, 2, 3 }, Node(2)));
        Assert.False(state.TryCompare([1, 2, 3], out _, out _));
        Gen.Byte.Array[0, 200].Sample(bytes =>
        {
            state.TryMerge(bytes, Node(2));
            state.TryCompare(bytes, out _, out _);
        });
    }

    [Fact]
    public void A_write_that_the_disk_refuses_is_taken_back_and_told_to_nobody()
    {
        var disk = new BreakableStore(Store("a"));
        ClusterState state = Open(disk, 1);
        state.Write("kept", [1]);
        byte[] summary = state.Summary.ToArray();
        int told = 0;
        state.Changed += () => told++;
        state.Written += _ => told++;
        disk.IsBroken = true;
        Assert.Throws<StorageException>(() => state.Write("lost", [2]));
        Assert.Throws<StorageException>(() => state.Write("kept", null));
        Assert.Equal(summary, state.Summary);
        Assert.Equal(["kept"], state.List("").Select(entry => entry.Key));
        Assert.Equal(0, told);

        disk.IsBroken = false;
        Assert.Equal(LwwFault.None, state.Write("kept", [3]));
        Assert.Equal(2, told);
    }

    [Fact]
    public void What_a_peer_sends_is_held_in_memory_when_the_disk_refuses_it_and_goes_out_with_the_next_write()
    {
        var disk = new BreakableStore(Store("a"));
        ClusterState state = Open(disk, 1);
        int changes = 0;
        state.Changed += () => changes++;
        disk.IsBroken = true;
        ReadOnlyMemory<byte> entries = Encode(new LwwEntry("k", new HybridStamp(1, 0, Node(2)), new byte[] { 7 }));
        Assert.True(state.TryMerge(entries, Node(2)));
        Assert.True(state.TryGet("k", out _));
        Assert.True(state.TryMerge(entries, Node(2)));
        Assert.Equal(1, changes); // the second time it is no news

        disk.IsBroken = false;
        state.Write("other", [1]);
        state.Dispose();
        Assert.Equal(["k", "other"], Open("a", 1).List("").Select(entry => entry.Key));
    }

    [Fact]
    public void A_revocation_stays_what_it_was_whoever_writes_later()
    {
        ClusterState a = Open("a", 1), b = Open("b", 2);
        Assert.Equal(LwwFault.None, a.Write("revoked/node/x", [1]));
        Assert.True(b.TryMerge(a.EntriesIn(ulong.MaxValue), Node(1)));
        Assert.Equal(LwwFault.Stale, b.Write("revoked/node/x", [2]));
        Assert.Equal(LwwFault.Rule, b.Write("revoked/node/x", null));
        Assert.True(b.TryGet("revoked/node/x", out ReadOnlyMemory<byte> value));
        Assert.Equal([1], value.ToArray());
    }

    [Fact]
    public void Two_nodes_that_count_apart_have_the_sum_when_they_meet()
    {
        ClusterState a = Open("a", 1), b = Open("b", 2);
        a.Count("token-use/t", 2);
        a.Count("token-use/t", 1);
        b.Count("token-use/t", 4);
        b.Count("token-use/other", 100);
        Assert.True(b.TryMerge(a.EntriesIn(ulong.MaxValue), Node(1)));
        Assert.True(a.TryMerge(b.EntriesIn(ulong.MaxValue), Node(2)));
        Assert.Equal((7ul, 7ul, 0ul), (a.CountOf("token-use/t"), b.CountOf("token-use/t"), a.CountOf("token-use/x")));
    }

    [Fact]
    public void Old_deletions_are_forgotten_while_the_node_runs_and_on_its_disk()
    {
        var time = new SteppedTime();
        var disk = new BreakableStore(Store("a"));
        ClusterState state = Open(disk, 1, time);
        state.Write("k", [1]);
        state.Write("k", null);
        state.Write("kept", [2]);
        byte[] summary = state.Summary.ToArray();

        time.Now += TimeSpan.FromDays(30);
        state.CollectTombstones();
        Assert.Equal(summary, state.Summary);

        time.Now += TimeSpan.FromHours(2);
        disk.IsBroken = true; // it goes from the disk when that is read again
        state.CollectTombstones();
        Assert.NotEqual(summary, state.Summary);
        summary = state.Summary.ToArray();
        time.Now += TimeSpan.FromHours(1);
        disk.IsBroken = false;
        state.CollectTombstones();
        state.CollectTombstones();
        Assert.Equal(summary, state.Summary);
        state.Dispose();

        disk = new BreakableStore(Store("a"));
        Assert.Equal(summary, Open(disk, 1, time).Summary);
        Assert.Equal(1, disk.Forgotten);
    }

    [Fact]
    public void A_write_that_does_not_fit_is_a_fault_and_changes_nothing()
    {
        ClusterState state = Open("a", 1);
        Assert.Equal(LwwFault.Value, state.Write("k", new byte[65_537]));
        Assert.Empty(state.List(""));
    }

    private static readonly Gen<(int Key, byte Value, bool Delete)[]> Writes =
        Gen.Select(Gen.Int[0, 9], Gen.Byte, Gen.Bool).Array[0, 12];

    private static NodeId Node(int number) => NodeId.Create("host", new Guid(number, 0, 0, new byte[8]));

    private static void Apply(ClusterState state, (int Key, byte Value, bool Delete)[] writes)
    {
        foreach ((int key, byte value, bool delete) in writes)
        {
            Assert.Equal(LwwFault.None, state.Write($"k{key}", delete ? null : [value]));
        }
    }

    private static string[] Show(ClusterState state) =>
        [.. state.List("").Select(entry => $"{entry.Key}={Convert.ToHexString(entry.Value.Span)}")];

    private static ReadOnlyMemory<byte> Encode(params LwwEntry[] entries)
    {
        var output = new ArrayBufferWriter<byte>();
        LwwCodec.Write(entries, output);
        return output.WrittenMemory;
    }

    private StateDatabase Store(string name) => new(Path.Combine(_folder, name), NullLogger.Instance);

    private ClusterState Open(string name, int node) => Open(Store(name), node);

    private ClusterState OpenFresh(int node) => Open(Guid.NewGuid().ToString("N"), node);

    private ClusterState Open(IStateStore store, int node, TimeProvider? time = null)
    {
        var state = new ClusterState(Node(node), store, time ?? TimeProvider.System, NullLogger.Instance);
        _open.Add(state);
        return state;
    }

    private sealed class SteppedTime : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

        public override DateTimeOffset GetUtcNow() => Now;
    }

    private sealed class BreakableStore(IStateStore inner) : IStateStore
    {
        public bool IsBroken { get; set; }

        public int Forgotten { get; private set; }

        public StateOutcome Load(LwwMap map) => inner.Load(map);

        public void Save(IReadOnlyCollection<LwwEntry> entries, bool untilOnDisk)
        {
            Check();
            inner.Save(entries, untilOnDisk);
        }

        public void Forget(IReadOnlyCollection<string> keys)
        {
            Check();
            inner.Forget(keys);
            Forgotten += keys.Count;
        }

        public void Dispose() => inner.Dispose();

        private void Check()
        {
            if (IsBroken)
            {
                throw new StorageException("The disk is broken.");
            }
        }
    }
}
