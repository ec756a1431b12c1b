using Microsoft.Extensions.Logging;
using NoodleNet.Runtime.Trust;

namespace NoodleNet.Runtime;

/// <summary>Every event that this project logs.</summary>
internal static partial class Log
{
    // Trust 2300-2399. Never give an old number to a new event.
    [LoggerMessage(2300, LogLevel.Information, "Founded mesh {Mesh}; its join token lies in {TokenPath}")]
    public static partial void MeshFounded(ILogger logger, string mesh, string tokenPath);

    [LoggerMessage(2301, LogLevel.Information, "Joined mesh {Mesh} through {Address}")]
    public static partial void MeshJoined(ILogger logger, string mesh, string address);

    [LoggerMessage(2302, LogLevel.Information, "Could not join through {Address}: {Fault}")]
    public static partial void JoinAttemptFailed(ILogger logger, string address, JoinFault fault);

    [LoggerMessage(2303, LogLevel.Information, "Admitted node {Node}, asked from {Address}")]
    public static partial void NodeAdmitted(ILogger logger, string node, string address);

    [LoggerMessage(2304, LogLevel.Warning, "Refused a join from {Address}: {Fault}")]
    public static partial void JoinRefused(ILogger logger, string address, JoinFault fault);

    [LoggerMessage(2305, LogLevel.Information, "Wrote a new join token to {TokenPath}")]
    public static partial void TokenWritten(ILogger logger, string tokenPath);

    [LoggerMessage(2306, LogLevel.Error, "Cannot write down an admission: {Reason}")]
    public static partial void LedgerUnwritable(ILogger logger, string reason);

    // State and storage 2400-2499. Never give an old number to a new event.
    [LoggerMessage(2400, LogLevel.Warning, "State file {Path} is damaged and kept as {Aside}; peers bring it back")]
    public static partial void StateFileDamaged(ILogger logger, string path, string aside);
}
