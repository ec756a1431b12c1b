using System.Net;
using Microsoft.Extensions.Logging;
using NoodleNet.Discovery;
using NoodleNet.Discovery.Wire;

namespace NoodleNet.Runtime;

/// <summary>Every log event of this project. Never give an old number to a new event.</summary>
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
}
