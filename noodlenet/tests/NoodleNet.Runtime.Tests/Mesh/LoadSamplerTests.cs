using System.Runtime.InteropServices;
using NoodleNet.Mesh.Load;
using NoodleNet.Runtime.Mesh;
using NoodleNet.Runtime.Tests.Storage;

namespace NoodleNet.Runtime.Tests.Mesh;

public sealed class LoadSamplerTests
{
    [Fact]
    public void This_machine_tells_what_every_machine_has()
    {
        using var sampler = new LoadSampler(Path.GetTempPath());
        sampler.Sample();
        LoadSample load = sampler.Sample();
        Assert.True(load.Cores > 0);
        Assert.InRange(load.MemoryFreeBytes!.Value, 1, load.MemoryTotalBytes!.Value);
        Assert.InRange(load.DiskFreeBytes!.Value, 0, load.DiskTotalBytes!.Value);
        Assert.InRange(load.CpuPermille ?? 0, 0, 1_000);
    }

    [Fact]
    public void Where_nothing_is_told_nothing_is_known()
    {
        using var bare = new LoadSampler("/nowhere/at all", null, null);
        LoadSample load = bare.Sample();
        Assert.Null(load.CpuPermille);
        Assert.Null(load.Gpus);
        Assert.Null(load.BatteryPermille);
        Assert.True(load.MemoryTotalBytes > 0);
        using var empty = new LoadSampler("\0", new LinuxLoad("/nowhere"), null);
        load = empty.Sample();
        Assert.Null(load.CpuPermille);
        Assert.Null(load.DiskFreeBytes);
        Assert.Empty(load.Gpus!);
    }

    [Fact]
    public void Linux_is_read_from_its_own_files()
    {
        using var folder = new TemporaryFolder();
        string root = folder.FolderPath;
        Write("proc/stat", "cpu  100 0 100 700 100 0 0 0 0 0\ncpu0 1 1 1 1\n");
        Write("proc/meminfo", "MemTotal:       1000 kB\nMemFree: 1 kB\nMemAvailable:    400 kB\n\nodd\n");
        Write("sys/class/power_supply/AC/type", "Mains\n");
        Write("sys/class/power_supply/BAT0/type", "Battery\n");
        Write("sys/class/power_supply/BAT0/capacity", "42\n");
        Write("sys/class/power_supply/BAT0/status", "Discharging\n");
        var linux = new LinuxLoad(root);
        Assert.Null(linux.CpuPermille());
        Write("proc/stat", "cpu  150 0 150 850 150 0 0 0 0 0\n");
        Assert.Equal(333, linux.CpuPermille());
        Assert.Null(linux.CpuPermille()); // no time has passed
        Assert.Equal((1_024_000L, 409_600L), linux.Memory());
        Assert.Equal((420, true), linux.Battery());

        Write("proc/stat", "cpu 1\n");
        Write("proc/meminfo", "MemTotal: x kB\n");
        Write("sys/class/power_supply/BAT0/status", "Full\n");
        Assert.Null(linux.CpuPermille());
        Assert.Null(linux.Memory());
        Assert.Equal((420, false), linux.Battery());
        Write("proc/stat", "intr 1\n");
        Assert.Null(linux.CpuPermille());

        void Write(string file, string text)
        {
            string path = Path.Combine(root, file);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path, text);
        }
    }

    [Fact]
    public void Graphics_processors_are_read_through_the_drivers_functions()
    {
        var driver = new Driver();
        using (var nvml = NvmlLibrary.Open(driver.Find))
        {
            Assert.NotNull(nvml);
            Assert.Equal(
                [new GpuSample("Card 0", 100, 60, 250), new GpuSample("gpu", 100, 60, 0)], nvml.Read());
            driver.Answer = 999;
            Assert.Null(nvml.Read());
            using var sampler = new LoadSampler(Path.GetTempPath(), new LinuxLoad("/"), nvml);
            Assert.Null(sampler.Sample().Gpus);
        }

        Assert.Equal(1, driver.Shutdowns);
        driver.Answer = 0;
        Assert.Null(NvmlLibrary.Open(symbol => symbol == "nvmlDeviceGetName" ? 0 : driver.Find(symbol)));
        driver.Answer = 9;
        Assert.Null(NvmlLibrary.Open(driver.Find));
        NvmlLibrary.Open()?.Dispose();
    }

    /// <summary>A driver with two cards, of which the second tells neither its name nor its use.</summary>
    private sealed class Driver
    {
        private readonly Dictionary<string, Delegate> _functions;

        public Driver() => _functions = new()
        {
            ["nvmlInit_v2"] = (NvmlLibrary.Simple)(() => Answer),
            ["nvmlShutdown"] = (NvmlLibrary.Simple)(() => Shutdowns++),
            ["nvmlDeviceGetCount_v2"] = (NvmlLibrary.GetCount)((out uint count) =>
            {
                count = 3;
                return Answer;
            }),
            ["nvmlDeviceGetHandleByIndex_v2"] = (NvmlLibrary.GetHandle)((uint index, out nint device) =>
            {
                device = (nint)index + 7;
                return index == 2 ? 1 : 0;
            }),
            ["nvmlDeviceGetName"] = (NvmlLibrary.GetName)((device, name, length) =>
            {
                "Card 0\0"u8.CopyTo(name);
                return device == 7 ? 0 : 3;
            }),
            ["nvmlDeviceGetMemoryInfo"] = (NvmlLibrary.GetMemory)((nint _, out NvmlLibrary.Memory memory) =>
            {
                memory = new NvmlLibrary.Memory { Total = 100, Free = 60, Used = 40 };
                return 0;
            }),
            ["nvmlDeviceGetUtilizationRates"] = (NvmlLibrary.GetUse)((nint device, out NvmlLibrary.Use use) =>
            {
                use = new NvmlLibrary.Use { Gpu = 25 };
                return device == 7 ? 0 : 3;
            }),
        };

        public int Answer { get; set; }

        public int Shutdowns { get; private set; }

        public nint Find(string symbol) => Marshal.GetFunctionPointerForDelegate(_functions[symbol]);
    }
}
