using System.Runtime.InteropServices;
using Ahr.Backends;
using Nbc.Tensors;

namespace Ahr.Conformance;

/// <summary>Gives one case to one backend.</summary>
public static class SuiteRun
{
    // Enough that a backend which measures engines has asked each of them, and settled.
    private const int Runs = 20;

    /// <returns>What is not as it must be, as a sentence; null when all is.</returns>
    public static async Task<string?> CheckAsync(IBackend backend, SuiteCase test, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(backend);
        ArgumentNullException.ThrowIfNull(test);
        string folder = Directory.CreateTempSubdirectory("noodle-suite-").FullName;
        try
        {
            string path = Path.Combine(folder, "model.onnx");
            await File.WriteAllBytesAsync(path, test.Model, cancellation).ConfigureAwait(false);
            using IBackendModel model = await backend.LoadAsync(path, cancellation).ConfigureAwait(false);
            for (int i = 0; i < Runs; i++)
            {
                if (await RunAsync(model, test, cancellation).ConfigureAwait(false) is { } difference)
                {
                    return $"run {i}: {difference}";
                }
            }

            return null;
        }
        catch (BackendException refused)
        {
            return refused.Fault == test.Fault ? null : $"{refused.Fault}: {refused.Message}";
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<string?> RunAsync(IBackendModel model, SuiteCase test, CancellationToken cancellation)
    {
        using TensorSet inputs = new(test.Inputs);
        using TensorSet outputs = await model.RunAsync(inputs, null, cancellation).ConfigureAwait(false);
        if (test.Fault is { } fault)
        {
            return $"it answers where {fault} is expected";
        }

        if (string.IsNullOrEmpty(outputs.Engine))
        {
            return "the answer does not say which engine made it";
        }

        if (outputs.Tensors.Count != test.Outputs.Count)
        {
            return $"{outputs.Tensors.Count} outputs came, {test.Outputs.Count} are expected";
        }

        return outputs.Tensors.Zip(test.Outputs, Difference).FirstOrDefault(difference => difference is not null);
    }

    private static string? Difference(Tensor actual, Tensor expected)
    {
        if (actual.Name != expected.Name || actual.Type != expected.Type || !actual.Shape.SequenceEqual(expected.Shape))
        {
            return $"output {actual.Name} is {actual.Type} {Shapes.Text(actual.Shape)}, not {expected.Name} " +
                $"{expected.Type} {Shapes.Text(expected.Shape)}";
        }

        if (expected.Type != ElementType.Float32)
        {
            return actual.Data.Span.SequenceEqual(expected.Data.Span)
                ? null
                : $"output {actual.Name} has other elements";
        }

        ReadOnlySpan<float> a = MemoryMarshal.Cast<byte, float>(actual.Data.Span);
        ReadOnlySpan<float> e = MemoryMarshal.Cast<byte, float>(expected.Data.Span);
        for (int i = 0; i < e.Length; i++)
        {
            if (!a[i].Equals(e[i]) && !(Math.Abs(a[i] - e[i]) <= SuiteCase.Tolerance * Math.Max(1, Math.Abs(e[i]))))
            {
                return $"element {i} of output {actual.Name} is {a[i]}, not {e[i]}";
            }
        }

        return null;
    }
}
