using Noodle.Node.Mesh;
using Noodle.Primitives;
using NoodleNet.Link;
using NoodleNet.Runtime.Link;
using NoodleNet.Talk;

namespace Noodle.Node.Programs;

/// <summary>How programs reach other nodes.</summary>
internal interface IProgramPeers
{
    /// <summary>A node by its id or, where only one has it, its short name; none when there is no such node.</summary>
    NodeId Find(string name);

    /// <summary>Sends one message and tells what became of it.</summary>
    ValueTask<LinkStatus> SendAsync(
        NodeId node, ReadOnlyMemory<byte> header, IReadOnlyList<ReadOnlyMemory<byte>> body, TimeSpan within,
        CancellationToken cancellation);
}

/// <inheritdoc/>
internal sealed class ProgramPeers(MeshPeers peers) : IProgramPeers
{
    public NodeId Find(string name)
    {
        NodeId[] found = [.. peers.Members.Select(static member => member.Node)
            .Where(node => node.ToString() == name || node.ShortName == name)];
        return found.Length == 1 ? found[0] : default;
    }

    public async ValueTask<LinkStatus> SendAsync(
        NodeId node, ReadOnlyMemory<byte> header, IReadOnlyList<ReadOnlyMemory<byte>> body, TimeSpan within,
        CancellationToken cancellation)
    {
        if (!peers.TryGetLink(node, out LinkPeer? link))
        {
            return LinkStatus.Unavailable;
        }

        using LinkReply reply = await link.RequestAsync(
            new LinkRequest
            {
                Head = new LinkHead(TalkIntents.ProgramSend, within),
                Header = header,
                Body = body,
            },
            cancellation).ConfigureAwait(false);
        return reply.Status;
    }
}
