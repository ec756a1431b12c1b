using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging.Abstractions;
using Noodle.Primitives;
using NoodleNet.Runtime.Storage;
using NoodleNet.State;

namespace NoodleNet.Runtime.Tests.Storage;

public sealed class StateFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly string _path;
    private readonly StateFile _file;

    public StateFileTests()
    {
        _path = _folder["state"];
        _file = new StateFile(_path, NullLogger.Instance);
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_map_comes_back_as_it_was()
    {
        LwwMap map = Example(), again = new();
        Assert.Equal(StateOutcome.Missing, _file.Load(again));
        Save(map);

        Assert.Equal(StateOutcome.Loaded, _file.Load(again));
        Assert.Equal(map.Entries, again.Entries);
        Assert.Equal(map.GetDigest(), again.GetDigest());
    }

    [Fact]
    public void A_file_cut_anywhere_is_set_aside()
    {
        Save(Example());
        byte[] whole = File.ReadAllBytes(_path);
        for (int length = 0; length < whole.Length; length++)
        {
            File.WriteAllBytes(_path, whole[..length]);
            AssertDamaged();
        }

        File.WriteAllBytes(_path, [.. whole, 0]);
        AssertDamaged();
    }

    [Fact]
    public void A_file_with_any_byte_changed_is_set_aside()
    {
        Save(Example());
        byte[] whole = File.ReadAllBytes(_path);
        for (int i = 0; i < whole.Length; i++)
        {
            byte[] changed = [.. whole];
            changed[i] ^= 0x40;
            File.WriteAllBytes(_path, changed);
            AssertDamaged();
        }
    }

    [Fact]
    public void A_file_larger_than_the_map_may_be_is_set_aside_unread()
    {
        File.WriteAllBytes(_path, new byte[5_000]);
        var map = new LwwMap(new LwwLimits(Entries: 1, TotalBytes: 1));
        Assert.Equal(StateOutcome.Damaged, _file.Load(map));
    }

    [Fact]
    public void A_damaged_file_that_cannot_be_moved_is_told()
    {
        File.WriteAllText(_path, "damaged");
        Directory.CreateDirectory(_path + ".damaged");
        Assert.Contains(_path, Assert.Throws<StorageException>(() => _file.Load(new LwwMap())).Message);
    }

    private void Save(LwwMap map) => File.WriteAllBytes(_path, SnapshotOf(map));

    // As the first version wrote it.
    internal static byte[] SnapshotOf(LwwMap map)
    {
        var output = new ArrayBufferWriter<byte>();
        output.Write("NOODLST1"u8);
        output.Write(new byte[sizeof(ulong)]);
        LwwCodec.Write(map.Entries, output);
        byte[] content = output.WrittenSpan.ToArray();
        BinaryPrimitives.WriteInt64BigEndian(content.AsSpan(8), content.Length - 16);
        return [.. content, .. SHA256.HashData(content)];
    }

    private void AssertDamaged()
    {
        var map = new LwwMap();
        Assert.Equal(StateOutcome.Damaged, _file.Load(map));
        Assert.Equal(0, map.Count);
        Assert.False(File.Exists(_path));
        Assert.True(File.Exists(_path + ".damaged"));
    }

    private static LwwMap Example()
    {
        NodeId node = NodeId.Create("n", Guid.Empty);
        var map = new LwwMap();
        map.Set("model/a", "one"u8, new HybridStamp(5, 1, node));
        map.Delete("model/b", new HybridStamp(6, 0, node));
        return map;
    }
}
