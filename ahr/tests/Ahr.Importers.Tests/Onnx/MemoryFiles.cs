using System.Runtime.InteropServices;
using Nbc.Values;

namespace Ahr.Importers.Tests.Onnx;

/// <summary>Files beside a model that exist in memory alone.</summary>
internal sealed class MemoryFiles(params (string Name, byte[] Content)[] files) : IModelFiles
{
    public List<string> Asked { get; } = [];

    public unsafe TensorMemory? Open(string location, out string problem)
    {
        Asked.Add(location);
        (string name, byte[] content) = Array.Find(files, file => file.Name == location);
        problem = "it is a link";
        if (name is null)
        {
            return null;
        }

        HeapMemory memory = new(content.Length);
        Marshal.Copy(content, 0, (nint)memory.Pointer, content.Length);
        return memory;
    }
}
