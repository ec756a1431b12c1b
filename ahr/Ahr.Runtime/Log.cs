using Microsoft.Extensions.Logging;

namespace Ahr.Runtime;

/// <summary>Events 4000-4499. Never give an old number to a new event.</summary>
internal static partial class Log
{
    [LoggerMessage(4000, LogLevel.Information, "Model {Digest} stored, {SizeBytes} bytes")]
    public static partial void ModelStored(ILogger logger, string digest, long sizeBytes);

    [LoggerMessage(4001, LogLevel.Warning, "Model {Digest} was damaged on disk and is removed; a new copy is needed")]
    public static partial void ModelDamaged(ILogger logger, string digest);

    [LoggerMessage(4002, LogLevel.Error, "The model store could not {Action}")]
    public static partial void StoreFailed(ILogger logger, string action, Exception reason);

    [LoggerMessage(4003, LogLevel.Information, "Removed {Count} unfinished model files of an earlier run")]
    public static partial void PartialsRemoved(ILogger logger, int count);

    [LoggerMessage(4004, LogLevel.Information, "Model {Digest}: {Chunks} of {All} chunks are here from an earlier run")]
    public static partial void PartialResumed(ILogger logger, string digest, int chunks, int all);

    [LoggerMessage(4010, LogLevel.Information, "Model {Digest} ready after {LoadMs} ms")]
    public static partial void ModelReady(ILogger logger, string digest, long loadMs);

    [LoggerMessage(4011, LogLevel.Warning, "Model {Digest} not loaded: {Reason}")]
    public static partial void ModelFailed(ILogger logger, string digest, string reason);

    [LoggerMessage(4012, LogLevel.Information, "Model {Digest} unloaded")]
    public static partial void ModelUnloaded(ILogger logger, string digest);

    [LoggerMessage(4013, LogLevel.Error, "Loading model {Digest} met an error that no rule foresees")]
    public static partial void LoadBroke(ILogger logger, string digest, Exception reason);

    [LoggerMessage(4014, LogLevel.Error, "Running model {Digest} met an error that no rule foresees")]
    public static partial void RunBroke(ILogger logger, string digest, Exception reason);

    [LoggerMessage(4020, LogLevel.Information, "Call of {Model} on {Node} ended with {Fault}: {Next}")]
    public static partial void AttemptFailed(
        ILogger logger, string model, string node, InferenceFault fault, string next);

    [LoggerMessage(4021, LogLevel.Error, "Asking {Node} to run a model met an error that no rule foresees")]
    public static partial void RemoteBroke(ILogger logger, string node, Exception reason);
}
