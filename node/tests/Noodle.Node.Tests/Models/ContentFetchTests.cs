using System.Collections.Concurrent;
using System.Security.Cryptography;
using Ahr.Runtime;
using Microsoft.Extensions.Logging.Abstractions;
using Noodle.Node.Models;
using Noodle.Primitives;
using NoodleNet.Content;

namespace Noodle.Node.Tests.Models;

/// <summary>Fetches over peers of this process, with a store on disk.</summary>
public sealed class ContentFetchTests : IDisposable
{
    private const int ChunkBytes = 4_096;
    private const int Chunks = 60;
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(60);
    private readonly string _folder = Directory.CreateTempSubdirectory("noodle-fetch-").FullName;
    private readonly byte[] _file = new byte[(Chunks * ChunkBytes) - 100];
    private readonly Peers _peers;
    private readonly Seen _seen = new();

    public ContentFetchTests()
    {
        new Prng(1).Fill(_file);
        _peers = new Peers(_file);
    }

    private string Digest => Convert.ToHexStringLower(SHA256.HashData(_file));

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_file_comes_from_all_its_holders_and_its_progress_is_told()
    {
        _peers.Add(3);
        ModelStore store = OpenStore();
        StoreResult result = await FetchAsync(store);
        Assert.Equal((StoreFault.None, Digest, _file.Length), (result.Fault, result.Digest, result.SizeBytes));
        Assert.Equal(StoreFault.None, (await store.VerifyAsync(Digest, default)).Fault);
        Assert.InRange(_peers.Sent.Values.Sum(), Chunks, Chunks + 8); // the last ones are asked of two
        Assert.Equal(3, _peers.Sent.Count);
        Assert.Equal(_file.Length, _seen.Last.TotalBytes);
        Assert.Equal((_file.Length, 1), (store.ByteCount, store.List().Count));
        Assert.Empty(Directory.GetFiles(Path.Combine(_folder, "partial")));
    }

    [Fact]
    public async Task A_fetch_that_was_cut_off_goes_on_after_a_restart()
    {
        _peers.Add(2);
        using var stop = new CancellationTokenSource();
        _peers.SentOne = () =>
        {
            if (_peers.Sent.Values.Sum() >= Chunks / 2)
            {
                stop.Cancel();
            }
        };
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => FetchAsync(OpenStore(), cancellation: stop.Token));
        int before = _peers.Sent.Values.Sum();
        Assert.Equal(0, OpenStore().ByteCount);

