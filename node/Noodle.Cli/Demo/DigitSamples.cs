using System.Runtime.InteropServices;
using Ahr.Backends;
using Nbc.Tensors;
using Noodle.Cli.CommandLine;
using Noodle.Cli.Inputs;

namespace Noodle.Cli.Demo;

/// <summary>Real handwritten digits that the model has never seen, and what ONNX Runtime says of each when run
/// directly.</summary>
internal sealed class DigitSamples
{
    private const string ImageInput = "image";
    private const string DigitOutput = "digit";
    private const string ScoresOutput = "scores";

    // ONNX Runtime may sum in another order in another process; a wrong answer is off by far more.
    private const float Tolerance = 1e-5f;

    private readonly Sample[] _samples;

    private DigitSamples(Sample[] samples) => _samples = samples;

    public static string ModelPath => PathOf("digits.onnx");

    public int Count => _samples.Length;

    /// <summary>Reads the images and runs the model on each, in this process, without any node.</summary>
    public static async Task<DigitSamples> LoadAsync(CancellationToken cancellation)
    {
        using IBackendModel model = await OnnxRuntime.LoadAsync(ModelPath, cancellation);
        TensorSpec imageSpec = model.Inputs.Single(input => input.Name == ImageInput);
        Tensor images = NpyReader.Read(
            new InputSource("images", await File.ReadAllBytesAsync(PathOf("digits-test-images.npy"), cancellation)),
            imageSpec);
        Tensor labels = NpyReader.Read(
            new InputSource("labels", await File.ReadAllBytesAsync(PathOf("digits-test-labels.npy"), cancellation)),
            new TensorSpec("label", ElementType.Int64, [-1]));
        long[] values = MemoryMarshal.Cast<byte, long>(labels.Data.Span).ToArray();
        int imageBytes = images.Data.Length / values.Length;
        var samples = new Sample[values.Length];
        for (int i = 0; i < samples.Length; i++)
        {
            var image = new Tensor(
                ImageInput, ElementType.Float32, [1, .. images.Shape[1..]],
                images.Data.Slice(i * imageBytes, imageBytes));
            using TensorSet outputs = await model.RunAsync(new TensorSet([image]), null, cancellation);
            samples[i] = new Sample(image, values[i], DigitOf(outputs), ScoresOf(outputs).ToArray());
        }

        return new DigitSamples(samples);
    }

    public Tensor Image(int index) => _samples[index % Count].Image;

    /// <summary>What the person wrote.</summary>
    public long Label(int index) => _samples[index % Count].Label;

    /// <summary>True when an answer is the one that ONNX Runtime gave directly.</summary>
    public bool IsRight(int index, TensorSet outputs)
    {
        Sample sample = _samples[index % Count];
        ReadOnlySpan<float> scores = ScoresOf(outputs);
        if (DigitOf(outputs) != sample.Digit || scores.Length != sample.Scores.Length)
        {
            return false;
        }

        for (int i = 0; i < scores.Length; i++)
        {
            if (!(Math.Abs(scores[i] - sample.Scores[i]) <= Tolerance))
            {
                return false;
            }
        }

        return true;
    }

    public static long DigitOf(TensorSet outputs) =>
        outputs.TryGet(DigitOutput, out Tensor? digit) &&
            digit is { Type: ElementType.Int64, Data.Length: sizeof(long) }
            ? MemoryMarshal.Read<long>(digit.Data.Span) : -1;

    private static ReadOnlySpan<float> ScoresOf(TensorSet outputs) =>
        outputs.TryGet(ScoresOutput, out Tensor? scores) && scores.Type == ElementType.Float32
            ? MemoryMarshal.Cast<byte, float>(scores.Data.Span) : [];

    private static string PathOf(string file) => Path.Combine(AppContext.BaseDirectory, "samples", file);

    private sealed record Sample(Tensor Image, long Label, long Digit, float[] Scores);
}
