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

    public OrtSession(string path)
    {
        using SessionOptions options = new() { IntraOpNumThreads = 1, InterOpNumThreads = 1 };
        options.LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL;
        _session = new InferenceSession(path, options);
        _outputs = [.. _session.OutputNames];
    }

    public IReadOnlyList<string> InputNames => _session.InputNames;

    public IReadOnlyList<string> OutputNames => _outputs;

    /// <summary>Inputs drawn from a seed, in the model's order.</summary>
    /// <exception cref="InvalidOperationException">The list does not say how large something is.</exception>
    public TensorValue[] Draw(ModelEntry entry)
    {
        Prng prng = new(20260114);
        return [.. _session.InputNames.Select(name => Draw(name, entry, prng))];
    }

    public void Give(IReadOnlyList<TensorValue> inputs)
    {
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
        Fill(value, fixedValue, name, prng);
        return value;
    }

    // Words from the start of every vocabulary; a mask that hides nothing but the last place of eight and more.
    private static void Fill(TensorValue value, double? fixedValue, string name, Prng prng)
    {
        for (int i = 0; i < value.Count; i++)
        {
            switch (value.Type)
            {
                case ElementType.Float32:
                    value.Span<float>()[i] = (float)(fixedValue ?? ((2 * prng.NextDouble()) - 1));
                    break;
                case ElementType.Int64 when name.Contains("mask", StringComparison.Ordinal):
                    value.Span<long>()[i] = i % 8 == 7 ? 0 : 1;
                    break;
                case ElementType.Int64:
                    int limit = name.Contains("type", StringComparison.Ordinal) ? 2 : 1000;
                    value.Span<long>()[i] = (long)(fixedValue ?? prng.Next(limit));
                    break;
                case ElementType.Bool:
                    value.Bytes()[i] = (byte)(fixedValue ?? prng.Next(2));
                    break;
                default:
                    throw new InvalidOperationException($"no values are drawn for {value.Type}, which {name} is");
            }
        }
    }
}
