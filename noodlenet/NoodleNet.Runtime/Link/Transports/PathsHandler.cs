using NoodleNet.Link.Transports;

namespace NoodleNet.Runtime.Link.Transports;

/// <summary>Keeps the link's own call from the application; all others are the application's.</summary>
internal sealed class PathsHandler(ILinkHandler inner) : ILinkHandler
{
    /// <summary>Set before the first connection.</summary>
    public LinkPaths? Paths { get; set; }

    public ValueTask HandleAsync(LinkIncoming incoming, CancellationToken cancellation) =>
        incoming.Method == PathHello.Method
            ? Paths!.AnswerAsync(incoming, cancellation)
            : inner.HandleAsync(incoming, cancellation);
}
