using System.Globalization;

namespace Noodle.Node.Health;

/// <summary>How much is free, and of how much; both zero where it cannot be told.</summary>
internal readonly record struct FreeSpace(long FreeBytes, long TotalBytes);

/// <summary>How much room this machine, or the container this process is in, has left.</summary>
/// <param name="root">Where <c>/proc</c> and <c>/sys</c> are; another for tests.</param>
internal sealed class MachineRoom(string root = "/")
{
    private const int MaxFileBytes = 64 << 10;

    /// <summary>The disk that a folder is on.</summary>
    public static FreeSpace Disk(string folder)
    {
        try
        {
            var drive = new DriveInfo(folder);
            return new FreeSpace(drive.AvailableFreeSpace, drive.TotalSize);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return default;
        }
    }

    /// <summary>Memory: of the container where it has less than the machine.</summary>
    public FreeSpace Memory()
    {
        FreeSpace machine = Machine(), container = Container();
        return container.TotalBytes > 0 && (machine.TotalBytes == 0 || container.TotalBytes < machine.TotalBytes)
            ? container with { FreeBytes = Least(container.FreeBytes, machine) } : machine;
    }

    private static long Least(long free, FreeSpace machine) =>
        machine.TotalBytes == 0 ? free : Math.Min(free, machine.FreeBytes);

    private FreeSpace Machine()
    {
        if (Lines("proc/meminfo") is { } lines)
        {
            return new FreeSpace(Kibibytes(lines, "MemAvailable:"), Kibibytes(lines, "MemTotal:"));
        }

        GCMemoryInfo info = GC.GetGCMemoryInfo(); // as of the last collection: the best there is elsewhere
        return info.TotalAvailableMemoryBytes <= 0 || info.MemoryLoadBytes <= 0 ? default
            : new FreeSpace(
                Math.Max(0, info.TotalAvailableMemoryBytes - info.MemoryLoadBytes), info.TotalAvailableMemoryBytes);
    }

    private FreeSpace Container()
    {
        FreeSpace second = Group("sys/fs/cgroup", "memory.max", "memory.current", "inactive_file ");
        return second.TotalBytes > 0 ? second : Group(
            "sys/fs/cgroup/memory", "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file ");
    }

    private FreeSpace Group(string folder, string limitFile, string usageFile, string cache)
    {
        string path = folder + "/";
        if (Lines(path + limitFile) is not [var limitText, ..] ||
            Lines(path + usageFile) is not [var usageText, ..] ||
            !long.TryParse(limitText, CultureInfo.InvariantCulture, out long limit) ||
            !long.TryParse(usageText, CultureInfo.InvariantCulture, out long usage))
        {
            return default; // no such group, or "max": no limit
        }

        // What is only a copy of files goes first when room is needed.
        long reclaimable = Lines(path + "memory.stat") is { } lines ? Number(lines, cache) : 0;
        return new FreeSpace(Math.Max(0, limit - Math.Max(0, usage - reclaimable)), limit);
    }

    private static long Kibibytes(string[] lines, string name) => Number(lines, name) << 10;

    private static long Number(string[] lines, string name)
    {
        string? line = lines.FirstOrDefault(line => line.StartsWith(name, StringComparison.Ordinal));
        string? text = line?[name.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries).FirstOrDefault();
        return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long number) ? number : 0;
    }

    private string[]? Lines(string path)
    {
        try
        {
            using FileStream file = File.OpenRead(Path.Combine(root, path));
            var bytes = new byte[MaxFileBytes];
            int length = file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
            return System.Text.Encoding.ASCII.GetString(bytes, 0, length).Split('\n');
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
