using System.Globalization;

namespace Noodle.Bench.Cluster;

/// <summary>What a process has used since it started, as Linux counts it.</summary>
/// <param name="CpuMs">Processor time of the process and of the kernel for it, to 10 ms.</param>
/// <param name="Wakeups">How often one of its threads that waited went on; of threads that live.</param>
internal readonly record struct ProcessUse(double CpuMs, long Wakeups, double ResidentMb)
{
    private const int UserField = 11, SystemField = 12; // counted from the one after the name
    private const double MsPerTick = 10;

    /// <summary>Reads <c>/proc</c>; null where there is none, or when the process is gone.</summary>
    public static ProcessUse? Read(int processId)
    {
        string folder = $"/proc/{processId.ToString(CultureInfo.InvariantCulture)}";
        try
        {
            string stat = File.ReadAllText($"{folder}/stat");
            string[] fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            double ticks = Number(fields[UserField]) + Number(fields[SystemField]);
            long wakeups = 0;
            foreach (string thread in Directory.EnumerateDirectories($"{folder}/task"))
            {
                wakeups += Field($"{thread}/status", "voluntary_ctxt_switches:");
            }

            return new ProcessUse(ticks * MsPerTick, wakeups, Field($"{folder}/status", "VmRSS:") / 1024.0);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static long Field(string file, string name)
    {
        try
        {
            string? line = File.ReadLines(file).FirstOrDefault(line => line.StartsWith(name, StringComparison.Ordinal));
            return line is null ? 0 : Number(line[name.Length..].Replace("kB", "", StringComparison.Ordinal));
        }
        catch (IOException)
        {
            return 0; // a thread that has just ended
        }
    }

    private static long Number(string text) =>
        long.TryParse(text, NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite,
            CultureInfo.InvariantCulture, out long number) ? number : 0;
}

/// <summary>What nodes cost that are left alone, one sample a node.</summary>
internal sealed record IdleCost(int Seconds, Times CpuMsPerSecond, Times WakeupsPerSecond, Times ResidentMb)
{
    /// <summary>Null when nothing could be read, as on other systems than Linux.</summary>
    public static IdleCost? Between(
        IReadOnlyList<ProcessUse?> before, IReadOnlyList<ProcessUse?> after, TimeSpan passed)
    {
        List<(ProcessUse Before, ProcessUse After)> both =
            [.. before.Zip(after).Where(pair => pair is (not null, not null))
                .Select(pair => (pair.First!.Value, pair.Second!.Value))];
        return both.Count == 0 ? null : new IdleCost(
            (int)passed.TotalSeconds,
            Each(pair => (pair.After.CpuMs - pair.Before.CpuMs) / passed.TotalSeconds),
            Each(pair => (pair.After.Wakeups - pair.Before.Wakeups) / passed.TotalSeconds),
            Each(pair => pair.After.ResidentMb));

        Times Each(Func<(ProcessUse Before, ProcessUse After), double> value) => Times.From([.. both.Select(value)])!;
    }
}
