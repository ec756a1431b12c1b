using System.Security.Cryptography;
using Microsoft.Extensions.Logging.Abstractions;

namespace Ahr.Runtime.Tests;

public sealed class PartialModelTests : IDisposable
{
    private const int ChunkBytes = 10;
    private static readonly byte[] s_file = [.. Enumerable.Range(0, 25).Select(i => (byte)i)];
    private static readonly string s_digest = Scene.DigestOf(s_file);
    private readonly string _folder = Path.Combine(Path.GetTempPath(), $"noodle-test-{Guid.NewGuid():N}");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Chunks_in_any_order_and_over_restarts_make_a_model()
    {
        using (PartialModel first = Begin(OpenStore()))
        {
            Assert.Equal([false, false, false], first.Marked);
            await WriteAsync(first, 2);
        }

        ModelStore store = OpenStore();
        Assert.Equal(0, store.ByteCount);
        using PartialModel second = Begin(store);
        Assert.Equal(25, store.ByteCount);
        Assert.Equal([false, false, true], second.Marked);
        byte[] last = new byte[5];
        Assert.True(await second.TryReadAsync(20, last, default));
        Assert.Equal(s_file[20..], last);
        Assert.False(await second.TryReadAsync(24, last, default));
        await WriteAsync(second, 1);
        Assert.Equal(StoreFault.DigestMismatch, (await second.CommitAsync(default)).Fault);
        Assert.False(store.Contains(s_digest));
        await WriteAsync(second, 0);
        Assert.Equal(StoreResult.Stored(s_digest, 25), await second.CommitAsync(default));
        Assert.Equal(s_file, await File.ReadAllBytesAsync(store.PathOf(s_digest)));
        second.Dispose();
        Assert.Equal((25, 25), (store.ByteCount, OpenStore().ByteCount));
        Assert.Empty(Directory.GetFiles(Path.Combine(_folder, "partial")));
    }

    public static TheoryData<string, long, int, string> OtherCuts => new()
    {
        { "another plan",         25, 3, "other" },
        { "another size",         26, 3, "plan" },
        { "more chunks",          25, 5, "plan" },
    };

    [Theory]
    [MemberData(nameof(OtherCuts))]
    public async Task What_was_cut_otherwise_is_begun_anew(string what, long size, int chunks, string plan)
    {
        ModelStore store = OpenStore();
        using (PartialModel first = Begin(store))
        {
            await WriteAsync(first, 0);
            first.Unmark(1);
        }

        store.OpenPartial(s_digest, size, chunks, plan, out PartialModel? second);
        using (second)
        {
            Assert.True(second!.Marked.All(mark => !mark) && second.Marked.Count == chunks, what);
        }
    }

    [Fact]
    public async Task What_is_discarded_or_deleted_leaves_nothing()
    {
        ModelStore store = OpenStore();
        PartialModel partial = Begin(store);
        await WriteAsync(partial, 0);
        partial.Discard();
        partial.Dispose();
        Assert.Empty(Directory.GetFiles(Path.Combine(_folder, "partial")));
        Begin(store).Dispose();
        Assert.Equal(2, Directory.GetFiles(Path.Combine(_folder, "partial")).Length);
        Assert.False(store.Delete(s_digest));
        Assert.Empty(Directory.GetFiles(Path.Combine(_folder, "partial")));
        Assert.Equal(0, store.ByteCount);
        Assert.False(store.Delete("no digest"));
    }

    [Fact]
    public void A_fetch_that_nobody_went_on_with_for_a_week_is_removed()
    {
        Begin(OpenStore()).Dispose();
        foreach (string file in Directory.GetFiles(Path.Combine(_folder, "partial")))
        {
            File.SetLastWriteTimeUtc(file, DateTime.UtcNow.AddDays(-8));
        }

        OpenStore();
        Assert.Empty(Directory.GetFiles(Path.Combine(_folder, "partial")));
    }

    [Fact]
    public void What_does_not_fit_or_is_no_digest_is_refused()
    {
        ModelStore store = OpenStore(new ModelStoreOptions { MaxModelBytes = 1L << 40, MaxStoreBytes = 1L << 46 });
        Assert.Equal(StoreFault.NotADigest, store.OpenPartial("../x", 1, 1, "plan", out _).Fault);
        Assert.Equal(StoreFault.TooLarge, store.OpenPartial(s_digest, (1L << 40) + 1, 1, "plan", out _).Fault);
        StoreResult full = store.OpenPartial(s_digest, 1L << 40, 1, "plan", out PartialModel? none);
        Assert.Equal((StoreFault.TooLarge, null), (full.Fault, none)); // no machine here has 1 TiB free
        Assert.Contains("make room", full.Message, StringComparison.Ordinal);
        Assert.Equal(0, store.ByteCount);
    }

    [Fact]
    public async Task The_hashes_of_chunks_are_kept_beside_the_model_and_made_again_when_damaged()
    {
        ModelStore store = OpenStore();
        Assert.Null(await store.HashChunksAsync(s_digest, ChunkBytes, default));
        await store.ImportAsync(new MemoryStream(s_file), s_digest, default);
        byte[] hashes = [.. s_file.Chunk(ChunkBytes).SelectMany(chunk => SHA256.HashData(chunk))];
        string kept = store.PathOf(s_digest) + ".chunks";
        for (int i = 0; i < 2; i++)
        {
            Assert.Equal(hashes, await store.HashChunksAsync(s_digest, ChunkBytes, default));
            Assert.True(File.Exists(kept));
        }

        byte[] content = await File.ReadAllBytesAsync(kept);
        content[20] ^= 1;
        await File.WriteAllBytesAsync(kept, content);
        Assert.Equal(hashes, await store.HashChunksAsync(s_digest, ChunkBytes, default));
        Assert.Equal(64, (await store.HashChunksAsync(s_digest, 20, default))!.Length);
        Assert.Equal([s_digest], store.List());
        Assert.True(store.Delete(s_digest));
        Assert.False(File.Exists(kept));
    }

    private ModelStore OpenStore(ModelStoreOptions? options = null) =>
        new(_folder, options ?? new ModelStoreOptions(), NullLogger<ModelStore>.Instance);

    private static PartialModel Begin(ModelStore store)
    {
        Assert.Equal(StoreFault.None, store.OpenPartial(s_digest, 25, 3, "plan", out PartialModel? partial).Fault);
        return partial!;
    }

    private static ValueTask WriteAsync(PartialModel partial, int index)
    {
        byte[] chunk = s_file.Chunk(ChunkBytes).ElementAt(index);
        return partial.WriteAsync(index, index * ChunkBytes, chunk, default);
    }
}
