using Ahr.Runtime;
using Microsoft.AspNetCore.Http;

namespace Noodle.Serving.Protocol;

/// <summary>Why a request is not served.</summary>
internal enum RequestFault
{
    /// <summary>The request is malformed, or does not fit the model.</summary>
    Invalid,

    /// <summary>It comes from where requests are not taken from.</summary>
    Forbidden,

    /// <summary>No such path or model.</summary>
    NotFound,

    /// <summary>The path is there, the method is not.</summary>
    MethodNotAllowed,

    /// <summary>The body did not arrive in time.</summary>
    TooSlow,

    /// <summary>Larger than this server takes.</summary>
    TooLarge,

    /// <summary>The engine, or this server, failed.</summary>
    Failed,

    /// <summary>No node that has the model is what the request requires.</summary>
    Unsatisfiable,

    /// <summary>A content coding that this server does not have.</summary>
    Unsupported,

    /// <summary>No node can take it now; later one may.</summary>
    Unavailable,

    /// <summary>The time given was not enough.</summary>
    DeadlineExceeded,
}

/// <summary>What is wrong with a request, in one sentence that names the thing.</summary>
internal sealed record Refusal(RequestFault Fault, string Sentence)
{
    /// <summary>The HTTP status that tells it.</summary>
    public int Status => Fault switch
    {
        RequestFault.Forbidden => StatusCodes.Status403Forbidden,
        RequestFault.NotFound => StatusCodes.Status404NotFound,
        RequestFault.MethodNotAllowed => StatusCodes.Status405MethodNotAllowed,
        RequestFault.TooSlow => StatusCodes.Status408RequestTimeout,
        RequestFault.Unsatisfiable => StatusCodes.Status412PreconditionFailed,
        RequestFault.TooLarge => StatusCodes.Status413PayloadTooLarge,
        RequestFault.Failed => StatusCodes.Status500InternalServerError,
        RequestFault.Unsupported => StatusCodes.Status501NotImplemented,
        RequestFault.Unavailable => StatusCodes.Status503ServiceUnavailable,
        RequestFault.DeadlineExceeded => StatusCodes.Status504GatewayTimeout,
        _ => StatusCodes.Status400BadRequest,
    };

    public static Refusal Invalid(string sentence) => new(RequestFault.Invalid, sentence);

    /// <summary>The sentence that stock clients look for.</summary>
    public static Refusal UnknownModel(string model, string? version = null) => new(RequestFault.NotFound,
        version is null
            ? $"Request for unknown model: '{PlainText.Clean(model)}' is not found"
            : $"Request for unknown model: '{PlainText.Clean(model)}' version {PlainText.Clean(version)} is not found");

    /// <summary>A call that has no result, told to its caller.</summary>
    public static Refusal From(string model, InferenceFault fault, string message) => fault switch
    {
        InferenceFault.UnknownModel => UnknownModel(model),
        InferenceFault.InvalidInput => Invalid(OrElse(message, "the inputs do not fit the model")),
        InferenceFault.Unsatisfiable => new(
            RequestFault.Unsatisfiable, OrElse(message, "no node that has the model is what the request requires")),
        InferenceFault.DeadlineExceeded => new(
            RequestFault.DeadlineExceeded, OrElse(message, "the time given was not enough")),
        InferenceFault.NotReady => new(RequestFault.Unavailable, OrElse(message, $"model '{model}' is not ready")),
        InferenceFault.Overloaded => new(
            RequestFault.Unavailable, OrElse(message, "every node that could run this is full; try again")),
        InferenceFault.NodeLost => new(
            RequestFault.Unavailable, OrElse(message, "the node that ran this was lost; try again")),
        _ => new(RequestFault.Failed, OrElse(message, $"model '{model}' failed to run")),
    };

    private static string OrElse(string message, string other) => message.Length == 0 ? other : message;
}
