using System.Globalization;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;
using Noodle.Primitives;
using NoodleNet.Runtime.Storage;
using NoodleNet.State;

namespace NoodleNet.Runtime.Tests.Storage;

public sealed class StateDatabaseTests : IDisposable
{
    private static readonly NodeId s_node = NodeId.Create("n", Guid.Empty);
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private string DataPath => _folder["cluster.db"];

    [Fact]
    public void What_was_saved_and_forgotten_comes_back_so()
    {
        LwwMap map = Example();
        using (StateDatabase first = Open(out LwwMap empty, out StateOutcome outcome))
        {
            Assert.Equal((StateOutcome.Missing, 0), (outcome, empty.Count));
            first.Save(map.Entries, untilOnDisk: true);
            first.Save([Entry("model/a", 9, "two"u8), Entry("key with \0 in it", 9, ""u8)], untilOnDisk: false);
            first.Forget(["model/b", "never there"]);
        }

        using StateDatabase again = Open(out LwwMap read, out StateOutcome second);
        Assert.Equal(StateOutcome.Loaded, second);
        Assert.Equal(["key with \0 in it", "model/a", "revoked/x"], read.Entries.Select(entry => entry.Key));
        Assert.True(read.TryGet("model/a", out ReadOnlyMemory<byte> value) && value.Span.SequenceEqual("two"u8));
    }

    [Fact]
    public void Only_the_owner_may_read_the_file_and_its_log()
    {
        UnixMode.SkipWithout();
        using StateDatabase database = Open(out _, out _);
        database.Save(Example().Entries, untilOnDisk: true);
        string[] files = Directory.GetFiles(_folder.FolderPath);
        Assert.Equal(["cluster.db", "cluster.db-wal"], files.Select(file => Path.GetFileName(file)).Order());
        Assert.All(files, file => Assert.Equal(UnixMode.OwnerFile, UnixMode.Of(file)));
    }

    [Fact]
    public void A_write_costs_what_it_changes_and_not_what_is_there()
    {
        using StateDatabase database = Open(out _, out _);
        LwwEntry[] many = [.. Enumerable.Range(0, 2_000).Select(i => Entry($"k{i}", 1, new byte[500]))];
        database.Save(many, untilOnDisk: false);
        long before = new FileInfo(DataPath + "-wal").Length;
        database.Save([Entry("k1000", 2, new byte[500])], untilOnDisk: true);
        // the log begins anew when it was written back
        Assert.InRange(new FileInfo(DataPath + "-wal").Length - before, long.MinValue, 40_000);
    }

    [Fact]
    public void A_later_schema_is_refused_by_name_and_left_as_it_is()
    {
        Open(out _, out _).Dispose();
        Change("PRAGMA user_version=2");
        byte[] before = File.ReadAllBytes(DataPath);
        StorageException e = Assert.Throws<StorageException>(() => Open(out _, out _));
        Assert.Contains("later version", e.Message, StringComparison.Ordinal);
        Assert.Contains("schema 2", e.Message, StringComparison.Ordinal);
        Assert.Equal(before, File.ReadAllBytes(DataPath));
    }

    public static TheoryData<string, string, int> Damages => new()
    {   // what is damaged                      by                                                 entries left
        { "the sum of a row",                   "UPDATE entries SET sum = x'00' WHERE key = $a",   2 },
        { "the content of a row",               "UPDATE entries SET entry = x'01' WHERE key = $a", 2 },
        { "the key of a row",                   "UPDATE entries SET key = x'61' WHERE key = $a",   2 },
        { "a type",                             "UPDATE entries SET entry = 7 WHERE key = $a",     2 },
        { "the table",                          "DROP TABLE entries",                              0 },
        { "a column",                           "ALTER TABLE entries DROP COLUMN sum",             0 },
        { "whose it is",                        "PRAGMA application_id=7",                         3 },
    };

    [Theory]
    [MemberData(nameof(Damages))]
    public void A_damaged_database_is_set_aside_and_its_whole_rows_are_kept(string what, string by, int left)
    {
        using (StateDatabase database = Open(out _, out _))
        {
            database.Save(Example().Entries, untilOnDisk: true);
        }

        Change(by.Replace("$a", $"x'{Convert.ToHexString("model/a"u8)}'", StringComparison.Ordinal));
        using (Open(out LwwMap read, out StateOutcome outcome))
        {
            Assert.True((StateOutcome.Damaged, left) == (outcome, read.Count), what);
            Assert.True(File.Exists(DataPath + ".damaged"));
        }

        using StateDatabase again = Open(out LwwMap kept, out StateOutcome second);
        Assert.Equal((StateOutcome.Loaded, left), (second, kept.Count));
    }

    [Theory]
    [InlineData(5)]
    [InlineData(5_000)]
    public void What_is_no_database_is_set_aside_with_its_log(int length)
    {
        byte[] garbage = [.. Enumerable.Range(0, length).Select(i => (byte)(i * 7))];
        File.WriteAllBytes(DataPath, garbage);
        File.WriteAllBytes(DataPath + "-wal", garbage);
        using StateDatabase database = Open(out LwwMap map, out StateOutcome outcome);
        Assert.Equal((StateOutcome.Damaged, 0), (outcome, map.Count));
        Assert.Equal(garbage, File.ReadAllBytes(DataPath + ".damaged"));
        database.Save(Example().Entries, untilOnDisk: true);
    }

