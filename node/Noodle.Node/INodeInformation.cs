using System.Net;
using Noodle.Primitives;

namespace Noodle.Node;

/// <summary>What is fixed while a node runs; to be asked once it has started.</summary>
public interface INodeInformation
{
    NodeId Id { get; }

    /// <summary>Where its HTTP API is.</summary>
    Uri Http { get; }

    /// <summary>Where its mesh port is, UDP and TCP.</summary>
    IPEndPoint Mesh { get; }

    /// <summary>The first digits of the mesh's id.</summary>
    string MeshName { get; }

    /// <summary>How it came to be a member: <c>founded</c>, <c>joined</c> or <c>member</c> (since an earlier
    /// start).</summary>
    string Membership { get; }

    /// <summary>Where it keeps its data.</summary>
    string Folder { get; }

    /// <summary>The part whose defect stopped the node; null when there is none.</summary>
    string? BrokenPart { get; }
}
