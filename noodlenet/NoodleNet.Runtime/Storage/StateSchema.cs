using System.Globalization;
using Microsoft.Data.Sqlite;

namespace NoodleNet.Runtime.Storage;

/// <summary>How a database of cluster state is opened, and what its faults mean.</summary>
internal static class StateSchema
{
    /// <summary>What SQLite appends to the name of the file for its write-ahead log.</summary>
    public const string LogSuffix = "-wal";

    /// <summary>Goes up when an older version could not read what this one writes.</summary>
    public const int Version = 1;

    private const int ApplicationId = 0x4E6F6F64; // "Nood"
    private const int LongestWaitSeconds = 1; // for another program that holds the file

    private const int Busy = 5, Locked = 6, Corrupt = 11, Full = 13, NotADatabase = 26;

    /// <summary>Makes the file before SQLite does, readable for its owner alone: the log inherits that.</summary>
    /// <exception cref="StorageException">It cannot be made.</exception>
    public static void CreateFile(string path)
    {
        if (File.Exists(path) || !AtomicFile.TryCreate(path, []))
        {
            return;
        }

        // A log without its file is left of one that was set aside or removed.
        File.Delete(path + LogSuffix);
    }

    /// <summary>Opens the file for this process alone.</summary>
    public static SqliteConnection Connect(string path, long maxBytes)
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder
        {
            DataSource = path,
            Mode = SqliteOpenMode.ReadWrite,
            Pooling = false,
            DefaultTimeout = LongestWaitSeconds,
        }.ConnectionString);
        try
        {
            connection.Open();
            // One process holds a node's folder: the lock makes that sure, and saves the shared-memory file.
            Execute(connection, "PRAGMA locking_mode=EXCLUSIVE");
            Execute(connection, "PRAGMA cell_size_check=ON");
            Execute(connection, "PRAGMA trusted_schema=OFF");
            Execute(connection, "PRAGMA fullfsync=ON"); // where a flush alone leaves the bytes in the drive's cache
            Execute(connection, "PRAGMA journal_mode=WAL");
            Execute(connection, "PRAGMA journal_size_limit=8388608");
            long pages = Math.Max(1, maxBytes / Math.Max(512, Number(connection, "PRAGMA page_size")));
            Execute(connection, FormattableString.Invariant($"PRAGMA max_page_count={pages}"));
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>Checks whose database it is and that it is whole, or makes one; false when it is damaged.</summary>
    /// <exception cref="StorageException">A later version of Noodle wrote it.</exception>
    public static bool TryPrepare(SqliteConnection connection, string path)
    {
        long owner = Number(connection, "PRAGMA application_id"), version = Number(connection, "PRAGMA user_version");
        if (owner == 0 && version == 0 && Number(connection, "SELECT count(*) FROM sqlite_schema") == 0)
        {
            Create(connection);
            UnixCalls.FlushFolder(Path.GetDirectoryName(Path.GetFullPath(path))!);
            return true;
        }

        if (owner == ApplicationId && version > Version)
        {
            throw new StorageException(
                $"The cluster state '{path}' was written by a later version of Noodle (schema {version}, this one "
                + $"knows {Version}); start that version, or remove the file to take the state from the other nodes.");
        }

        return owner == ApplicationId && version == Version
            && Text(connection, "PRAGMA integrity_check(1)") == "ok";
    }

    /// <summary>True when the content of the file is wrong, and not the machine around it.</summary>
    public static bool IsDamage(SqliteException e) => e.SqliteErrorCode is Corrupt or NotADatabase or 1;

    /// <summary>What a person can do about a fault.</summary>
    public static string WayOut(SqliteException e, long maxBytes) => e.SqliteErrorCode switch
    {
        Full => FormattableString.Invariant($"make room on the disk (the file itself may take {maxBytes} bytes)."),
        Busy or Locked => "another program has it open: close that.",
        _ => "make it and its folder writable for this user, or choose another folder with --data.",
    };

    private static void Create(SqliteConnection connection)
    {
        using SqliteTransaction transaction = connection.BeginTransaction(deferred: false);
        Execute(connection, "CREATE TABLE entries(key BLOB NOT NULL UNIQUE, entry BLOB NOT NULL, sum BLOB NOT NULL)");
        Execute(connection, FormattableString.Invariant($"PRAGMA application_id={ApplicationId}"));
        Execute(connection, FormattableString.Invariant($"PRAGMA user_version={Version}"));
        transaction.Commit();
    }

    private static void Execute(SqliteConnection connection, string text) => Scalar(connection, text);

    private static long Number(SqliteConnection connection, string text) =>
        Convert.ToInt64(Scalar(connection, text), CultureInfo.InvariantCulture);

    private static string Text(SqliteConnection connection, string text) => Scalar(connection, text) as string ?? "";

    private static object? Scalar(SqliteConnection connection, string text)
    {
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = text;
        return command.ExecuteScalar();
    }
}
