using Microsoft.Extensions.Logging;
using Microsoft.ML.OnnxRuntime;

namespace Ahr.Backends.OnnxRuntime;

/// <summary>The engine's one environment in this process: no telemetry, and what it says goes to a logger.</summary>
internal static class OnnxRuntimeEngine
{
    private static readonly Lock s_gate = new();
    private static readonly DOrtLoggingFunction s_listener = OnMessage; // kept alive: the engine calls it
    private static volatile ILogger? s_logger;

    /// <summary>Makes the environment once; the engine's messages go to the logger named last.</summary>
    public static void Start(ILogger logger)
    {
        lock (s_gate)
        {
            s_logger = logger;
            if (!OrtEnv.IsCreated)
            {
                EnvironmentCreationOptions options = new()
                {
                    logId = "noodle",
                    logLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR,
                    loggingFunction = s_listener,
                };
                OrtEnv.CreateInstanceWithOptions(ref options).DisableTelemetryEvents();
            }
        }
    }

    internal static void OnMessage(
        IntPtr parameter, OrtLoggingLevel severity, string category, string logId, string where, string text)
    {
        if (s_logger is { } logger)
        {
            Log.EngineSaid(logger, where, text);
        }
    }
}
