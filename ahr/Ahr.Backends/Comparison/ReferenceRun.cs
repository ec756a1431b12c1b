using Ahr.Backends.Conformance;
using Ahr.Backends.OnnxRuntime;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.ML.OnnxRuntime;
using Nbc.Values;

namespace Ahr.Backends.Comparison;

/// <summary>What ONNX Runtime computes for every value of a model's main graph, node by node as written.</summary>
/// <remarks>Cost: all values are held at once. Bound: models below 2 GiB without the data beside them.</remarks>
internal static class ReferenceRun
{
    private const string FolderSetting = "session.model_external_initializers_file_folder_path";

    /// <param name="inputs">By name; null where an optional one is absent.</param>
    /// <param name="wanted">Names that the model may not have; those that it has come back.</param>
    /// <exception cref="BackendException">ONNX Runtime does not take the model or the inputs.</exception>
    public static Dictionary<string, NbcValue?> Run(
        string path, IReadOnlyDictionary<string, NbcValue?> inputs, IReadOnlySet<string> wanted)
    {
        byte[] model = File.ReadAllBytes(path);
        string name = Path.GetFileName(path);
        ReferenceGraph graph = ReferenceGraph.Read(new MemoryStream(model)) ?? throw new BackendException(
            BackendFault.UnreadableModel, $"'{name}' is not an ONNX model, and ONNX Runtime runs no others");
        byte[] extended = graph.Extend(model, graph.Values.Where(wanted.Contains));
        OnnxRuntimeEngine.Start(NullLogger.Instance);
        using SessionOptions options = new()
        {
            GraphOptimizationLevel = GraphOptimizationLevel.ORT_DISABLE_ALL,
            LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL,
        };
        options.AddSessionConfigEntry(FolderSetting, Path.GetDirectoryName(Path.GetFullPath(path))!);
        try
        {
            using InferenceSession session = new(extended, options);
            return Run(session, inputs);
        }
        catch (OnnxRuntimeException reason)
        {
            throw new BackendException(
                BackendFault.RunFailed, $"ONNX Runtime does not run '{name}': {reason.Message.Split('\n')[0]}", reason);
        }
    }

    private static Dictionary<string, NbcValue?> Run(
        InferenceSession session, IReadOnlyDictionary<string, NbcValue?> inputs)
    {
        List<OrtValue> values = [];
        List<string> names = [];
        try
        {
            foreach (string input in session.InputNames)
            {
                if (OnnxRuntimeValues.ToEngine(inputs.GetValueOrDefault(input)) is { } value)
                {
                    names.Add(input);
                    values.Add(value);
                }
            }

            using RunOptions options = new();
            using IDisposableReadOnlyCollection<OrtValue> results =
                session.Run(options, names, values, [.. session.OutputNames]);
            Dictionary<string, NbcValue?> found = new(StringComparer.Ordinal);
            for (int i = 0; i < results.Count; i++)
            {
                found[session.OutputNames[i]] = OnnxRuntimeValues.FromEngine(results[i]);
            }

            return found;
        }
        finally
        {
            values.ForEach(value => value.Dispose());
        }
    }
}
