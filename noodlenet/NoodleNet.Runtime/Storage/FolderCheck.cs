namespace NoodleNet.Runtime.Storage;

/// <summary>Decides whether a folder may hold secrets: ours, writable for us and for nobody else.</summary>
internal static class FolderCheck
{
    /// <summary>Makes the folder when it is missing, then checks it.</summary>
    /// <exception cref="StorageException">It is a file, another user's, open to others, or not writable.</exception>
    public static void Ensure(string folder)
    {
        if (File.Exists(folder))
        {
            throw new StorageException($"'{folder}' is a file, not a folder; choose another place with --data.");
        }

        AtomicFile.CreateFolder(folder);
        CheckOwner(folder, UnixCalls.OwnerOf(folder));
        CheckMode(folder);
        CheckWritable(folder);
    }

    internal static void CheckOwner(string folder, uint? owner)
    {
        if (owner is { } uid && uid != UnixCalls.EffectiveUser())
        {
            throw new StorageException($"The data folder '{folder}' belongs to another user (uid {uid}); "
                + "run Noodle as that user, or choose another folder with --data.");
        }
    }

    private static void CheckMode(string folder)
    {
        const UnixFileMode Others = UnixFileMode.GroupWrite | UnixFileMode.OtherWrite;
        if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(folder) & Others) != 0)
        {
            throw new StorageException(
                $"Other users may write to the data folder '{folder}'; forbid it with: chmod go-w '{folder}'.");
        }
    }

    private static void CheckWritable(string folder)
    {
        string probe = Path.Combine(folder, $".probe.{Environment.ProcessId}");
        try
        {
            using (File.Create(probe, 1, FileOptions.DeleteOnClose))
            {
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StorageException($"The data folder '{folder}' is not writable ({e.Message}); "
                + "make it writable for this user, or choose another with --data.", e);
        }
    }
}
