using Microsoft.Extensions.Logging;

namespace NoodleNet.Runtime;

/// <summary>What this project logs. An old number is never given to a new event.</summary>
internal static partial class Log
{
    // Link 2100-2199.
    [LoggerMessage(2100, LogLevel.Information, "Listening for peers on {EndPoint}")]
    public static partial void LinkListening(ILogger logger, string endPoint);

    [LoggerMessage(2101, LogLevel.Information, "Connected to {Peer} at {Remote}")]
    public static partial void LinkConnected(ILogger logger, string peer, string remote);

    [LoggerMessage(2102, LogLevel.Information, "Connection to {Peer} ended: {Fault}")]
    public static partial void LinkLost(ILogger logger, string peer, string fault);

    [LoggerMessage(2103, LogLevel.Warning, "Connection from {Remote} refused: {Fault} {Detail}")]
    public static partial void LinkRefused(ILogger logger, string remote, string fault, string detail);

    [LoggerMessage(2104, LogLevel.Error, "The handler of {Method} failed")]
    public static partial void LinkHandlerFailed(ILogger logger, string method, Exception error);

    [LoggerMessage(2105, LogLevel.Warning, "Accepting connections failed; trying again")]
    public static partial void LinkAcceptFailed(ILogger logger, Exception error);

    [LoggerMessage(2106, LogLevel.Error, "A subscriber of peer events failed")]
    public static partial void LinkSubscriberFailed(ILogger logger, Exception error);

    [LoggerMessage(2107, LogLevel.Error, "Side protocol {Protocol} failed")]
    public static partial void LinkSideProtocolFailed(ILogger logger, string protocol, Exception error);

    [LoggerMessage(2109, LogLevel.Error, "Reading from {Peer} failed; the connection ends")]
    public static partial void LinkReaderFailed(ILogger logger, string peer, Exception error);

    [LoggerMessage(2108, LogLevel.Warning, "{Count} handlers for {Peer} go on although the connection is over")]
    public static partial void LinkHandlerLeftBehind(ILogger logger, string peer, int count);
}
