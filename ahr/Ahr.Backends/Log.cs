using Microsoft.Extensions.Logging;

namespace Ahr.Backends;

/// <summary>Events 4500-4999. Never give an old number to a new event.</summary>
internal static partial class Log
{
    [LoggerMessage(4500, LogLevel.Debug, "ONNX Runtime says at {Where}: {Text}")]
    public static partial void EngineSaid(ILogger logger, string where, string text);

    [LoggerMessage(4501, LogLevel.Debug, "ONNX Runtime loaded a model of {SizeBytes} bytes, {Threads} threads")]
    public static partial void ModelLoaded(ILogger logger, long sizeBytes, int threads);

    [LoggerMessage(4502, LogLevel.Information, "{Nodes} nodes of {Model} run on ONNX Runtime, for {Operators}")]
    public static partial void PartFallsBack(ILogger logger, string model, int nodes, string operators);

    [LoggerMessage(4503, LogLevel.Debug, "{Model} gets no program for one set of input shapes: {Reason}")]
    public static partial void NotSpecialised(ILogger logger, string model, string reason);

    [LoggerMessage(4504, LogLevel.Information, "{Engine} does not take {Model}: {Reason}")]
    public static partial void EngineRefused(ILogger logger, string engine, string model, string reason);

    [LoggerMessage(4505, LogLevel.Warning, "{Engine} failed on {Model}, another engine answers: {Reason}")]
    public static partial void EngineFailed(ILogger logger, string engine, string model, string reason);

    [LoggerMessage(4506, LogLevel.Information, "{Engine} runs {Model} with {Shapes} from now on: {Times}")]
    public static partial void EngineChosen(ILogger logger, string engine, string model, string shapes, string times);
}
