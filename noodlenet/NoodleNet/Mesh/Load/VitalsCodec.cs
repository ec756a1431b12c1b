using NoodleNet.Talk;

namespace NoodleNet.Mesh.Load;

/// <summary>The load of a node as NoodleTalk carries it.</summary>
/// <remarks>Meaning: reading is total. What no machine has (more free than there is, more than all of the time) is cut
/// to what can be; what is too much is left out.</remarks>
public static class VitalsCodec
{
    /// <summary>Characters of a processor's name.</summary>
    public const int LongestName = 128;

    private const int MostCores = 65_536;

    /// <param name="samples">How many the averages rest on.</param>
    public static NodeVitals Write(LoadSample load, long samples)
    {
        ArgumentNullException.ThrowIfNull(load);
        var vitals = new NodeVitals
        {
            Cores = (uint)load.Cores,
            GpusKnown = load.Gpus is not null,
            OnBattery = load.OnBattery,
            Samples = (uint)long.Clamp(samples, 0, uint.MaxValue),
        };
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

    private static GpuSample Read(GpuVitals gpu)
    {
        long total = Cut(gpu.MemoryTotalBytes);
        string name = gpu.Name.Length > LongestName ? gpu.Name[..LongestName] : gpu.Name;
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
