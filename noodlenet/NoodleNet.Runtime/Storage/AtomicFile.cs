namespace NoodleNet.Runtime.Storage;

/// <summary>Files that are whole or not there, whenever the power fails, and that only their owner can read.</summary>
/// <remarks>Meaning: on Unix a file has mode 0600 and a folder 0700; on Windows both inherit rights.</remarks>
public static class AtomicFile
{
    private const UnixFileMode OwnerFile = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode OwnerFolder = OwnerFile | UnixFileMode.UserExecute;

    /// <summary>Replaces a file, or makes it.</summary>
    /// <remarks>Bound: one writer at a time for a path in a process. The bytes are on disk before the name.</remarks>
    /// <exception cref="StorageException">The disk is full, the folder is missing or may not be written.</exception>
    public static void Write(string path, ReadOnlySpan<byte> content) => Write(path, content, replace: true);

    /// <summary>Makes a file that is not there yet; false, and nothing is changed, when it is.</summary>
    /// <remarks>Meaning: of several processes that try, exactly one gets true.</remarks>
    /// <exception cref="StorageException">The disk is full, the folder is missing or may not be written.</exception>
    public static bool TryCreate(string path, ReadOnlySpan<byte> content) => Write(path, content, replace: false);

    /// <summary>Reads a file of at most <paramref name="limitBytes"/>; null when there is none.</summary>
    /// <exception cref="StorageException">It is longer, or may not be read.</exception>
    public static byte[]? Read(string path, int limitBytes)
    {
        try
        {
            using var file = new FileStream(
                path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            if (file.Length > limitBytes)
            {
                throw new StorageException(
                    $"The file '{path}' is larger than {limitBytes} bytes: it is not one of Noodle's.");
            }

            byte[] content = new byte[file.Length];
            file.ReadExactly(content);
            return content;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StorageException(
                $"The file '{path}' cannot be read ({e.Message}); make it readable for this user.", e);
        }
    }

    /// <summary>Makes a folder, and those above it, unless it is there.</summary>
    /// <exception cref="StorageException">It cannot be made.</exception>
    public static void CreateFolder(string path)
    {
        try
        {
            if (OperatingSystem.IsWindows())
            {
                Directory.CreateDirectory(path);
            }
            else
            {
                Directory.CreateDirectory(path, OwnerFolder);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StorageException(
                $"The folder '{path}' cannot be made ({e.Message}); choose another with --data.", e);
        }
    }

    private static bool Write(string path, ReadOnlySpan<byte> content, bool replace)
    {
        // Who creates may have rivals with the same process number: in a container it is 1.
        string rival = replace ? "" : $"-{Guid.NewGuid():N}";
        string temporary = $"{path}.{Environment.ProcessId}{rival}.new";
        try
        {
            WriteThrough(temporary, content);
            bool done = true;
            if (replace)
            {
                File.Move(temporary, path, overwrite: true);
            }
            else
            {
                done = TryName(temporary, path);
            }

            UnixCalls.FlushFolder(Path.GetDirectoryName(Path.GetFullPath(path))!);
            return done;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            TryDelete(temporary);
            throw new StorageException($"The file '{path}' cannot be written ({e.Message}); "
                + "make room, or make its folder writable for this user.", e);
        }
    }

    private static void WriteThrough(string path, ReadOnlySpan<byte> content)
    {
        TryDelete(path); // left by a process that died and had our number
        var options = new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            Share = FileShare.None,
            BufferSize = 0,
        };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = OwnerFile;
        }

        using var file = new FileStream(path, options);
        file.Write(content);
        file.Flush(flushToDisk: true);
    }

    private static bool TryName(string temporary, string path)
    {
        if (!OperatingSystem.IsWindows())
        {
            bool linked = UnixCalls.TryLink(temporary, path);
            TryDelete(temporary);
            return linked;
        }

        try
        {
            File.Move(temporary, path, overwrite: false);
            return true;
        }
        catch (IOException) when (File.Exists(path))
        {
            TryDelete(temporary);
            return false;
        }
    }

    private static void TryDelete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A leftover of ours does no harm; the fault that brought us here is the one to tell.
        }
    }
}
