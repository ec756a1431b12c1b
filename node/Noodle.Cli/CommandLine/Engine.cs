using System.CommandLine;
using Ahr.Backends;
using Ahr.Backends.Auto;
using Ahr.Backends.Bytecode;
using Ahr.Backends.OnnxRuntime;
using Microsoft.Extensions.Logging.Abstractions;

namespace Noodle.Cli.CommandLine;

/// <summary>The engines in this process, without any node.</summary>
internal static class Engine
{
    public const string Auto = AutoBackend.BackendName;

    /// <summary>Which engines may run a model.</summary>
    public static readonly Option<string> Backend = new("--backend")
    {
        Description = "Which engine runs it: Noodle's own (nbc), ONNX Runtime, or whichever was measured faster (auto)",
        HelpName = "auto|nbc|onnxruntime",
        DefaultValueFactory = _ => Auto,
    };

    static Engine() => Backend.AcceptOnlyFromAmong(Auto, "nbc", "onnxruntime");

    /// <exception cref="BackendException">The file is not a model that it can run.</exception>
    public static ValueTask<IBackendModel> LoadAsync(string name, string path, CancellationToken cancellation)
    {
        // Whoever names Noodle's own engine gets nothing else.
        IBackend nbc = new NbcBackend(
            new NbcBackendOptions { AllowFallback = name != "nbc" }, NullLogger<NbcBackend>.Instance);
        IBackend onnxRuntime = new OnnxRuntimeBackend(
            new OnnxRuntimeOptions(), NullLogger<OnnxRuntimeBackend>.Instance);
        IBackend chosen = name switch
        {
            "nbc" => nbc,
            "onnxruntime" => onnxRuntime,
            _ => new AutoBackend([nbc, onnxRuntime], TimeProvider.System, NullLogger<AutoBackend>.Instance),
        };
        return chosen.LoadAsync(path, cancellation);
    }

    /// <summary>As people know it.</summary>
    public static string Title(string? engine) => engine switch
    {
        "onnxruntime" => "ONNX Runtime",
        "nbc" => "Noodle's own engine (nbc)",
        null or "" => "an engine that is not named",
        _ => engine,
    };
}
