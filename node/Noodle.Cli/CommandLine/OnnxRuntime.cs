using Ahr.Backends;
using Ahr.Backends.OnnxRuntime;
using Microsoft.Extensions.Logging.Abstractions;

namespace Noodle.Cli.CommandLine;

/// <summary>ONNX Runtime in this process, without any node.</summary>
internal static class OnnxRuntime
{
    /// <exception cref="BackendException">The file is not a model that it can run.</exception>
    public static ValueTask<IBackendModel> LoadAsync(string path, CancellationToken cancellation) =>
        new OnnxRuntimeBackend(new OnnxRuntimeOptions(), NullLogger<OnnxRuntimeBackend>.Instance)
            .LoadAsync(path, cancellation);
}
