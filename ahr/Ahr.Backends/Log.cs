using Microsoft.Extensions.Logging;

namespace Ahr.Backends;

/// <summary>Events 4500-4999. Never give an old number to a new event.</summary>
internal static partial class Log
{
    [LoggerMessage(4500, LogLevel.Debug, "ONNX Runtime says at {Where}: {Text}")]
    public static partial void EngineSaid(ILogger logger, string where, string text);

    [LoggerMessage(4501, LogLevel.Debug, "ONNX Runtime loaded a model of {SizeBytes} bytes, {Threads} threads")]
    public static partial void ModelLoaded(ILogger logger, long sizeBytes, int threads);
}
