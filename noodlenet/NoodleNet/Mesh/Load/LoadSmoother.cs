using Noodle.Primitives;

namespace NoodleNet.Mesh.Load;

/// <summary>Makes of samples taken each second what is worth telling others.</summary>
/// <remarks>
/// Meaning: shares of time are smoothed over five seconds, memory and disk over two; a battery and a total are told as
/// they are. Bound: <see cref="MostGpus"/> processors.
/// </remarks>
public sealed class LoadSmoother
{
    /// <summary>Graphics processors of one machine that are told of.</summary>
    public const int MostGpus = 16;

    private static readonly TimeSpan s_busy = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_room = TimeSpan.FromSeconds(2);

    private SmoothedGauge _cpu = new(s_busy);
    private SmoothedGauge _memory = new(s_room);
    private SmoothedGauge _disk = new(s_room);
    private (SmoothedGauge Busy, SmoothedGauge Free)[] _gpus = [];
    private LoadSample? _newest;

    /// <summary>How many samples were taken.</summary>
    public long Samples { get; private set; }

    public void Add(LoadSample sample, Instant now)
    {
        ArgumentNullException.ThrowIfNull(sample);
        Samples++;
        _newest = sample;
        _cpu.Add(sample.CpuPermille, now);
        _memory.Add(sample.MemoryFreeBytes, now);
        _disk.Add(sample.DiskFreeBytes, now);
        int gpus = int.Min(sample.Gpus?.Count ?? 0, MostGpus);
        if (gpus != _gpus.Length)
        {
            _gpus = new (SmoothedGauge, SmoothedGauge)[gpus];
            Array.Fill(_gpus, (new SmoothedGauge(s_busy), new SmoothedGauge(s_room)));
        }

        for (int i = 0; i < gpus; i++)
        {
            _gpus[i].Busy.Add(sample.Gpus![i].BusyPermille, now);
            _gpus[i].Free.Add(sample.Gpus[i].MemoryFreeBytes, now);
        }
    }

    /// <summary>The smoothed load; null before the first sample.</summary>
    public LoadSample? Read() => _newest is not { } newest ? null : newest with
    {
        CpuPermille = (int?)_cpu.Value,
        MemoryFreeBytes = _memory.Value,
        DiskFreeBytes = _disk.Value,
        Gpus = newest.Gpus is null ? null : [.. newest.Gpus.Take(_gpus.Length).Select((gpu, i) => gpu with
        {
            BusyPermille = (int)_gpus[i].Busy.Value!.Value,
            MemoryFreeBytes = _gpus[i].Free.Value!.Value,
        })],
    };
}
