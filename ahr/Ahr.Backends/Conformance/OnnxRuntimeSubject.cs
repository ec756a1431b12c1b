using Ahr.Backends.OnnxRuntime;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using Nbc.Tensors;
using Nbc.Values;

namespace Ahr.Backends.Conformance;

/// <summary>ONNX Runtime with values of every kind that its managed binding can carry.</summary>
public sealed class OnnxRuntimeSubject : IConformanceSubject
{
    /// <inheritdoc/>
    public string Name => "onnxruntime";

    /// <inheritdoc/>
    public IConformanceModel Load(string path)
    {
        OnnxRuntimeEngine.Start(NullLogger.Instance);
        using SessionOptions options = new() { IntraOpNumThreads = 1, InterOpNumThreads = 1 };
        options.LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL;
        try
        {
            return new Model(new InferenceSession(path, options), path);
        }
        catch (Exception reason) when (reason is OnnxRuntimeException or ArgumentException or NotSupportedException)
        {
            throw new BackendException(BackendFault.UnsupportedModel, FirstLine(reason), reason);
        }
    }

    private static string FirstLine(Exception reason) => reason.Message.Split('\n')[0];

    private sealed class Model(InferenceSession session, string path) : IConformanceModel
    {
        // The engine does not tell all of it, and whoever gives the inputs himself does not ask.
        private ModelSignature? _signature;

        public ModelSignature Signature => _signature ??= ModelSignature.Read(path);

        public IReadOnlyList<NbcValue?> Run(IReadOnlyList<NbcValue?> inputs)
        {
            List<OrtValue> values = [];
            try
            {
                List<string> names = [];
                for (int i = 0; i < Math.Min(inputs.Count, session.InputNames.Count); i++)
                {
                    if (OnnxRuntimeValues.ToEngine(inputs[i]) is { } value)
                    {
                        names.Add(session.InputNames[i]);
                        values.Add(value);
                    }
                }

                using RunOptions options = new();
                using IDisposableReadOnlyCollection<OrtValue> results =
                    session.Run(options, names, values, [.. session.OutputNames]);
                return [.. results.Select(OnnxRuntimeValues.FromEngine)];
            }
            catch (OnnxRuntimeException reason)
            {
                throw new BackendException(BackendFault.RunFailed, FirstLine(reason), reason);
            }
            finally
            {
                values.ForEach(value => value.Dispose());
            }
        }

        public void Dispose() => session.Dispose();
    }
}

/// <summary>Values of the bytecode machine as ONNX Runtime's, and back; every element is copied.</summary>
internal static class OnnxRuntimeValues
{
    /// <summary>Null for what is absent.</summary>
    public static OrtValue? ToEngine(NbcValue? value) => value switch
    {
        null => null,
        OptionalValue optional => ToEngine(optional.Content),
        TensorValue { Type: ElementType.String } strings => Strings(strings),
        TensorValue tensor => Tensor(tensor),
        SequenceValue sequence => OrtValue.CreateSequence([.. sequence.Items.Select(item => ToEngine(item)!)]),
        _ => throw new NotSupportedException("maps cannot be given to ONNX Runtime"),
    };

    public static NbcValue? FromEngine(OrtValue value)
    {
        switch (value.OnnxType)
        {
            case OnnxValueType.ONNX_TYPE_TENSOR:
                return FromTensor(value);
            case OnnxValueType.ONNX_TYPE_SEQUENCE:
                List<NbcValue> items = [];
                value.ProcessSequence((item, _) => items.Add(FromEngine(item)!), OrtAllocator.DefaultInstance);
                ElementType type = items is [TensorValue first, ..] ? first.Type : ElementType.Undefined;
                return new SequenceValue(type, items);
            case OnnxValueType.ONNX_TYPE_MAP:
                NbcValue?[] parts = new NbcValue?[2];
                value.ProcessMap(
                    (keys, values) => (parts[0], parts[1]) = (FromEngine(keys), FromEngine(values)),
                    OrtAllocator.DefaultInstance);
                return new MapValue((TensorValue)parts[0]!, (TensorValue)parts[1]!);
            case OnnxValueType.ONNX_TYPE_OPTIONAL or OnnxValueType.ONNX_TYPE_UNKNOWN:
                return null;
            default:
                throw new BackendException(
                    BackendFault.RunFailed, $"the engine gave a {value.OnnxType}, which cannot be compared");
        }
    }

    private static OrtValue Tensor(TensorValue tensor)
    {
        OrtValue value = OrtValue.CreateAllocatedTensorValue(
            OrtAllocator.DefaultInstance, (TensorElementType)tensor.Type, tensor.Shape.ToArray());
        if (tensor.Count > 0)
        {
            Pack(tensor, value.GetTensorMutableRawData());
        }

        return value;
    }

    private static OrtValue Strings(TensorValue tensor)
    {
        OrtValue value = OrtValue.CreateTensorWithEmptyStrings(OrtAllocator.DefaultInstance, tensor.Shape.ToArray());
        for (int i = 0; i < tensor.Count; i++)
        {
            value.StringTensorSetElementAt(tensor.Strings[i].AsSpan(), i);
        }

        return value;
    }

    private static TensorValue FromTensor(OrtValue value)
    {
        OrtTensorTypeAndShapeInfo info = value.GetTensorTypeAndShape();
        TensorValue tensor = TensorValue.Allocate((ElementType)info.ElementDataType, info.Shape);
        if (tensor.Type == ElementType.String)
        {
            for (int i = 0; i < tensor.Count; i++)
            {
                tensor.Strings[i] = value.GetStringElementAsSpan(i).ToArray();
            }
        }
        else if (tensor.Count > 0)
        {
            Unpack(value.GetTensorMutableRawData(), tensor);
        }

        return tensor;
    }

    // The engine keeps two elements of four bits in a byte, the first in the lower half.
    private static void Pack(TensorValue tensor, Span<byte> target)
    {
        if (ElementTypes.FileBitsOf(tensor.Type) >= 8)
        {
            tensor.Bytes().CopyTo(target);
            return;
        }

        ReadOnlySpan<byte> source = tensor.Bytes();
        target.Clear();
        for (int i = 0; i < source.Length; i++)
        {
            target[i / 2] |= (byte)((source[i] & 15) << (i % 2 * 4));
        }
    }

    private static void Unpack(ReadOnlySpan<byte> source, TensorValue tensor)
    {
        if (ElementTypes.FileBitsOf(tensor.Type) >= 8)
        {
            source[..(int)tensor.ByteCount].CopyTo(tensor.Bytes());
            return;
        }

        Span<byte> target = tensor.Bytes();
        for (int i = 0; i < target.Length; i++)
        {
            int bits = (source[i / 2] >> (i % 2 * 4)) & 15;
            target[i] = tensor.Type == ElementType.Int4 ? (byte)(sbyte)((bits ^ 8) - 8) : (byte)bits;
        }
    }
}
