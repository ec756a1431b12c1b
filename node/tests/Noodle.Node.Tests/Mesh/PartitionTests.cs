using Microsoft.Extensions.Logging.Abstractions;
using Noodle.Node.Mesh;
using Noodle.Primitives;
using NoodleNet.Runtime.Storage;
using NoodleNet.State;

namespace Noodle.Node.Tests.Mesh;

/// <summary>Nodes that write on both sides of a partition, come back from their disks, and then meet.</summary>
public sealed class PartitionTests : IDisposable
{
    private const int Nodes = 5;
    private readonly string _folder = Directory.CreateTempSubdirectory("noodle-partition-").FullName;
    private readonly ClusterState[] _nodes;
    private readonly SkewedTime _time = new();

    public PartitionTests() => _nodes = [.. Enumerable.Range(0, Nodes).Select(Open)];

    public void Dispose()
    {
        Array.ForEach(_nodes, node => node.Dispose());
        Directory.Delete(_folder, recursive: true);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void After_a_partition_all_hold_the_same_and_nothing_that_was_deployed_is_lost(ulong seed)
    {
        var chance = new Prng(seed);
        Dictionary<string, byte[]> expected = [];
        HashSet<string> revoked = [];
        ulong uses = 0;
        for (int step = 0; step < 150; step++)
        {
            _time.Step();
            int at = chance.Next(Nodes);
            string name = $"model/{(at < 2 ? "left" : "right")}-{chance.Next(10)}"; // each side has models of its own
            byte[]? value = chance.NextBool(0.2) ? null : [(byte)step];
            ExchangeWithin(chance, at < 2);
            Assert.Equal(LwwFault.None, _nodes[at].Write(name, value));
            expected.Remove(name);
            if (value is not null)
            {
                expected[name] = value;
            }

            if (chance.NextBool(0.1))
            {
                string key = $"revoked/node/{chance.Next(5)}"; // the same ones on both sides
                Assert.True(_nodes[at].Write(key, [(byte)at]) is LwwFault.None or LwwFault.Stale);
                revoked.Add(key);
            }

            _nodes[at].Count("token-use/t", 1);
            uses++;
            if (chance.NextBool(0.05))
            {
                _nodes[at].Dispose();
                _nodes[at] = Open(at);
            }
        }

        Assert.False(_nodes[0].Summary.Span.SequenceEqual(_nodes[4].Summary.Span));
        Heal(chance);

        foreach (ClusterState node in _nodes)
        {
            Assert.True(node.Summary.Span.SequenceEqual(_nodes[0].Summary.Span));
            Assert.Equal(expected.Keys.Order(StringComparer.Ordinal), node.List("model/").Select(entry => entry.Key));
            Assert.All(node.List("model/"), entry => Assert.Equal(expected[entry.Key], entry.Value.ToArray()));
            Assert.Equal(revoked.Order(StringComparer.Ordinal), node.List("revoked/").Select(entry => entry.Key));
            Assert.Equal(uses, node.CountOf("token-use/t"));
        }
    }

    // As statuses do it: whoever hears a differing summary compares with the sender, in any order of pairs.
    private void Heal(Prng chance)
    {
        for (int round = 0; round < 100; round++)
        {
            Compare(chance.Next(Nodes), chance.Next(Nodes));
        }
    }

    // So that the last writer of a key is the last in time too: the side agrees before each write.
    private void ExchangeWithin(Prng chance, bool left)
    {
        int[] side = left ? [0, 1] : [2, 3, 4];
        chance.Shuffle<int>(side);
        for (int pass = 0; pass < 2; pass++)
        {
            for (int i = 1; i < side.Length; i++)
            {
                Compare(side[i - 1], side[i]);
            }
        }
    }

    private void Compare(int asker, int asked)
    {
        Assert.True(_nodes[asked].TryCompare(
            _nodes[asker].GetDigest(), out ulong buckets, out ReadOnlyMemory<byte> theirs));
        Assert.True(_nodes[asker].TryMerge(theirs, Node(asked)));
        Assert.True(_nodes[asked].TryMerge(_nodes[asker].EntriesIn(buckets), Node(asker)));
    }

    private ClusterState Open(int i) => new(
        Node(i), new StateDatabase(Path.Combine(_folder, $"{i}.db"), NullLogger.Instance), _time.For(i),
        NullLogger.Instance);

    private static NodeId Node(int i) => NodeId.Create("n", new Guid(i, 0, 0, new byte[8]));

    private sealed class SkewedTime
    {
        private DateTimeOffset _now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

        public void Step() => _now += TimeSpan.FromMilliseconds(3);

        public TimeProvider For(int node) => new Skewed(this, TimeSpan.FromSeconds(5 * node));

        private sealed class Skewed(SkewedTime owner, TimeSpan skew) : TimeProvider
        {
            public override DateTimeOffset GetUtcNow() => owner._now + skew;
        }
    }
}
