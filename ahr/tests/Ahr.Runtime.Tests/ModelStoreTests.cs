using Microsoft.Extensions.Logging.Abstractions;

namespace Ahr.Runtime.Tests;

public sealed class ModelStoreTests : IDisposable
{
    private readonly string _folder = Path.Combine(Path.GetTempPath(), $"noodle-test-{Guid.NewGuid():N}");

    [Fact]
    public async Task A_model_lies_under_its_digest_and_reads_back()
    {
        ModelStore store = Open();
        byte[] content = [.. Enumerable.Range(0, 300_000).Select(i => (byte)i)];
        StoreResult stored = await store.ImportAsync(new MemoryStream(content), null, default);
        Assert.Equal(new StoreResult(StoreFault.None, "", Scene.DigestOf(content), content.Length), stored);
        Assert.True(File.Exists(Path.Combine(_folder, "sha256", stored.Digest[..2], stored.Digest)));
        Assert.Empty(Directory.GetFiles(Path.Combine(_folder, "partial")));
        Assert.Equal(stored, await store.VerifyAsync(stored.Digest, default));
        Assert.Equal([stored.Digest], store.List());
        await using (FileStream read = store.OpenRead(stored.Digest)!)
        {
            Assert.Equal(content.Length, read.Length);
        }

        await store.ImportAsync(new MemoryStream(content), stored.Digest, default);
        Assert.Equal(content.Length, store.ByteCount); // the same model twice takes its place once
        Assert.Equal(content.Length, Open().ByteCount);
        Assert.True(store.Delete(stored.Digest));
        Assert.False(store.Delete(stored.Digest));
        Assert.Equal((0, 0), (store.ByteCount, store.List().Count));
    }

    public static TheoryData<string?, bool> Digests => new()
    {
        { new string('a', 64), true },
        { new string('0', 64), true },
        { new string('A', 64), false },
        { new string('a', 63), false },
        { new string('a', 65), false },
        { "../../../../etc/passwd".PadRight(64, 'a'), false },
        { "", false },
        { null, false },
    };

    [Theory]
    [MemberData(nameof(Digests))]
    public void Only_64_lower_case_hexadecimal_digits_are_a_digest(string? text, bool isOne)
    {
        Assert.Equal(isOne, ModelStore.IsDigest(text));
        Assert.False(Open().Contains(text!));
    }

    [Fact]
    public async Task Content_of_another_digest_is_refused_and_leaves_nothing()
    {
        ModelStore store = Open();
        string promised = Scene.DigestOf("promised"u8);
        StoreResult refused = await store.ImportAsync(new MemoryStream("other"u8.ToArray()), promised, default);
        Assert.Equal(StoreFault.DigestMismatch, refused.Fault);
        Assert.Contains(promised, refused.Message, StringComparison.Ordinal);
        refused = await store.ImportAsync(new MemoryStream("other"u8.ToArray()), "SHA", default);
        Assert.Equal(StoreFault.NotADigest, refused.Fault);
        Assert.Equal((0, 0), (store.ByteCount, store.List().Count));
        Assert.Empty(Directory.GetFiles(Path.Combine(_folder, "partial")));
    }

    [Fact]
    public async Task A_model_or_store_that_grows_too_large_is_refused_and_leaves_nothing()
    {
        ModelStore store = Open(new ModelStoreOptions { MaxModelBytes = 10, MaxStoreBytes = 15 });
        StoreResult large = await store.ImportAsync(new MemoryStream(new byte[11]), null, default);
        Assert.Equal(StoreFault.TooLarge, large.Fault);
        StoreResult fits = await store.ImportAsync(new MemoryStream(new byte[10]), null, default);
        Assert.Equal(StoreFault.None, fits.Fault);
        StoreResult full = await store.ImportAsync(new MemoryStream(new byte[6]), null, default);
        Assert.Equal(StoreFault.TooLarge, full.Fault);
        Assert.Contains("15 bytes", full.Message, StringComparison.Ordinal);
        Assert.Equal(10, store.ByteCount);
        await using ModelImport import = store.BeginImport();
        Assert.Equal(StoreFault.TooLarge, (await import.AppendAsync(new byte[11], default)).Fault);
        Assert.Equal(StoreFault.TooLarge, (await import.AppendAsync(new byte[1], default)).Fault);
        Assert.Equal(StoreFault.TooLarge, (await import.CommitAsync(null, default)).Fault);
        Assert.Equal(0, import.SizeBytes);
    }

