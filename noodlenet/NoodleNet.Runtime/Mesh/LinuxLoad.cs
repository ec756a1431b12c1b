using System.Globalization;

namespace NoodleNet.Runtime.Mesh;

/// <summary>Reads what Linux tells of itself in text files; each is small, and none is kept open.</summary>
/// <param name="root">Above <c>proc</c> and <c>sys</c>.</param>
internal sealed class LinuxLoad(string root)
{
    private const int LongestFile = 64 * 1024;

    private (long Busy, long Total)? _before;

    /// <summary>Share of all cores that worked since the last call, of a thousand; null at first.</summary>
    public int? CpuPermille()
    {
        string? line = Read("proc/stat")?.Split('\n')[0];
        if (line is null || !line.StartsWith("cpu ", StringComparison.Ordinal))
        {
            return null;
        }

        // user nice system idle iowait irq softirq steal; guests are counted in user already
        long[] ticks = [.. line.Split(' ', StringSplitOptions.RemoveEmptyEntries).Skip(1).Take(8).Select(Number)];
        if (ticks.Length < 5)
        {
            return null;
        }

        long total = ticks.Sum();
        long busy = total - ticks[3] - ticks[4];
        (long Busy, long Total)? before = _before;
        _before = (busy, total);
        return before is not { } then || total <= then.Total ? null
            : (int)long.Clamp((busy - then.Busy) * 1_000 / (total - then.Total), 0, 1_000);
    }

    /// <summary>Bytes in all, and bytes that can be taken without swapping.</summary>
    public (long Total, long Free)? Memory()
    {
        long total = 0;
        long free = -1;
        foreach (string line in (Read("proc/meminfo") ?? "").Split('\n'))
        {
            string[] words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (words.Length >= 2)
            {
                total = words[0] == "MemTotal:" ? Number(words[1]) * 1_024 : total;
                free = words[0] == "MemAvailable:" ? Number(words[1]) * 1_024 : free;
            }
        }

        return total > 0 && free >= 0 ? (total, long.Min(free, total)) : null;
    }

    /// <summary>The first battery's charge of a thousand, and whether the machine lives on it.</summary>
    public (int Permille, bool IsUsed)? Battery()
    {
        string folder = Path.Combine(root, "sys/class/power_supply");
        try
        {
            string[] supplies = Directory.Exists(folder) ? Directory.GetDirectories(folder) : [];
            foreach (string supply in supplies.Order(StringComparer.Ordinal))
            {
                string name = Path.GetFileName(supply);
                if (Read($"sys/class/power_supply/{name}/type")?.Trim() == "Battery" &&
                    Read($"sys/class/power_supply/{name}/capacity") is { } capacity)
                {
                    bool isUsed = Read($"sys/class/power_supply/{name}/status")?.Trim() == "Discharging";
                    return ((int)long.Clamp(Number(capacity.Trim()) * 10, 0, 1_000), isUsed);
                }
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return null;
        }

        return null;
    }

    private static long Number(string text) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long number) ? number : 0;

    private string? Read(string file)
    {
        try
        {
            using FileStream stream = File.OpenRead(Path.Combine(root, file));
            byte[] bytes = new byte[LongestFile];
            int length = stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
            return System.Text.Encoding.ASCII.GetString(bytes, 0, length);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return null; // another kernel, or a locked box: what is not told is not known
        }
    }
}
