using System.Net;

namespace Noodle.Client;

/// <summary>Why a call of the client has no result.</summary>
public enum NoodleFault
{
    /// <summary>A tensor, a name or another argument is not what the model or the node takes (status 400).</summary>
    InvalidInput,

    /// <summary>There is no model of that name (status 404).</summary>
    UnknownModel,

    /// <summary>The time given was not enough, here or in the mesh (status 504).</summary>
    DeadlineExceeded,

    /// <summary>
    /// No node could be reached, or those that could be had no room or not yet the model (status 503).
    /// </summary>
    Unavailable,

    /// <summary>The node or the engine failed while it worked on the call (status 500).</summary>
    RunFailed,

    /// <summary>The node does not allow this, or not now: any other status from 400 to 499.</summary>
    Refused,

    /// <summary>What came back is not the protocol: the address is perhaps not that of a node.</summary>
    BadAnswer,
}

/// <summary>A call has no result; the message is one sentence that names the thing and the way out.</summary>
/// <param name="fault">What kind of failure.</param>
/// <param name="message">
/// The node's own sentence where it sent one. It may hold any character: clean it for a terminal.
/// </param>
/// <param name="status">Status of the answer; null when there was none.</param>
public sealed class NoodleException(
    NoodleFault fault, string message, HttpStatusCode? status = null, Exception? inner = null)
    : Exception(message, inner)
{
    public NoodleFault Fault { get; } = fault;

    /// <summary>Status of the answer; null when there was none.</summary>
    public HttpStatusCode? Status { get; } = status;
}
