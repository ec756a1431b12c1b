using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;
using Nbc.Tensors;

namespace Noodle.Bench.Overhead;

/// <summary>A model in ONNX Runtime by its own API: the peer that a node is measured against.</summary>
/// <remarks>
/// Set up for speed: one thread (the fastest for a model this small), and names, options and the input value made once.
/// </remarks>
internal sealed class DirectModel : IDisposable
{
    private readonly InferenceSession _session;
    private readonly RunOptions _options = new();
    private readonly OrtValue _input;
    private readonly string[] _inputNames;
    private readonly string[] _outputNames;

    public DirectModel(string path, Tensor input)
    {
        using SessionOptions options = new();
        options.IntraOpNumThreads = 1;
        options.InterOpNumThreads = 1;
        options.LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR;
        _session = new InferenceSession(path, options);
        _inputNames = [input.Name];
        _outputNames = [.. _session.OutputNames];
        _input = OrtValue.CreateTensorValueFromMemory(
            MemoryMarshal.Cast<byte, float>(input.Data.Span).ToArray(), input.Shape);
    }

    /// <summary>Runs it once and reads an output of one whole number.</summary>
    public long Run(string output)
    {
        using IDisposableReadOnlyCollection<OrtValue> values =
            _session.Run(_options, _inputNames, [_input], _outputNames);
        return values[Array.IndexOf(_outputNames, output)].GetTensorDataAsSpan<long>()[0];
    }

    public void Dispose()
    {
        _input.Dispose();
        _options.Dispose();
        _session.Dispose();
    }
}
