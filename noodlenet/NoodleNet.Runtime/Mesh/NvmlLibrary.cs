using System.Runtime.InteropServices;
using System.Text;
using NoodleNet.Mesh.Load;

namespace NoodleNet.Runtime.Mesh;

/// <summary>What NVIDIA's driver tells of its graphics processors, through the library that comes with it.</summary>
/// <remarks>Bound: <see cref="LoadSmoother.MostGpus"/> processors; no process is started. A call takes some
/// microseconds. Not safe for several threads at once.</remarks>
internal sealed class NvmlLibrary : IDisposable
{
    private const int Success = 0;
    private const int NameBytes = 96;

    private readonly Simple _shutdown;
    private readonly GetCount _count;
    private readonly GetHandle _handle;
    private readonly GetName _name;
    private readonly GetMemory _memory;
    private readonly GetUse _use;
    private bool _isDisposed;

    private NvmlLibrary(Func<string, nint> find)
    {
        _shutdown = Bind<Simple>(find, "nvmlShutdown");
        _count = Bind<GetCount>(find, "nvmlDeviceGetCount_v2");
        _handle = Bind<GetHandle>(find, "nvmlDeviceGetHandleByIndex_v2");
        _name = Bind<GetName>(find, "nvmlDeviceGetName");
        _memory = Bind<GetMemory>(find, "nvmlDeviceGetMemoryInfo");
        _use = Bind<GetUse>(find, "nvmlDeviceGetUtilizationRates");
    }

    internal delegate int Simple();

    internal delegate int GetCount(out uint count);

    internal delegate int GetHandle(uint index, out nint device);

    internal delegate int GetName(nint device, [Out, MarshalAs(UnmanagedType.LPArray, SizeParamIndex = 2)] byte[] name,
        uint length);

    internal delegate int GetMemory(nint device, out Memory memory);

    internal delegate int GetUse(nint device, out Use use);

    /// <summary>Loads the library of this machine; null where there is none, or it refuses.</summary>
    public static NvmlLibrary? Open()
    {
        foreach (string name in OperatingSystem.IsWindows() ? ["nvml.dll"] : (string[])["libnvidia-ml.so.1"])
        {
            if (NativeLibrary.TryLoad(name, out nint library))
            {
                return Open(symbol => NativeLibrary.TryGetExport(library, symbol, out nint address) ? address : 0);
            }
        }

        return null;
    }

    /// <summary>Binds to functions; null where one is missing, or the driver is not running.</summary>
    internal static NvmlLibrary? Open(Func<string, nint> find)
    {
        try
        {
            var library = new NvmlLibrary(find);
            return Bind<Simple>(find, "nvmlInit_v2")() == Success ? library : null;
        }
        catch (EntryPointNotFoundException)
        {
            return null; // a driver of ten years ago
        }
    }

    /// <summary>Every processor; null when the driver does not answer.</summary>
    public IReadOnlyList<GpuSample>? Read()
    {
        if (_isDisposed || _count(out uint count) != Success)
        {
            return null;
        }

        var gpus = new List<GpuSample>();
        for (uint i = 0; i < uint.Min(count, LoadSmoother.MostGpus); i++)
        {
            if (_handle(i, out nint device) == Success && _memory(device, out Memory memory) == Success)
            {
                // One that is cut into parts does not tell how busy it is.
                uint busy = _use(device, out Use use) == Success ? uint.Min(use.Gpu, 100) : 0;
                gpus.Add(new GpuSample(
                    NameOf(device), (long)ulong.Min(memory.Total, long.MaxValue),
                    (long)ulong.Min(memory.Free, long.MaxValue), (int)busy * 10));
            }
        }

        return gpus;
    }

    public void Dispose()
    {
        if (!_isDisposed)
        {
            _isDisposed = true;
            _ = _shutdown();
        }
    }

    private string NameOf(nint device)
    {
        byte[] name = new byte[NameBytes];
        if (_name(device, name, NameBytes) != Success)
        {
            return "gpu";
        }

        int end = Array.IndexOf(name, (byte)0);
        return Encoding.UTF8.GetString(name, 0, end < 0 ? NameBytes : end);
    }

    private static T Bind<T>(Func<string, nint> find, string symbol)
        where T : Delegate => find(symbol) is var address and not 0
            ? Marshal.GetDelegateForFunctionPointer<T>(address)
            : throw new EntryPointNotFoundException(symbol);

    [StructLayout(LayoutKind.Sequential)]
    internal struct Memory
    {
        public ulong Total;
        public ulong Free;
        public ulong Used;
    }

    [StructLayout(LayoutKind.Sequential)]
    internal struct Use
    {
        public uint Gpu;
        public uint Memory;
    }
}
