using Ahr.Backends;

namespace Noodle.Cli.CommandLine;

/// <summary>ONNX Runtime in this process, without any node.</summary>
internal static class OnnxRuntime
{
    /// <exception cref="BackendException">The file is not a model that it can run.</exception>
    public static ValueTask<IBackendModel> LoadAsync(string path, CancellationToken cancellation) =>
        Engine.LoadAsync("onnxruntime", path, cancellation);
}
