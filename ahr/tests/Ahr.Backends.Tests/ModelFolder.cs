using System.Runtime.InteropServices;
using Ahr.Backends.OnnxRuntime;
using Microsoft.Extensions.Logging.Abstractions;
using Nbc.Tensors;

namespace Ahr.Backends.Tests;

/// <summary>A folder of its own for one test's model files, and a backend to load them with.</summary>
public sealed class ModelFolder : IDisposable
{
    public ModelFolder() => Directory.CreateDirectory(Root);

    public string Root { get; } = Path.Combine(Path.GetTempPath(), $"noodle-test-{Guid.NewGuid():N}");

    public static OnnxRuntimeBackend Backend { get; } = new(
        new OnnxRuntimeOptions(), NullLogger<OnnxRuntimeBackend>.Instance);

    public string Write(string name, byte[] bytes)
    {
        string path = Path.Combine(Root, name);
        File.WriteAllBytes(path, bytes);
        return path;
    }

    public async Task<IBackendModel> LoadAsync(byte[] bytes) =>
        await Backend.LoadAsync(Write("model.onnx", bytes), TestContext.Current.CancellationToken);

    public async Task<BackendException> RefusedAsync(string path)
    {
        BackendException refused = await Assert.ThrowsAsync<BackendException>(
            async () => await Backend.LoadAsync(path, TestContext.Current.CancellationToken));
        Assert.DoesNotContain(Root, refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("ErrorCode", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', refused.Message);
        return refused;
    }

    public static TensorSet Set(params Tensor[] tensors) => new(tensors);

    public static Tensor Floats(string name, long[] shape, params float[] values) => new(
        name, ElementType.Float32, shape, MemoryMarshal.AsBytes(values.AsSpan()).ToArray());

    public void Dispose() => Directory.Delete(Root, recursive: true);
}