        _peers.SentOne = () => { };
        StoreResult result = await FetchAsync(OpenStore());
        Assert.Equal(StoreFault.None, result.Fault);
        Assert.InRange(_peers.Sent.Values.Sum() - before, 1, Chunks - 10);
    }

    [Fact]
    public async Task What_was_damaged_on_disk_meanwhile_is_fetched_again()
    {
        _peers.Add(1);
        ModelStore store = OpenStore();
        Assert.True(ChunkManifest.TryCreate(_file.Length, ChunkBytes, _peers.Hashes, out ChunkManifest? manifest));
        store.OpenPartial(Digest, _file.Length, Chunks, manifest.Digest, out PartialModel? partial);
        for (int i = 0; i < 10; i++)
        {
            byte[] chunk = _file[(i * ChunkBytes)..((i + 1) * ChunkBytes)];
            chunk[7] ^= i < 4 ? (byte)1 : (byte)0; // as a loss of power may leave it
            await partial!.WriteAsync(i, (long)i * ChunkBytes, chunk, default);
        }

        partial!.Dispose();
        Assert.Equal(StoreFault.None, (await FetchAsync(store)).Fault);
        Assert.Equal(Chunks - 6, _peers.Sent.Values.Sum());
    }

    [Fact]
    public async Task A_lying_and_a_silent_holder_keep_nobody_from_the_file()
    {
        _peers.Add(3);
        _peers.Liar = Peers.Node(0);
        _peers.Silent = Peers.Node(1);
        Assert.Equal(StoreFault.None, (await FetchAsync(OpenStore())).Fault);
        Assert.Equal(Chunks, _peers.Sent[Peers.Node(2)]);
    }

    [Fact]
    public async Task Without_a_digest_of_the_chunks_the_whole_decides_and_a_wrong_manifest_is_thrown_away()
    {
        _peers.Add(1);
        _peers.Liar = Peers.Node(0);
        _peers.LiesInManifest = true;
        _peers.After = (Peers.Node(0), Peers.Node(1)); // an honest one comes when the liar has been found out
        Assert.Equal(StoreFault.None, (await FetchAsync(OpenStore(), isNamed: false)).Fault);
    }

    [Fact]
    public async Task Nobody_connected_and_nobody_who_has_it_are_told_apart()
    {
        StoreResult alone = await FetchAsync(OpenStore(), limit: TimeSpan.FromMilliseconds(200));
        Assert.Contains("no peer is connected", alone.Message, StringComparison.Ordinal);
        _peers.Add(2);
        _peers.HasIt = false;
        StoreResult nobody = await FetchAsync(OpenStore(), limit: TimeSpan.FromMilliseconds(200));
        Assert.Contains("none of 2 connected nodes", nobody.Message, StringComparison.Ordinal);
        Assert.Equal(StoreFault.Missing, nobody.Fault);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_file_larger_than_this_node_takes_is_refused_before_it_is_begun(bool byStore)
    {
        _peers.Add(1);
        ModelStore store = OpenStore(byStore ? new ModelStoreOptions { MaxStoreBytes = 1_000 }
            : new ModelStoreOptions { MaxModelBytes = 1_000 });
        StoreResult result = await FetchAsync(store, isNamed: byStore);
        Assert.Equal(StoreFault.TooLarge, result.Fault);
        Assert.Contains("1000 bytes", result.Message, StringComparison.Ordinal);
        Assert.Empty(_peers.Sent);
        Assert.Equal(0, store.ByteCount);
    }

    [Fact]
    public async Task A_disk_that_fails_ends_the_fetch_with_a_sentence()
    {
        _peers.Add(1);
        ModelStore store = OpenStore();
        Directory.CreateDirectory(Path.Combine(_folder, "partial", Digest, "in-the-way"));
        StoreResult result = await FetchAsync(store);
        Assert.Equal(StoreFault.Unreadable, result.Fault);
        Assert.Equal(0, store.ByteCount);
    }

    private ModelStore OpenStore(ModelStoreOptions? options = null) =>
        new(_folder, options ?? new ModelStoreOptions(), NullLogger<ModelStore>.Instance);

    private async Task<StoreResult> FetchAsync(
        ModelStore store, bool isNamed = true, TimeSpan? limit = null, CancellationToken cancellation = default)
    {
        Assert.True(ChunkManifest.TryCreate(_file.Length, ChunkBytes, _peers.Hashes, out ChunkManifest? manifest));
        var options = new FetchOptions
        {
            ManifestDigest = isNamed ? manifest.Digest : null,
            MaxSizeBytes = isNamed ? long.MaxValue : store.MaxModelBytes,
            SeekPatience = limit ?? s_limit,
        };
        using var fetch = new ContentFetch(Digest, store, _peers, options, TimeProvider.System, NullLogger.Instance);
        return await fetch.RunAsync(_seen, cancellation).WaitAsync(s_limit, TestContext.Current.CancellationToken);
    }

    private sealed class Seen : IProgress<FetchProgress>
    {
        public FetchProgress Last { get; private set; }

        public void Report(FetchProgress value) => Last = value;
    }

    private sealed class Peers(byte[] file) : IContentPeers
    {
        private readonly ConcurrentDictionary<NodeId, bool> _nodes = new();

        public byte[] Hashes { get; } = [.. file.Chunk(ChunkBytes).SelectMany(chunk => SHA256.HashData(chunk))];

        public ConcurrentDictionary<NodeId, int> Sent { get; } = new();

        public NodeId Liar { get; set; }

        public NodeId Silent { get; set; }

        public bool LiesInManifest { get; set; }

        public bool HasIt { get; set; } = true;

        public (NodeId First, NodeId Then)? After { get; set; }

        public Action SentOne { get; set; } = () => { };

        public static NodeId Node(int i) => NodeId.Create("h", new Guid(i, 0, 0, new byte[8]));

        public void Add(int count) => Array.ForEach([.. Enumerable.Range(0, count)], i => _nodes[Node(i)] = true);

        public IReadOnlyList<ContentHolder> List(string digest) =>
            [.. _nodes.Keys.Order().Select(node => new ContentHolder(node, HasIt))];

        public async Task<(AskFault Fault, ChunkManifest? Manifest)> AskManifestAsync(
            NodeId node, string digest, TimeSpan limit, CancellationToken cancellation)
        {
            await Task.Yield();
            byte[] hashes = [.. Hashes];
            hashes[0] ^= node == Liar && LiesInManifest ? (byte)1 : (byte)0;
            return HasIt && ChunkManifest.TryCreate(file.Length, ChunkBytes, hashes, out ChunkManifest? manifest)
                ? (AskFault.None, manifest) : (AskFault.NotThere, null);
        }

        public async Task<AskFault> AskChunkAsync(
            NodeId node, ChunkAddress chunk, Memory<byte> destination, TimeSpan limit, CancellationToken cancellation)
        {
            await Task.Yield();
            if (node == Silent)
            {
                await Task.Delay(Timeout.InfiniteTimeSpan, cancellation);
            }

            file.AsMemory(chunk.Index * ChunkBytes, destination.Length).CopyTo(destination);
            destination.Span[0] ^= node == Liar ? (byte)1 : (byte)0;
            Sent.AddOrUpdate(node, node == Liar ? 0 : 1, (_, sent) => sent + 1);
            if (After is { } turn && node == turn.First)
            {
                _nodes[turn.Then] = true;
            }

            SentOne();
            return AskFault.None;
        }
    }
}
