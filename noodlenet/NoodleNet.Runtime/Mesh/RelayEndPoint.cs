using System.Net;
using Noodle.Primitives;

namespace NoodleNet.Runtime.Mesh;

/// <summary>Where a connection comes from that other nodes pass on.</summary>
/// <param name="via">The relay next to this node.</param>
public sealed class RelayEndPoint(NodeId via) : EndPoint
{
    public NodeId Via { get; } = via;

    public override string ToString() => $"relay {Via.ShortName}";

    public override bool Equals(object? obj) => obj is RelayEndPoint other && other.Via == Via;

    public override int GetHashCode() => Via.GetHashCode();
}
