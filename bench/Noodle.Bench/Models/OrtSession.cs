using Ahr.Backends.Conformance;
using Microsoft.ML.OnnxRuntime;
using Nbc.Tensors;
using Nbc.Values;
using Noodle.Primitives;

namespace Noodle.Bench.Models;

/// <summary>A model in ONNX Runtime, one thread, with its inputs made once.</summary>
internal sealed class OrtSession : IDisposable
{
    private readonly InferenceSession _session;
    private readonly RunOptions _options = new();
    private readonly List<OrtValue> _values = [];
    private readonly string[] _outputs;

    public OrtSession(string path, bool isOptimised = true)
    {
        using SessionOptions options = new() { IntraOpNumThreads = 1, InterOpNumThreads = 1 };
        options.LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL;
        options.GraphOptimizationLevel = isOptimised
            ? GraphOptimizationLevel.ORT_ENABLE_ALL : GraphOptimizationLevel.ORT_DISABLE_ALL;
        _session = new InferenceSession(path, options);
        _outputs = [.. _session.OutputNames];
    }

    public IReadOnlyList<string> InputNames => _session.InputNames;

    public IReadOnlyList<string> OutputNames => _outputs;

    /// <summary>Inputs drawn from a seed, in the model's order.</summary>
    /// <exception cref="InvalidOperationException">The list does not say how large something is.</exception>
    public TensorValue[] Draw(ModelEntry entry, ulong seed)
    {
        Prng prng = new(seed);
        return [.. _session.InputNames.Select(name => Draw(name, entry, prng))];
    }

    /// <summary>Takes these inputs in place of what it had.</summary>
    public void Give(IReadOnlyList<TensorValue> inputs)
    {
        _values.ForEach(value => value.Dispose());
        _values.Clear();
        foreach (TensorValue tensor in inputs)
        {
            OrtValue value = OrtValue.CreateAllocatedTensorValue(
                OrtAllocator.DefaultInstance,
                (Microsoft.ML.OnnxRuntime.Tensors.TensorElementType)tensor.Type, tensor.Shape.ToArray());
            if (tensor.Count > 0)
            {
                tensor.Bytes().CopyTo(value.GetTensorMutableRawData());
            }

            _values.Add(value);
        }
    }

    public void Run() => _session.Run(_options, _session.InputNames, _values, _outputs).Dispose();

    /// <summary>Runs it with results of its own.</summary>
    public NbcValue?[] RunAndCopy()
    {
        using IDisposableReadOnlyCollection<OrtValue> results =
            _session.Run(_options, _session.InputNames, _values, _outputs);
        return [.. results.Select(Copy)];
    }

    /// <summary>Runs it and compares each output.</summary>
    /// <returns>The worst one.</returns>
    public Deviation Compare(IReadOnlyList<NbcValue?> actual, Tolerance tolerance)
    {
        using IDisposableReadOnlyCollection<OrtValue> expected =
            _session.Run(_options, _session.InputNames, _values, _outputs);
        Deviation worst = Deviation.None;
        for (int i = 0; i < _outputs.Length; i++)
        {
            worst = worst.Or(Deviation.Of(_outputs[i], actual[i], Copy(expected[i]), tolerance));
        }

        return worst;
    }

    public void Dispose()
    {
        _values.ForEach(value => value.Dispose());
        _options.Dispose();
        _session.Dispose();
    }

    private static TensorValue? Copy(OrtValue value)
    {
        if (value.OnnxType != OnnxValueType.ONNX_TYPE_TENSOR)
        {
            return null;
        }

        OrtTensorTypeAndShapeInfo info = value.GetTensorTypeAndShape();
        TensorValue tensor = TensorValue.Allocate((ElementType)info.ElementDataType, info.Shape);
        if (tensor.Count > 0)
        {
            value.GetTensorMutableRawData().CopyTo(tensor.Bytes());
        }

        return tensor;
    }

    private TensorValue Draw(string name, ModelEntry entry, Prng prng)
    {
        NodeMetadata data = _session.InputMetadata[name];
        ElementType type = (ElementType)data.ElementDataType;
        if (entry.Inputs?.GetValueOrDefault(name) is not { } shape)
        {
            shape = new long[data.Dimensions.Length];
            for (int i = 0; i < shape.Length; i++)
            {
                long size = data.Dimensions[i];
                shape[i] = size >= 0 ? size
                    : entry.Sizes?.TryGetValue(data.SymbolicDimensions[i], out size) == true ? size
                    : throw new InvalidOperationException(
                        $"{entry.Name}: no size for '{data.SymbolicDimensions[i]}', dimension {i} of {name}");
            }
        }

        TensorValue value = TensorValue.Allocate(type, shape);
        double? fixedValue = entry.Values?.TryGetValue(name, out double given) == true ? given : null;
        InputDraw.Fill(value, name, entry.Draws?.GetValueOrDefault(name), fixedValue, prng);
        return value;
    }
}
