using System.Net;
using Microsoft.Extensions.Logging;
using NoodleNet.Content;
using NoodleNet.Link;
using NoodleNet.Link.Calls;
using NoodleNet.Runtime.Trust;
using NoodleNet.Mesh.Topology;
using NoodleNet.State;
using NoodleNet.Trust;

namespace Noodle.Node;

/// <summary>Every event that this project logs. Never give an old number to a new event.</summary>
internal static partial class Log
{
    [LoggerMessage(5500, LogLevel.Information, "Node {Node} of mesh {Mesh} is ready at {Http}, data in {Folder}")]
    public static partial void Ready(ILogger logger, string node, string mesh, Uri http, string folder);

    [LoggerMessage(5501, LogLevel.Information,
        "Leaving: {InFlight} calls in flight get at most {LimitSeconds} s to finish")]
    public static partial void Draining(ILogger logger, int inFlight, double limitSeconds);

    [LoggerMessage(5502, LogLevel.Information, "Left the mesh")]
    public static partial void Left(ILogger logger);

    [LoggerMessage(5503, LogLevel.Error, "A part of the node stopped by a defect: {Part}")]
    public static partial void PartBroke(ILogger logger, string part, Exception exception);

    [LoggerMessage(5504, LogLevel.Information, "Looking for mesh {Mesh} to join: {How}")]
    public static partial void LookingForMesh(ILogger logger, string mesh, string how);

    [LoggerMessage(5510, LogLevel.Debug, "Connecting to {Node} at {Address} failed with {Fault}: {Reason}")]
    public static partial void DialFailed(ILogger logger, string node, IPEndPoint address, LinkFault fault,
        string reason);

    [LoggerMessage(5511, LogLevel.Information, "Connection to {Node} ended: {Fault}")]
    public static partial void LinkLost(ILogger logger, string node, LinkFault fault);

    [LoggerMessage(5512, LogLevel.Debug, "{Intent} with {Node} ended with {Verdict}, {Status}")]
    public static partial void ExchangeFailed(
        ILogger logger, string intent, string node, CallVerdict verdict, LinkStatus status);

    [LoggerMessage(5513, LogLevel.Warning,
        "Node {Node} sent cluster state that cannot be read; is its version much older or newer?")]
    public static partial void BadState(ILogger logger, string node);

    [LoggerMessage(5514, LogLevel.Warning,
        "Node {Node} sent {Count} entries stamped more than a minute ahead; set the clocks right")]
    public static partial void StateFromTheFuture(ILogger logger, string node, int count);

    [LoggerMessage(5515, LogLevel.Warning,
        "{Count} entries of cluster state from {Node} were refused, the first for {Fault}")]
    public static partial void StateRefused(ILogger logger, string node, int count, LwwFault fault);

    [LoggerMessage(5516, LogLevel.Error, "Cluster state could not be kept on disk: {Reason}")]
    public static partial void StateNotKept(ILogger logger, string reason);

    [LoggerMessage(5517, LogLevel.Warning, "Message {Intent} from {Node} cannot be read")]
    public static partial void BadMessage(ILogger logger, string intent, string node);

    [LoggerMessage(5520, LogLevel.Information,
        "Deployed {Model} version {Version}, {Digest}, {Replicas} replicas wanted")]
    public static partial void Deployed(ILogger logger, string model, long version, string digest, int replicas);

    [LoggerMessage(5521, LogLevel.Information, "Removed {Model} from the mesh")]
    public static partial void Removed(ILogger logger, string model);

    [LoggerMessage(5523, LogLevel.Information,
        "Deleted the file of model {Digest}: nothing is deployed from it any more")]
    public static partial void ModelRemoved(ILogger logger, string digest);

    // 5660-5689: trust.
    [LoggerMessage(5660, LogLevel.Error, "Trust records could not be kept on disk: {Reason}")]
    public static partial void TrustNotKept(ILogger logger, string reason);

    [LoggerMessage(5661, LogLevel.Warning, "Trust record {Key} does not fit into the cluster state: {Fault}")]
    public static partial void TrustNotShared(ILogger logger, string key, LwwFault fault);

    [LoggerMessage(5662, LogLevel.Warning, "Node {Node} asked for the authority's key; given: {Given}")]
    public static partial void AuthorityAsked(ILogger logger, string node, bool given);

    [LoggerMessage(5663, LogLevel.Information, "Node {Node} asked for an admission or a renewal: {Fault}")]
    public static partial void AdmissionDecided(ILogger logger, string node, JoinFault fault);

    [LoggerMessage(5664, LogLevel.Information, "Admin node {Node} did not decide: {Verdict}, {Status}")]
    public static partial void AdminSilent(ILogger logger, string node, CallVerdict verdict, LinkStatus status);

    [LoggerMessage(5665, LogLevel.Warning, "The mesh revoked node {Node}; its connections end")]
    public static partial void NodeRevoked(ILogger logger, string node);

    [LoggerMessage(5666, LogLevel.Information, "This node is an admin of the mesh now: it holds the authority's key")]
    public static partial void BecameAdmin(ILogger logger);

    [LoggerMessage(5667, LogLevel.Information, "Gossip key: {Phase}, epoch {Epoch}")]
    public static partial void GossipKeyStep(ILogger logger, RingPhase phase, uint epoch);

    [LoggerMessage(5668, LogLevel.Warning,
        "The gossip key changes although these nodes did not say that they have it: {Nodes}")]
    public static partial void GossipKeyWithout(ILogger logger, string nodes);

    [LoggerMessage(5669, LogLevel.Information, "{Address} did not hand out the gossip keys: {Fault}")]
    public static partial void RingRefused(ILogger logger, IPEndPoint address, JoinFault fault);

    // Topology 5630-5659.
    [LoggerMessage(5630, LogLevel.Information, "{Change}: {Node}, {Kind} {Via}, round trip {RoundTripUs} us")]
    public static partial void TopologyChanged(
        ILogger logger, TopologyChange change, string node, LinkKind kind, string via, long? roundTripUs);

    [LoggerMessage(5631, LogLevel.Debug, "No relay to {Node} through {Relay}: {Fault}, {Detail}")]
    public static partial void RelayFailed(ILogger logger, string node, string relay, RelayFault fault, string detail);

    // Model files in chunks 5600-5629.
    [LoggerMessage(5600, LogLevel.Information,
        "Fetched model {Digest} ({SizeBytes} bytes) from {Nodes} nodes in {Ms} ms")]
    public static partial void ModelFetched(ILogger logger, string digest, long sizeBytes, int nodes, long ms);

    [LoggerMessage(5601, LogLevel.Information, "Node {Node} is passed over for model {Digest}: {Fault}")]
    public static partial void HolderDropped(ILogger logger, string node, string digest, HolderFault fault);

    [LoggerMessage(5530, LogLevel.Warning, "Node {Owner} did not give back {Amount} of {Kind}")]
    public static partial void ResourceLeaked(ILogger logger, string owner, long amount, Primitives.ResourceKind kind);
}
