using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;
using NoodleNet.State;

namespace NoodleNet.Runtime.Storage;

/// <summary>The cluster state in an SQLite database of this node alone.</summary>
/// <remarks>
/// <code>entries(key: UTF-8, entry: a batch of one in the form of LwwCodec, sum: first 16 bytes of its SHA-256)</code>
/// Meaning: write-ahead log, and a flush for each write that must last; only rows that changed are written. The whole
/// database is checked when it is opened: its structure by SQLite, each row by its sum. A damaged one is set aside, its
/// whole rows go into a new one; an entry is true by itself, so that none of them can be wrong.
/// Bound: a file of at most the given bytes, and a log of about 8 MiB beside it; one damaged database is kept.
/// Mode 0600. One process and one thread at a time.
/// </remarks>
public sealed class StateDatabase : IStateStore
{
    /// <summary>Largest file when nothing else is said.</summary>
    public const long DefaultMaxBytes = 1L << 30;

    private const int SumBytes = 16;

    private readonly string _path;
    private readonly string? _snapshot;
    private readonly ILogger _logger;
    private readonly long _maxBytes;
    private SqliteConnection? _connection;
    private bool? _isFlushing;

    /// <param name="snapshot">Where the first version kept the state: it is taken over and removed.</param>
    public StateDatabase(string path, ILogger logger, string? snapshot = null, long maxBytes = DefaultMaxBytes)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        (_path, _logger, _snapshot, _maxBytes) = (path, logger, snapshot, maxBytes);
    }

    /// <inheritdoc/>
    public StateOutcome Load(LwwMap map)
    {
        ArgumentNullException.ThrowIfNull(map);
        try
        {
            StateOutcome outcome = OpenOrMend(map);
            TakeOverSnapshot(map, ref outcome);
            return outcome;
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Save(IReadOnlyCollection<LwwEntry> entries, bool untilOnDisk)
    {
        ArgumentNullException.ThrowIfNull(entries);
        InTransaction(untilOnDisk, transaction =>
        {
            using SqliteCommand command = Command(
                "INSERT INTO entries(key, entry, sum) VALUES($key, $entry, $sum) "
                + "ON CONFLICT(key) DO UPDATE SET entry = excluded.entry, sum = excluded.sum", transaction);
            SqliteParameter key = command.Parameters.Add("$key", SqliteType.Blob);
            SqliteParameter content = command.Parameters.Add("$entry", SqliteType.Blob);
            SqliteParameter sum = command.Parameters.Add("$sum", SqliteType.Blob);
            foreach (LwwEntry entry in entries)
            {
                byte[] bytes = Encode(entry);
                (key.Value, content.Value, sum.Value) = (Encoding.UTF8.GetBytes(entry.Key), bytes, SumOf(bytes));
                command.ExecuteNonQuery();
            }
        });
    }

    /// <inheritdoc/>
    public void Forget(IReadOnlyCollection<string> keys)
    {
        ArgumentNullException.ThrowIfNull(keys);
        InTransaction(untilOnDisk: false, transaction =>
        {
            using SqliteCommand command = Command("DELETE FROM entries WHERE key = $key", transaction);
            SqliteParameter key = command.Parameters.Add("$key", SqliteType.Blob);
            foreach (string one in keys)
            {
                key.Value = Encoding.UTF8.GetBytes(one);
                command.ExecuteNonQuery();
            }
        });
    }

    /// <summary>Writes the log back into the file and lets go of it.</summary>
    public void Dispose()
    {
        _connection?.Dispose();
        _connection = null;
    }

    private StateOutcome OpenOrMend(LwwMap map)
    {
        StateOutcome outcome = File.Exists(_path) ? StateOutcome.Loaded : StateOutcome.Missing;
        if (TryOpen(map))
        {
            return outcome;
        }

        SetAside(map.Count);
        if (!TryOpen(map))
        {
            throw new StorageException(
                $"The cluster state '{_path}' is damaged as soon as it is written; check the disk, or choose another "
                + "folder with --data.");
        }

        Save(map.Entries, untilOnDisk: true);
        return StateOutcome.Damaged;
    }

    // False when it is damaged; what could be read is in the map.
    private bool TryOpen(LwwMap map)
    {
        try
        {
            StateSchema.CreateFile(_path);
            _connection = StateSchema.Connect(_path, _maxBytes);
            _isFlushing = null;
            return StateSchema.TryPrepare(_connection, _path) & TryRead(map);
        }
        catch (SqliteException e) when (StateSchema.IsDamage(e))
        {
            return false;
        }
        catch (SqliteException e)
        {
            throw Refused(e);
        }
    }

    private bool TryRead(LwwMap map)
    {
        bool isWhole = true;
        List<LwwEntry> entries = [];
        try
        {
            using SqliteCommand command = Command("SELECT key, entry, sum FROM entries", null);
            using SqliteDataReader rows = command.ExecuteReader();
            while (rows.Read())
            {
                if (TryDecode(rows, map.Limits) is { } entry)
                {
                    entries.Add(entry);
                }
                else
                {
                    isWhole = false;
                }
            }
        }
        catch (SqliteException e) when (StateSchema.IsDamage(e))
        {
            isWhole = false;
        }

        map.Merge(entries);
        return isWhole;
    }

    private static LwwEntry? TryDecode(SqliteDataReader row, LwwLimits limits) =>
        row.GetValue(0) is byte[] key
        && row.GetValue(1) is byte[] content
        && row.GetValue(2) is byte[] sum
        && sum.AsSpan().SequenceEqual(SumOf(content))
        && LwwCodec.TryRead(content, limits, out IReadOnlyList<LwwEntry>? entries)
        && entries is [LwwEntry entry]
        && key.AsSpan().SequenceEqual(Encoding.UTF8.GetBytes(entry.Key))
            ? entry : null;

    private static byte[] Encode(LwwEntry entry)
    {
        var output = new ArrayBufferWriter<byte>();
        LwwCodec.Write([entry], output);
        return output.WrittenSpan.ToArray();
    }

    private static byte[] SumOf(byte[] content) => SHA256.HashData(content)[..SumBytes];

    private SqliteCommand Command(string text, SqliteTransaction? transaction)
    {
        SqliteCommand command = _connection!.CreateCommand();
        (command.CommandText, command.Transaction) = (text, transaction);
        return command;
    }

    private void InTransaction(bool untilOnDisk, Action<SqliteTransaction> work)
    {
        ObjectDisposedException.ThrowIf(_connection is null, this);
        try
        {
            if (_isFlushing != untilOnDisk)
            {
                using SqliteCommand level = Command($"PRAGMA synchronous={(untilOnDisk ? "FULL" : "NORMAL")}", null);
                level.ExecuteNonQuery();
                _isFlushing = untilOnDisk;
            }

            using SqliteTransaction transaction = _connection.BeginTransaction(deferred: false);
            work(transaction);
            transaction.Commit();
        }
        catch (SqliteException e)
        {
            throw Refused(e);
        }
    }

    private void SetAside(int rescued)
    {
        Dispose();
        string aside = _path + ".damaged";
        try
        {
            // The file first: it is not to be found again without its log, as if its newest entries had never been.
            File.Move(_path, aside, overwrite: true);
            File.Delete(aside + StateSchema.LogSuffix);
            if (File.Exists(_path + StateSchema.LogSuffix))
            {
                File.Move(_path + StateSchema.LogSuffix, aside + StateSchema.LogSuffix);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StorageException($"The damaged file '{_path}' cannot be moved away ({e.Message}); remove it.", e);
        }

        Log.StateDatabaseDamaged(_logger, _path, aside, rescued);
    }

    private void TakeOverSnapshot(LwwMap map, ref StateOutcome outcome)
    {
        if (_snapshot is null || new StateFile(_snapshot, _logger).Load(map) is not StateOutcome.Loaded)
        {
            return;
        }

        Save(map.Entries, untilOnDisk: true);
        File.Delete(_snapshot);
        Log.StateTakenOver(_logger, _snapshot, map.Count);
        outcome = outcome == StateOutcome.Missing ? StateOutcome.Loaded : outcome;
    }

    private StorageException Refused(SqliteException e) => new(
        $"The cluster state '{_path}' cannot be kept ({e.Message.TrimEnd('.')}); "
        + StateSchema.WayOut(e, _maxBytes), e);
}
