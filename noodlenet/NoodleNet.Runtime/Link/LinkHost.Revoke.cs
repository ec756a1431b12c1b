using Noodle.Primitives;
using NoodleNet.Link;

namespace NoodleNet.Runtime.Link;

public sealed partial class LinkHost
{
    /// <summary>Ends every connection to a node at once, calls in flight and all: it is trusted no more.</summary>
    public void Disconnect(NodeId node)
    {
        LinkConnection[] connections;
        lock (_gate)
        {
            connections = [.. _connections.Where(connection => connection.Node == node)];
        }

        foreach (LinkConnection connection in connections)
        {
            connection.Fail(LinkFault.Untrusted);
        }
    }
}