    [Fact]
    public void A_file_with_any_byte_changed_gives_no_wrong_entry_and_hides_no_loss()
    {
        using (StateDatabase database = Open(out _, out _))
        {
            database.Save(Example().Entries, untilOnDisk: true);
        }

        byte[] whole = File.ReadAllBytes(DataPath);
        IReadOnlyCollection<LwwEntry> all = Example().Entries;
        var chance = new Prng(1);
        for (int i = 0; i < 300; i++)
        {
            byte[] changed = [.. whole];
            changed[i < 100 ? i : chance.Next(whole.Length)] ^= (byte)(1 << chance.Next(8));
            File.WriteAllBytes(DataPath, changed);
            try
            {
                using StateDatabase database = Open(out LwwMap read, out StateOutcome outcome);
                Assert.Subset(all.ToHashSet(), read.Entries.ToHashSet());
                Assert.True(outcome == StateOutcome.Damaged || read.Count == all.Count);
            }
            catch (StorageException)
            {
                // told to a person: it claims a later version, or may not be written
            }
        }
    }

    [Fact]
    public void The_snapshot_of_the_first_version_is_taken_over_and_goes()
    {
        string snapshot = _folder["cluster"];
        File.WriteAllBytes(snapshot, StateFileTests.SnapshotOf(Example()));
        using (Open(out LwwMap map, out StateOutcome outcome, snapshot))
        {
            Assert.Equal((StateOutcome.Loaded, 3), (outcome, map.Count));
            Assert.False(File.Exists(snapshot));
        }

        File.WriteAllBytes(snapshot, [1, 2, 3]);
        using StateDatabase again = Open(out LwwMap kept, out StateOutcome second, snapshot);
        Assert.Equal((StateOutcome.Loaded, 3), (second, kept.Count));
        Assert.True(File.Exists(snapshot + ".damaged"));
    }

    [Fact]
    public void A_full_disk_is_told_with_the_way_out_and_the_write_leaves_nothing()
    {
        using (var database = new StateDatabase(DataPath, NullLogger.Instance, maxBytes: 64 << 10))
        {
            database.Load(new LwwMap());
            database.Save(Example().Entries, untilOnDisk: true);
            StorageException e = Assert.Throws<StorageException>(() => database.Save(
                [Entry("a", 1, new byte[40_000]), Entry("b", 1, new byte[40_000])], untilOnDisk: true));
            Assert.Contains("make room", e.Message, StringComparison.Ordinal);
            Assert.Contains(DataPath, e.Message, StringComparison.Ordinal);
            database.Save([Entry("c", 1, new byte[10])], untilOnDisk: true);
        }

        using StateDatabase again = Open(out LwwMap map, out _);
        Assert.Equal(["c", "model/a", "model/b", "revoked/x"], map.Entries.Select(entry => entry.Key));
    }

    [Fact]
    public void What_cannot_be_used_is_told_with_the_way_out()
    {
        using (Open(out _, out _))
        {
            Assert.Contains("another program",
                Assert.Throws<StorageException>(() => Open(out _, out _)).Message, StringComparison.Ordinal);
        }

        File.WriteAllText(DataPath, "no database");
        Directory.CreateDirectory(DataPath + ".damaged");
        Assert.Contains("remove it",
            Assert.Throws<StorageException>(() => Open(out _, out _)).Message, StringComparison.Ordinal);
        File.Delete(DataPath);
        Directory.CreateDirectory(DataPath);
        Assert.Contains("--data",
            Assert.Throws<StorageException>(() => Open(out _, out _)).Message, StringComparison.Ordinal);
        var nowhere = new StateDatabase(Path.Combine(_folder["missing"], "x"), NullLogger.Instance);
        Assert.Throws<StorageException>(() => nowhere.Load(new LwwMap()));
        Assert.Throws<ObjectDisposedException>(() => nowhere.Forget(["x"]));
    }

    private StateDatabase Open(out LwwMap map, out StateOutcome outcome, string? snapshot = null)
    {
        map = new LwwMap();
        var database = new StateDatabase(DataPath, NullLogger.Instance, snapshot);
        outcome = database.Load(map);
        return database;
    }

    private void Change(string text)
    {
        using var connection = new SqliteConnection(
            string.Create(CultureInfo.InvariantCulture, $"Data Source={DataPath};Pooling=False"));
        connection.Open();
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = text;
        command.ExecuteNonQuery();
    }

    private static LwwEntry Entry(string key, long ms, ReadOnlySpan<byte> value) =>
        new(key, new HybridStamp(ms, 0, s_node), value.ToArray());

    private static LwwMap Example()
    {
        var map = new LwwMap();
        map.Set("model/a", "one"u8, new HybridStamp(5, 1, s_node));
        map.Delete("model/b", new HybridStamp(6, 0, s_node));
        map.Set("revoked/x", ""u8, new HybridStamp(7, 0, s_node));
        return map;
    }
}
