using NoodleNet.Talk;

namespace NoodleNet.Mesh.Load;

/// <summary>The load of a node as NoodleTalk carries it.</summary>
/// <remarks>Meaning: reading is total. What no machine has (more free than there is, more than all of the time) is cut
/// to what can be; what is too much is left out.</remarks>
public static class VitalsCodec
{
    /// <summary>Labels of one node.</summary>
    public const int MostLabels = 32;

    /// <summary>Characters of one label, name and value together; of a processor's name as well.</summary>
    public const int LongestLabel = 128;

    private const int MostCores = 65_536;

    public static NodeVitals Write(
        LoadSample load, long samples, int queued, IReadOnlyCollection<string> labels)
    {
        ArgumentNullException.ThrowIfNull(load);
        var vitals = new NodeVitals
        {
            Cores = (uint)load.Cores,
            GpusKnown = load.Gpus is not null,
            OnBattery = load.OnBattery,
            Queued = (uint)int.Max(queued, 0),
            Samples = (uint)long.Clamp(samples, 0, uint.MaxValue),
        };
        vitals.Labels.AddRange(labels.Take(MostLabels));
        Set(load.CpuPermille, value => vitals.CpuPermille = (uint)value);
        Set(load.MemoryTotalBytes, value => vitals.MemoryTotalBytes = (ulong)value);
        Set(load.MemoryFreeBytes, value => vitals.MemoryFreeBytes = (ulong)value);
        Set(load.DiskTotalBytes, value => vitals.DiskTotalBytes = (ulong)value);
        Set(load.DiskFreeBytes, value => vitals.DiskFreeBytes = (ulong)value);
        Set(load.BatteryPermille, value => vitals.BatteryPermille = (uint)value);
        foreach (GpuSample gpu in load.Gpus ?? [])
        {
            vitals.Gpus.Add(new GpuVitals
            {
                Name = gpu.Name,
                MemoryTotalBytes = (ulong)gpu.MemoryTotalBytes,
                MemoryFreeBytes = (ulong)gpu.MemoryFreeBytes,
                BusyPermille = (uint)gpu.BusyPermille,
            });
        }

        return vitals;
    }

    public static LoadSample Read(NodeVitals vitals)
    {
        ArgumentNullException.ThrowIfNull(vitals);
        long? memory = vitals.HasMemoryTotalBytes ? Cut(vitals.MemoryTotalBytes) : null;
        long? disk = vitals.HasDiskTotalBytes ? Cut(vitals.DiskTotalBytes) : null;
        return new LoadSample
        {
            CpuPermille = vitals.HasCpuPermille ? Permille(vitals.CpuPermille) : null,
            Cores = (int)uint.Min(vitals.Cores, MostCores),
            MemoryTotalBytes = memory,
            MemoryFreeBytes = vitals.HasMemoryFreeBytes ? Cut(vitals.MemoryFreeBytes, memory) : null,
            DiskTotalBytes = disk,
            DiskFreeBytes = vitals.HasDiskFreeBytes ? Cut(vitals.DiskFreeBytes, disk) : null,
            Gpus = !vitals.GpusKnown ? null : [.. vitals.Gpus.Take(LoadSmoother.MostGpus).Select(Read)],
            BatteryPermille = vitals.HasBatteryPermille ? Permille(vitals.BatteryPermille) : null,
            OnBattery = vitals.OnBattery,
        };
    }

    /// <summary>The labels as names and values; those of a wrong form or length are left out.</summary>
    public static IReadOnlyDictionary<string, string> ReadLabels(NodeVitals vitals)
    {
        ArgumentNullException.ThrowIfNull(vitals);
        var labels = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (string label in vitals.Labels.Take(MostLabels))
        {
            int split = label.IndexOf('=', StringComparison.Ordinal);
            if (split > 0 && label.Length <= LongestLabel)
            {
                labels[label[..split]] = label[(split + 1)..];
            }
        }

        return labels;
    }

    private static GpuSample Read(GpuVitals gpu)
    {
        long total = Cut(gpu.MemoryTotalBytes);
        string name = gpu.Name.Length > LongestLabel ? gpu.Name[..LongestLabel] : gpu.Name;
        return new GpuSample(name, total, Cut(gpu.MemoryFreeBytes, total), Permille(gpu.BusyPermille));
    }

    private static int Permille(uint value) => (int)uint.Min(value, 1_000);

    private static long Cut(ulong value, long? most = null) =>
        (long)ulong.Min(value, (ulong)(most ?? long.MaxValue));

    private static void Set(long? value, Action<long> set)
    {
        if (value is { } known)
        {
            set(long.Max(known, 0));
        }
    }
}
