using NoodleNet.Mesh.Load;

namespace NoodleNet.Runtime.Mesh;

/// <summary>Asks the machine what it has and does.</summary>
/// <remarks>
/// Meaning: Linux tells all; elsewhere the processor and the battery are not known, and memory is what .NET says. A
/// limit that holds for this process alone (a container's) counts as the machine's own. Graphics processors are read
/// through NVIDIA's library where it is; of others nothing is known.
/// Cost: under a millisecond a sample. Not safe for several threads at once.
/// </remarks>
public sealed class LoadSampler : IDisposable
{
    private readonly string _folder;
    private readonly LinuxLoad? _linux;
    private readonly NvmlLibrary? _nvml;

    /// <param name="folder">The disk that holds it is told of.</param>
    public LoadSampler(string folder)
        : this(folder, OperatingSystem.IsLinux() ? new LinuxLoad("/") : null, NvmlLibrary.Open())
    {
    }

    internal LoadSampler(string folder, LinuxLoad? linux, NvmlLibrary? nvml) =>
        (_folder, _linux, _nvml) = (folder, linux, nvml);

    public LoadSample Sample()
    {
        GCMemoryInfo collector = GC.GetGCMemoryInfo();
        long limit = collector.TotalAvailableMemoryBytes;
        (long total, long free) = _linux?.Memory() ?? (limit, limit - collector.MemoryLoadBytes);
        (long Total, long Free)? disk = Disk();
        (int Permille, bool IsUsed)? battery = _linux?.Battery();
        total = limit > 0 ? long.Min(total, limit) : total;
        return new LoadSample
        {
            CpuPermille = _linux?.CpuPermille(),
            Cores = Environment.ProcessorCount,
            MemoryTotalBytes = total,
            MemoryFreeBytes = long.Clamp(free, 0, total),
            DiskTotalBytes = disk?.Total,
            DiskFreeBytes = disk?.Free,
            Gpus = _nvml?.Read() ?? (_nvml is null && _linux is not null ? [] : null),
            BatteryPermille = battery?.Permille,
            OnBattery = battery?.IsUsed ?? false,
        };
    }

    public void Dispose() => _nvml?.Dispose();

    private (long Total, long Free)? Disk()
    {
        try
        {
            var drive = new DriveInfo(_folder);
            return (drive.TotalSize, drive.AvailableFreeSpace);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return null;
        }
    }
}
