using Microsoft.Extensions.Logging;

namespace Noodle.Serving;

/// <summary>Event ids 5000-5499. Never give an old number to a new event.</summary>
internal static partial class Log
{
    [LoggerMessage(5000, LogLevel.Debug, "{Path} refused with {Status}: {Reason}")]
    public static partial void RequestRefused(ILogger logger, string path, int status, string reason);

    [LoggerMessage(5001, LogLevel.Error, "A request to {Path} failed ({Suppressed} lines kept back)")]
    public static partial void RequestFailed(ILogger logger, Exception error, string path, long suppressed);

    [LoggerMessage(5002, LogLevel.Debug, "The caller of {Path} went away")]
    public static partial void CallerGone(ILogger logger, string path);

    [LoggerMessage(5003, LogLevel.Warning, "Model {Model} failed: {Reason} ({Suppressed} lines kept back)")]
    public static partial void ModelFailed(ILogger logger, string model, string reason, long suppressed);

    [LoggerMessage(5004, LogLevel.Warning, "Refused a request for host {Host} ({Suppressed} lines kept back)")]
    public static partial void ForeignHost(ILogger logger, string host, long suppressed);

    [LoggerMessage(5005, LogLevel.Warning, "Refused a request from origin {Origin} ({Suppressed} lines kept back)")]
    public static partial void ForeignOrigin(ILogger logger, string origin, long suppressed);
}
