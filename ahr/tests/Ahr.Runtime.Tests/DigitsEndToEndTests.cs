using Ahr.Backends.OnnxRuntime;
using Microsoft.Extensions.Logging.Abstractions;
using Nbc.Tensors;

namespace Ahr.Runtime.Tests;

public sealed class DigitsEndToEndTests
{
    [Fact]
    public async Task The_sample_model_goes_from_a_file_to_an_answer_on_the_real_engine()
    {
        string folder = Path.Combine(Path.GetTempPath(), $"noodle-test-{Guid.NewGuid():N}");
        ModelStore store = new(folder, new ModelStoreOptions(), NullLogger<ModelStore>.Instance);
        OnnxRuntimeBackend engine = new(new OnnxRuntimeOptions(), NullLogger<OnnxRuntimeBackend>.Instance);
        await using (ModelHost host = new(
            Scene.Node(0),
            store,
            engine,
            new Account(1L << 30),
            null,
            new ModelHostOptions(),
            NullLogger<ModelHost>.Instance))
        {
            StoreResult stored = await store.ImportFileAsync(
                Path.Combine(AppContext.BaseDirectory, "models", "digits.onnx"), default);
            ModelStatus status = await host.LoadAsync(stored.Digest, default).WaitAsync(Scene.Patience);
            Assert.Equal("image FP32 [-1, 1, 8, 8]", Assert.Single(status.Inputs).ToString());
            Tensor blank = new("image", ElementType.Float32, [1, 1, 8, 8], new byte[4 * 64]);
            using InferenceAnswer answer = await host.RunAsync(stored.Digest, new TensorSet([blank]), null, default);
            Assert.Equal(["scores", "digit"], answer.Outputs!.Tensors.Select(tensor => tensor.Name));
            InferenceAnswer refused = await host.RunAsync(
                stored.Digest, new TensorSet([blank with { Shape = [1, 8, 8] }]), null, default);
            Assert.Equal(InferenceFault.InvalidInput, refused.Fault);
            Assert.EndsWith("takes FP32 [-1, 1, 8, 8], got FP32 [1, 8, 8]", refused.Message, StringComparison.Ordinal);
        }

        Directory.Delete(folder, recursive: true);
    }
}
