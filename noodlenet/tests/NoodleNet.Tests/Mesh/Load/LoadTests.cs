using NoodleNet.Mesh.Load;
using NoodleNet.Talk;
using static NoodleNet.Tests.Mesh.MeshNodes;

namespace NoodleNet.Tests.Mesh.Load;

public sealed class LoadTests
{
    [Fact]
    public void Load_follows_within_seconds_and_forgets_after_a_long_silence()
    {
        var smoother = new LoadSmoother();
        Assert.Null(smoother.Read());
        smoother.Add(Sample(cpu: 0, free: 8L << 30, busy: 0), At(0));
        for (int second = 1; second <= 5; second++)
        {
            smoother.Add(Sample(cpu: 1_000, free: 4L << 30, busy: 1_000), At(second));
        }

        LoadSample load = smoother.Read()!;
        Assert.InRange(load.CpuPermille!.Value, 550, 650);
        Assert.InRange(load.MemoryFreeBytes!.Value, 4L << 30, 5L << 30);
        Assert.InRange(load.Gpus![0].BusyPermille, 550, 650);
        Assert.Equal(6, smoother.Samples);
        smoother.Add(Sample(cpu: 10, free: 1 << 30, busy: 20), At(500));
        load = smoother.Read()!;
        Assert.Equal((10, 1L << 30, 20),
            (load.CpuPermille!.Value, load.MemoryFreeBytes!.Value, load.Gpus![0].BusyPermille));
    }

    [Fact]
    public void What_a_machine_does_not_tell_stays_unknown_and_a_new_processor_begins_anew()
    {
        var smoother = new LoadSmoother();
        smoother.Add(new LoadSample { Cores = 2 }, At(0));
        LoadSample load = smoother.Read()!;
        Assert.Null(load.CpuPermille);
        Assert.Null(load.MemoryFreeBytes);
        Assert.Null(load.Gpus);
        smoother.Add(Sample(5, 5, 900), At(1));
        Assert.Equal(900, smoother.Read()!.Gpus![0].BusyPermille);
        smoother.Add(new LoadSample { Gpus = [] }, At(2));
        Assert.Empty(smoother.Read()!.Gpus!);
    }

    [Fact]
    public void What_is_written_is_read_again()
    {
        LoadSample load = Sample(123, 456, 789) with
        {
            Cores = 8, MemoryTotalBytes = 1_000, DiskTotalBytes = 2_000, DiskFreeBytes = 1_500, BatteryPermille = 500,
            OnBattery = true,
        };
        NodeVitals vitals = NodeVitals.Parser.ParseFrom(
            Google.Protobuf.MessageExtensions.ToByteArray(VitalsCodec.Write(load, 7)));
        LoadSample read = VitalsCodec.Read(vitals);
        Assert.Equal(load with { Gpus = null }, read with { Gpus = null });
        Assert.Equal(load.Gpus, read.Gpus);
        Assert.Equal(7u, vitals.Samples);
        LoadSample nothing = VitalsCodec.Read(VitalsCodec.Write(new LoadSample(), 0));
        Assert.Equal(new LoadSample(), nothing);
    }

    [Fact]
    public void What_no_machine_has_is_cut_to_what_can_be()
    {
        var vitals = new NodeVitals
        {
            CpuPermille = 5_000, Cores = uint.MaxValue, MemoryTotalBytes = 10, MemoryFreeBytes = ulong.MaxValue,
            DiskFreeBytes = ulong.MaxValue, BatteryPermille = 2_000, GpusKnown = true,
        };
        for (int i = 0; i < 100; i++)
        {
            vitals.Gpus.Add(new GpuVitals
            {
                Name = new string('x', 5_000), MemoryTotalBytes = 5, MemoryFreeBytes = 9, BusyPermille = 9_999,
            });
        }

        LoadSample read = VitalsCodec.Read(vitals);
        Assert.Equal((1_000, 65_536, 10L, 10L, long.MaxValue, 1_000), (read.CpuPermille!.Value, read.Cores,
            read.MemoryTotalBytes!.Value, read.MemoryFreeBytes!.Value, read.DiskFreeBytes!.Value,
            read.BatteryPermille!.Value));
        Assert.Equal(LoadSmoother.MostGpus, read.Gpus!.Count);
        Assert.Equal(new GpuSample(new string('x', 128), 5, 5, 1_000), read.Gpus[0]);
    }

    private static LoadSample Sample(int cpu, long free, int busy) => new()
    {
        CpuPermille = cpu, MemoryFreeBytes = free, Gpus = [new GpuSample("g", 1_000, 500, busy)],
    };
}
