using System.IO.MemoryMappedFiles;
using Nbc.Values;

namespace Nbc.Runtime.Memory;

/// <summary>A file as memory: read when it is touched, shared with everybody who maps it.</summary>
public static class MappedFile
{
    /// <summary>Maps a whole file for reading; it stays mapped as long as the object or a part of it is held.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    public static unsafe ForeignMemory Open(string path)
    {
        using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.Read);
        if (file.Length == 0)
        {
            return new ForeignMemory(null, 0, null); // nothing can be mapped of an empty file
        }

        Mapping mapping = new(file);
        return new ForeignMemory(mapping.Pointer, file.Length, mapping);
    }

    private sealed unsafe class Mapping
    {
        private readonly MemoryMappedFile _map;
        private readonly MemoryMappedViewAccessor _view;

        public Mapping(FileStream file)
        {
            _map = MemoryMappedFile.CreateFromFile(
                file, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: true);
            _view = _map.CreateViewAccessor(0, 0, MemoryMappedFileAccess.Read);
            byte* pointer = null;
            _view.SafeMemoryMappedViewHandle.AcquirePointer(ref pointer);
            Pointer = pointer + _view.PointerOffset;
        }

        ~Mapping()
        {
            _view?.SafeMemoryMappedViewHandle.ReleasePointer();
            _view?.Dispose();
            _map?.Dispose();
        }

        public byte* Pointer { get; }
    }
}
