using System.Buffers.Binary;
using System.Text;
using Nbc.Tensors;

namespace Ahr.Backends.Tests;

[Collection("engine")] // one listener in a process: a test that reads its log must not share it
public sealed class DigitsTests
{
    private static readonly string s_folder = Path.Combine(AppContext.BaseDirectory, "models");

    [Fact]
    public async Task The_sample_model_knows_358_of_360_handwritten_digits()
    {
        using IBackendModel model = await ModelFolder.Backend.LoadAsync(Path.Combine(s_folder, "digits.onnx"), default);
        Assert.Equal(["image FP32 [-1, 1, 8, 8]"], model.Inputs.Select(spec => spec.ToString()));
        Assert.Equal(["scores FP32 [-1, 10]", "digit INT64 [-1]"], model.Outputs.Select(spec => spec.ToString()));
        ReadOnlyMemory<byte> images = ReadNpy("digits-test-images.npy", "(360, 1, 8, 8)");
        ReadOnlyMemory<byte> labels = ReadNpy("digits-test-labels.npy", "(360,)");
        using TensorSet inputs = ModelFolder.Set(new Tensor("image", ElementType.Float32, [360, 1, 8, 8], images));
        using TensorSet outputs = await model.RunAsync(inputs, ["digit", "scores"], default);
        int right = Enumerable.Range(0, 360).Count(i =>
            At(outputs.Tensors[0].Data, i) == At(labels, i));
        Assert.Equal(358, right);
    }

    private static long At(ReadOnlyMemory<byte> data, int i) =>
        BinaryPrimitives.ReadInt64LittleEndian(data.Span[(i * sizeof(long))..]);

    // NumPy's format 1.0: magic, two bytes of version, uint16 length of the header, header, data.
    private static ReadOnlyMemory<byte> ReadNpy(string name, string shape)
    {
        byte[] bytes = File.ReadAllBytes(Path.Combine(s_folder, name));
        int header = BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(8));
        Assert.Contains($"'shape': {shape}", Encoding.ASCII.GetString(bytes, 10, header), StringComparison.Ordinal);
        return bytes.AsMemory(10 + header);
    }
}
