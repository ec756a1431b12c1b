using System.Net;
using Microsoft.Extensions.Logging;
using NoodleNet.Discovery.Wire;
using NoodleNet.Discovery;
using NoodleNet.Runtime.Trust;

namespace NoodleNet.Runtime;

/// <summary>Every event that this project logs. Never give an old number to a new event.</summary>
internal static partial class Log
{
    // 2200-2299: discovery
    [LoggerMessage(2200, LogLevel.Information, "Gossip of {Node} on {EndPoint}, announced as {Advertised}")]
    public static partial void GossipStarted(ILogger logger, string node, IPEndPoint endPoint, IPEndPoint advertised);

    [LoggerMessage(2201, LogLevel.Information, "Member {Member} at {EndPoint}: {Change} {Detail}")]
    public static partial void MemberChanged(
        ILogger logger, string member, IPEndPoint endPoint, MemberChange change, string detail);

    [LoggerMessage(2202, LogLevel.Error,
        "Two nodes use the name {Name}: {Known} and {Claimed}; give one of them its own data folder")]
    public static partial void NameConflict(ILogger logger, string name, IPEndPoint known, IPEndPoint claimed);

    [LoggerMessage(2203, LogLevel.Warning,
        "Only TCP reaches {Member}: UDP on its gossip port is blocked, let a firewall pass both")]
    public static partial void StreamOnly(ILogger logger, string member);

    [LoggerMessage(2204, LogLevel.Debug, "Gossip from {EndPoint} dropped: {Fault}")]
    public static partial void GossipDropped(ILogger logger, IPEndPoint? endPoint, WireFault fault);

    [LoggerMessage(2205, LogLevel.Warning, "State of {EndPoint} refused: {Fault}")]
    public static partial void MergeRefused(ILogger logger, IPEndPoint endPoint, MergeFault fault);

    [LoggerMessage(2206, LogLevel.Debug, "Exchange with {EndPoint} failed: {Reason}")]
    public static partial void ExchangeFailed(ILogger logger, EndPoint? endPoint, string reason);

    [LoggerMessage(2207, LogLevel.Information, "Taken for gone by others, refuted with incarnation {Incarnation}")]
    public static partial void Refuted(ILogger logger, uint incarnation);

    [LoggerMessage(2208, LogLevel.Debug, "Datagram to {EndPoint} not sent: {Reason}")]
    public static partial void DatagramNotSent(ILogger logger, IPEndPoint endPoint, string reason);

    [LoggerMessage(2209, LogLevel.Warning, "Gossip connection refused: {Reason}")]
    public static partial void ConnectionRefused(ILogger logger, string reason);

    [LoggerMessage(2210, LogLevel.Critical, "Gossip stopped by a defect")]
    public static partial void GossipBroke(ILogger logger, Exception exception);

    [LoggerMessage(2220, LogLevel.Information, "Beacons go out on {Sockets} of {Tried} addresses")]
    public static partial void BeaconStarted(ILogger logger, int sockets, int tried);

    [LoggerMessage(2221, LogLevel.Warning,
        "No address of this machine takes part in multicast ({Reason}); nodes find each other by seeds only")]
    public static partial void NoMulticast(ILogger logger, string reason);

    [LoggerMessage(2222, LogLevel.Debug, "Beacon from {EndPoint} dropped: {Fault}")]
    public static partial void BeaconDropped(ILogger logger, IPEndPoint endPoint, WireFault fault);

    // Trust 2300-2399.
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

    // State and storage 2400-2499.
    [LoggerMessage(2400, LogLevel.Warning, "State file {Path} is damaged and kept as {Aside}; peers bring it back")]
    public static partial void StateFileDamaged(ILogger logger, string path, string aside);

    // Cluster state in a database 2440-2459.
    [LoggerMessage(2440, LogLevel.Warning,
        "Cluster state {Path} is damaged and kept as {Aside}; {Rescued} entries were whole, peers bring the others")]
    public static partial void StateDatabaseDamaged(ILogger logger, string path, string aside, int rescued);

    [LoggerMessage(2441, LogLevel.Information, "Took over {Entries} entries of cluster state from {Path}")]
    public static partial void StateTakenOver(ILogger logger, string path, int entries);

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

    [LoggerMessage(2110, LogLevel.Error, "Writing to {Peer} failed; the connection ends")]
    public static partial void LinkWriterFailed(ILogger logger, string peer, Exception error);

    [LoggerMessage(2108, LogLevel.Warning, "{Count} handlers for {Peer} go on although the connection is over")]
    public static partial void LinkHandlerLeftBehind(ILogger logger, string peer, int count);
}
