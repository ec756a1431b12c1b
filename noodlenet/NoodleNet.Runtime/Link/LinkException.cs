using NoodleNet.Link;

namespace NoodleNet.Runtime.Link;

/// <summary>A connection could not be made, or an address not be listened on.</summary>
public sealed class LinkException : IOException
{
    public LinkException(LinkFault fault, string message, Exception? inner = null)
        : base(message, inner) => Fault = fault;

    /// <summary>What stood in the way.</summary>
    public LinkFault Fault { get; }
}
