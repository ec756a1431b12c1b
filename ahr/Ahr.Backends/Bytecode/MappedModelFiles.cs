using System.IO.MemoryMappedFiles;
using Ahr.Backends.OnnxRuntime;
using Ahr.Importers;
using Nbc.Values;

namespace Ahr.Backends.Bytecode;

/// <summary>Plain files in the model's own folder, mapped into memory; links are refused.</summary>
/// <remarks>Bound: one mapping for each file, kept as long as a tensor lies in it.</remarks>
internal sealed unsafe class MappedModelFiles(string folder) : IModelFiles
{
    /// <inheritdoc/>
    public TensorMemory? Open(string location, out string problem)
    {
        string current = folder;
        foreach (string part in location.Split('/'))
        {
            current = Path.Combine(current, part);
            if (new FileInfo(current).LinkTarget is not null)
            {
                problem = "it is a link: put the file itself there";
                return null;
            }
        }

        FileInfo file = new(current);
        if (!file.Exists)
        {
            problem = "there is no such file: put it beside the model or export the model as one file";
            return null;
        }

        try
        {
            problem = "";
            return file.Length == 0 ? new ForeignMemory(null, 0, null) : Map(file);
        }
        catch (Exception reason) when (reason is IOException or UnauthorizedAccessException)
        {
            problem = "it cannot be read: check its permissions and the disk";
            return null;
        }
    }

    /// <summary>A file as memory, for as long as the window is open.</summary>
    public static Window Show(string path) => new(Map(new FileInfo(path)));

    /// <summary>A file as memory, for as long as a tensor lies in it.</summary>
    public static ForeignMemory Map(FileInfo file)
    {
        MemoryMappedFile mapping = MemoryMappedFile.CreateFromFile(
            file.FullName, FileMode.Open, null, 0, MemoryMappedFileAccess.Read);
        MemoryMappedViewAccessor view = mapping.CreateViewAccessor(0, 0, MemoryMappedFileAccess.Read);
        byte* pointer = null;
        view.SafeMemoryMappedViewHandle.AcquirePointer(ref pointer);
        return new ForeignMemory(pointer + view.PointerOffset, file.Length, new Mapping(mapping, view));
    }

    /// <summary>A mapped file of at most 2^31 - 1 bytes.</summary>
    public sealed class Window : IDisposable
    {
        private readonly ForeignMemory _mapped;
        private readonly NativeBytes _bytes;

        internal Window(ForeignMemory mapped)
        {
            _mapped = mapped;
            _bytes = new NativeBytes(new ReadOnlySpan<byte>(mapped.Pointer, checked((int)mapped.Length)));
        }

        public ReadOnlyMemory<byte> Memory => _bytes.Memory;

        public void Dispose()
        {
            _bytes.Close();
            GC.KeepAlive(_mapped);
        }
    }

    /// <summary>Unmaps when no tensor lies there any more.</summary>
    private sealed class Mapping(MemoryMappedFile file, MemoryMappedViewAccessor view)
    {
        ~Mapping()
        {
            view.Dispose();
            file.Dispose();
        }
    }
}
