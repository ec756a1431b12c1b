using Noodle.Primitives;
using NoodleNet.Mesh.Topology;

namespace NoodleNet.Tests.Mesh;

/// <summary>Nodes and moments of the tests of this folder.</summary>
internal static class MeshNodes
{
    public static NodeId Node(int number) => NodeId.Create($"n{number}", new Guid(number, 0, 0, new byte[8]));

    public static Instant At(double seconds) => Instant.Origin + TimeSpan.FromSeconds(seconds);

    public static TimeSpan Ms(double milliseconds) => TimeSpan.FromMilliseconds(milliseconds);

    public static MeshLink Way(int to, long? microseconds, LinkKind kind = LinkKind.Tcp, int via = 0) => new(
        Node(to), kind, microseconds, 0, 0, null, TimeSpan.Zero, 100, via == 0 ? default : Node(via));
}
