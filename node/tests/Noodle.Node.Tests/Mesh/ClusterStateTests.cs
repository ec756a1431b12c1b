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

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Two_nodes_converge_by_one_comparison_whatever_each_wrote() =>
        Gen.Select(Writes, Writes).Sample(
            (left, right) =>
            {
                (ClusterState a, ClusterState b) = (Open("a", 1), Open("b", 2));
                Apply(a, left);
                Apply(b, right);
                Assert.True(b.TryCompare(a.GetDigest(), out ulong buckets, out ReadOnlyMemory<byte> entries));
                Assert.True(a.TryMerge(entries, Node(2)));
                Assert.True(b.TryMerge(a.EntriesIn(buckets), Node(1)));
                Assert.True(a.Summary.Span.SequenceEqual(b.Summary.Span));
                Assert.Equal(Show(a), Show(b));
                File.Delete(Path.Combine(_folder, "a"));
                File.Delete(Path.Combine(_folder, "b"));
            },
            iter: 50, threads: 1);

    [Fact]
    public void What_was_written_and_deleted_survives_a_restart()
    {
        ClusterState before = Open("a", 1);
        Assert.Equal(LwwFault.None, before.Write("model/x", [1, 2]));
        Assert.Equal(LwwFault.None, before.Write("model/y", [3]));
        Assert.Equal(LwwFault.None, before.Write("model/x", null));
        ClusterState after = Open("a", 1);
        Assert.Equal(before.Summary, after.Summary.ToArray());
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
        ClusterState state = Open("a", 1);
        state.Write("kept", [1]);
        byte[] summary = state.Summary.ToArray();
        int told = 0;
        state.Changed += () => told++;
        state.Written += _ => told++;
        BreakDisk();
        Assert.Throws<StorageException>(() => state.Write("lost", [2]));
        Assert.Throws<StorageException>(() => state.Write("kept", null));
        Assert.Equal(summary, state.Summary);
        Assert.Equal(["kept"], state.List("").Select(entry => entry.Key));
        Assert.Equal(0, told);

        MendDisk();
        Assert.Equal(LwwFault.None, state.Write("kept", [3]));
        Assert.Equal(2, told);
    }

    [Fact]
    public void What_a_peer_sends_is_held_in_memory_when_the_disk_refuses_it()
    {
        ClusterState state = Open("a", 1);
        int changes = 0;
        state.Changed += () => changes++;
        BreakDisk();
        ReadOnlyMemory<byte> entries = Encode(new LwwEntry("k", new HybridStamp(1, 0, Node(2)), new byte[] { 7 }));
        Assert.True(state.TryMerge(entries, Node(2)));
        Assert.True(state.TryGet("k", out _));
        Assert.True(state.TryMerge(entries, Node(2)));
        Assert.Equal(1, changes); // the second time it is no news
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

    private ClusterState Open(string name, int node) => new(
        Node(node), new StateFile(Path.Combine(_folder, name), NullLogger.Instance), TimeProvider.System,
            NullLogger.Instance);

    // Works for root too, whom no permission stops: a folder stands where the file is to be put.
    private void BreakDisk()
    {
        File.Delete(Path.Combine(_folder, "a"));
        Directory.CreateDirectory(Path.Combine(_folder, "a", "in-the-way"));
    }

    private void MendDisk() => Directory.Delete(Path.Combine(_folder, "a"), recursive: true);
}
