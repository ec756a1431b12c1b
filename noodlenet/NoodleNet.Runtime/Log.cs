using System.Net;
using Microsoft.Extensions.Logging;
using NoodleNet.Discovery.Wire;
using NoodleNet.Discovery;
using NoodleNet.Discovery.Serf;
using NoodleNet.Mesh.Topology;
using NoodleNet.Link;
using NoodleNet.Link.Datagrams;
using NoodleNet.Link.Transports;
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

    // Bootstrap 2270-2299.
    [LoggerMessage(2270, LogLevel.Warning,
        "Beacons come faster than a mesh sends them, now from {Address}; {Refused} were not read so far")]
    public static partial void BeaconFlood(ILogger logger, IPAddress address, long refused);

    [LoggerMessage(2271, LogLevel.Warning,
        "Seed {Seed} cannot be looked up ({Reason}); tried again, ever more seldom, and told when it works")]
    public static partial void SeedNotFound(ILogger logger, SeedName seed, string reason);

    [LoggerMessage(2272, LogLevel.Information, "Seed {Seed} is found again, with {Count} addresses")]
    public static partial void SeedFoundAgain(ILogger logger, SeedName seed, int count);
    // Serf layer and refusals 2250-2269.
    [LoggerMessage(2250, LogLevel.Debug, "{Count} more lines of the kind {Kind} were not logged")]
    public static partial void RefusalsSuppressed(ILogger logger, int count, string kind);

    [LoggerMessage(2251, LogLevel.Error,
        "{Others} of {Answers} nodes that answered take another node for {Node}; stop this one or the other, and give "
        + "it a data folder of its own")]
    public static partial void NameLost(ILogger logger, string node, int others, int answers);

    [LoggerMessage(2252, LogLevel.Error, "The handler of query {Query} failed")]
    public static partial void QueryHandlerFailed(ILogger logger, string query, Exception error);

    [LoggerMessage(2253, LogLevel.Warning, "{From} asks to change or tell gossip keys ({Operation}): {Outcome}")]
    public static partial void KeysAsked(ILogger logger, string from, KeyOperation operation, string outcome);

    [LoggerMessage(2254, LogLevel.Error, "A subscriber of round trips failed")]
    public static partial void RoundTripSubscriberFailed(ILogger logger, Exception error);

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

    // Trust 2340-2399: renewal, admission.
    [LoggerMessage(2340, LogLevel.Information, "This node's certificate is renewed, until {Ends}")]
    public static partial void CertificateRenewed(ILogger logger, DateTimeOffset ends);

    [LoggerMessage(2341, LogLevel.Information,
        "Renewing this node's certificate failed ({Fault}); trying again, it lasts until {Ends}")]
    public static partial void RenewalFailed(ILogger logger, JoinFault fault, DateTimeOffset ends);

    [LoggerMessage(2342, LogLevel.Warning,
        "This node's certificate ends at {Ends} and cannot be renewed ({Fault}); does an admin node of the mesh run?")]
    public static partial void CertificateLate(ILogger logger, DateTimeOffset ends, JoinFault fault);

    [LoggerMessage(2343, LogLevel.Information, "Waiting at {EndPoint} to be admitted, fingerprint {Fingerprint}")]
    public static partial void WaitingForAdmission(ILogger logger, IPEndPoint endPoint, string fingerprint);

    [LoggerMessage(2344, LogLevel.Warning, "{Remote} offers admission to mesh {Fingerprint}, and was declined")]
    public static partial void AdmissionDeclined(ILogger logger, string remote, string fingerprint);

    [LoggerMessage(2345, LogLevel.Information, "Admission offered by {Remote} came to nothing: {Reason}")]
    public static partial void AdmissionFailed(ILogger logger, string remote, string reason);

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

    // Mesh 2500-2549.
    [LoggerMessage(2500, LogLevel.Information, "Connected to {Node} through {Relay}")]
    public static partial void RelayConnected(ILogger logger, string node, string relay);

    [LoggerMessage(2501, LogLevel.Information, "Relaying from {From} to {To}")]
    public static partial void RelayBegan(ILogger logger, string from, string to);

    [LoggerMessage(2502, LogLevel.Information, "Relayed from {From} to {To}: {Bytes} bytes both ways")]
    public static partial void RelayEnded(ILogger logger, string from, string to, long bytes);

    [LoggerMessage(2503, LogLevel.Debug, "Refused to relay for {From}: {Fault}")]
    public static partial void RelayRefused(ILogger logger, string from, RelayFault fault);

    // Transports and datagrams 2150-2179.
    [LoggerMessage(2150, LogLevel.Information, "Listening for peers over QUIC on {EndPoint}")]
    public static partial void LinkQuicListening(ILogger logger, IPEndPoint endPoint);

    [LoggerMessage(2151, LogLevel.Information,
        "No QUIC on this machine ({Reason}): links use TCP; install libmsquic to have it")]
    public static partial void LinkQuicMissing(ILogger logger, string reason);

    [LoggerMessage(2152, LogLevel.Information, "No QUIC to {Peer} at {Remote} ({Fault}): TCP is used")]
    public static partial void LinkQuicBlocked(ILogger logger, string peer, IPEndPoint remote, LinkFault fault);

    [LoggerMessage(2153, LogLevel.Debug, "QUIC handshake refused: {Reason}")]
    public static partial void LinkQuicRefused(ILogger logger, string reason);

    [LoggerMessage(2154, LogLevel.Information, "Calls to {Peer} go over {Transport} now: {Reason}")]
    public static partial void LinkTransportChanged(
        ILogger logger, string peer, LinkTransportKind transport, TransportReason reason);

    [LoggerMessage(2155, LogLevel.Debug, "Datagram dropped: {Fault}")]
    public static partial void LinkDatagramDropped(ILogger logger, DatagramFault fault);

    [LoggerMessage(2156, LogLevel.Debug, "Datagram {Sequence} to {Peer} was never answered")]
    public static partial void LinkDatagramLost(ILogger logger, string peer, ulong sequence);

    [LoggerMessage(2157, LogLevel.Error, "A receiver of datagrams failed")]
    public static partial void LinkDatagramReceiverFailed(ILogger logger, Exception error);

    // Fast path of the link 2180-2199.
    [LoggerMessage(2180, LogLevel.Debug, "A call of {Peer} keeps its thread; another one reads on")]
    public static partial void LinkReaderHeldUp(ILogger logger, string peer);
}
