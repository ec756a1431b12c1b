using System.Runtime.InteropServices;
using Ahr.Backends;
using Ahr.Backends.OnnxRuntime;
using Microsoft.Extensions.Logging.Abstractions;
using Nbc.Tensors;
using Noodle.Client;
using Noodle.Client.Control;

namespace Noodle.Node.Tests.Nodes;

/// <summary>The digit classifier, an input for it, and what ONNX Runtime says when run directly.</summary>
internal static class Digits
{
    public const string Digest = "524db0780a2b968bcc51800a4756292b9f81b43999ca2bfda98be4a0c5c7e173";

    private static readonly Lazy<Task<float[]>> s_expected = new(RunDirectlyAsync);

    public static string ModelPath => Path.Combine(AppContext.BaseDirectory, "models", "digits.onnx");

    public static Tensor Image { get; } = new("image", ElementType.Float32, [1, 1, 8, 8],
        MemoryMarshal.AsBytes(Enumerable.Range(0, 64).Select(i => i % 11 / 11f).ToArray().AsSpan()).ToArray());

    public static async Task<ModelInfo> DeployAsync(TestNode at, int replicas, string name = "digits")
    {
        await using FileStream file = File.OpenRead(ModelPath);
        return await at.Client.DeployAsync(name, file, replicas, Digest);
    }

    public static async Task<InferResult> InferAsync(TestNode at, string name = "digits")
    {
        InferResult result = await at.Client.InferAsync(name, [Image]);
        await AssertRightAsync(result.Outputs);
        return result;
    }

    public static async Task AssertRightAsync(TensorSet outputs)
    {
        Assert.True(outputs.TryGet("scores", out Tensor? scores));
        float[] expected = await s_expected.Value;
        float[] found = MemoryMarshal.Cast<byte, float>(scores.Data.Span).ToArray();
        Assert.All(expected.Zip(found), pair => Assert.Equal(pair.First, pair.Second, 1e-5f));
    }

    private static async Task<float[]> RunDirectlyAsync()
    {
        var backend = new OnnxRuntimeBackend(new OnnxRuntimeOptions(), NullLogger<OnnxRuntimeBackend>.Instance);
        using IBackendModel model = await backend.LoadAsync(ModelPath, CancellationToken.None);
        using TensorSet outputs = await model.RunAsync(new TensorSet([Image]), null, CancellationToken.None);
        Assert.True(outputs.TryGet("scores", out Tensor? scores));
        return MemoryMarshal.Cast<byte, float>(scores.Data.Span).ToArray();
    }
}