    [Fact]
    public async Task A_damaged_model_is_found_and_removed()
    {
        ModelStore store = Open();
        StoreResult stored = await store.ImportAsync(new MemoryStream("model"u8.ToArray()), null, default);
        await File.WriteAllTextAsync(Path.Combine(_folder, "sha256", stored.Digest[..2], stored.Digest), "moDel");
        Assert.Equal(StoreFault.DigestMismatch, (await store.VerifyAsync(stored.Digest, default)).Fault);
        Assert.Equal(StoreFault.Missing, (await store.VerifyAsync(stored.Digest, default)).Fault);
        Assert.Equal(StoreFault.NotADigest, (await store.VerifyAsync("../x", default)).Fault);
        Assert.Null(store.OpenRead(stored.Digest));
    }

    [Fact]
    public async Task What_a_crash_left_unfinished_is_removed_at_the_next_start()
    {
        ModelImport abandoned = Open().BeginImport();
        await abandoned.AppendAsync("half a mod"u8.ToArray(), default);
        Assert.Single(Directory.GetFiles(Path.Combine(_folder, "partial")));
        Open();
        Assert.Empty(Directory.GetFiles(Path.Combine(_folder, "partial")));
        await abandoned.DisposeAsync();
        await abandoned.DisposeAsync();
    }

    [Fact]
    public async Task Files_of_this_machine_are_taken_in_and_mistakes_named()
    {
        ModelStore store = Open();
        string path = Path.Combine(_folder, "m.onnx");
        await File.WriteAllTextAsync(path, "model");
        Assert.Equal(Scene.DigestOf("model"u8), (await store.ImportFileAsync(path, default)).Digest);
        Assert.Equal(StoreFault.Missing, (await store.ImportFileAsync(path + "x", default)).Fault);
        StoreResult folder = await store.ImportFileAsync(_folder, default);
        Assert.Contains("is a folder", folder.Message, StringComparison.Ordinal);
        await using FileStream held = new(path, FileMode.Open, FileAccess.ReadWrite, FileShare.None);
        Assert.Equal(StoreFault.Unreadable, (await store.ImportFileAsync(path, default)).Fault);
    }

    [Fact]
    public async Task A_source_that_breaks_is_a_fault_and_leaves_nothing()
    {
        ModelStore store = Open();
        StoreResult broken = await store.ImportAsync(new BrokenStream(), null, default);
        Assert.Equal(StoreFault.Unreadable, broken.Fault);
        Assert.DoesNotContain("secret path", broken.Message, StringComparison.Ordinal);
        Assert.Equal(0, store.ByteCount);
        Assert.Empty(Directory.GetFiles(Path.Combine(_folder, "partial")));
    }

    [Fact]
    public async Task Manifests_lie_beside_their_models_and_go_with_them()
    {
        ModelStore store = Open();
        StoreResult stored = await store.ImportAsync(new MemoryStream("model"u8.ToArray()), null, default);
        ModelManifest manifest = new(stored.Digest, 5, "onnxruntime_onnx", "m.onnx", DateTimeOffset.UnixEpoch);
        Assert.Null(store.ReadManifest(stored.Digest));
        Assert.Null(store.ReadManifest("no digest"));
        await store.SaveManifestAsync(manifest, default);
        Assert.Equal(manifest, store.ReadManifest(stored.Digest));
        Assert.Equal([stored.Digest], store.List());
        string path = Path.Combine(_folder, "sha256", stored.Digest[..2], stored.Digest + ".json");
        await File.WriteAllTextAsync(path, "{ not json");
        Assert.Null(store.ReadManifest(stored.Digest));
        store.Delete(stored.Digest);
        Assert.False(File.Exists(path));
        await Assert.ThrowsAsync<ArgumentException>(() => store.SaveManifestAsync(manifest, default));
    }

    [Fact]
    public void Nobody_else_may_read_the_store()
    {
        Open();
        if (!OperatingSystem.IsWindows()) // folders there inherit their rights
        {
            Assert.Equal(
                UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute,
                File.GetUnixFileMode(_folder));
        }
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private ModelStore Open(ModelStoreOptions? options = null) =>
        new(_folder, options ?? new ModelStoreOptions(), NullLogger<ModelStore>.Instance);

    private sealed class BrokenStream : MemoryStream
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (Position++ == 0)
            {
                return new(10);
            }

            throw new IOException("secret path");
        }
    }
}
