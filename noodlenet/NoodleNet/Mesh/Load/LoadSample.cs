namespace NoodleNet.Mesh.Load;

/// <summary>What one graphics processor has and does.</summary>
/// <param name="BusyPermille">Share of the last second in which it worked, 0 to 1,000.</param>
public sealed record GpuSample(string Name, long MemoryTotalBytes, long MemoryFreeBytes, int BusyPermille);

/// <summary>What a machine has and does; null is what it does not tell.</summary>
public sealed record LoadSample
{
    /// <summary>Share of all cores that worked, 0 to 1,000.</summary>
    public int? CpuPermille { get; init; }

    public int Cores { get; init; }

    public long? MemoryTotalBytes { get; init; }

    /// <summary>What could still be taken without swapping.</summary>
    public long? MemoryFreeBytes { get; init; }

    public long? DiskTotalBytes { get; init; }

    public long? DiskFreeBytes { get; init; }

    /// <summary>Null when it is not known; empty when there are none.</summary>
    public IReadOnlyList<GpuSample>? Gpus { get; init; }

    public int? BatteryPermille { get; init; }

    /// <summary>True while the machine lives on its battery.</summary>
    public bool OnBattery { get; init; }
}
