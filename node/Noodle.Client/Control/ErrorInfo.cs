namespace Noodle.Client.Control;

/// <summary>The body of every answer with a status of 400 or above.</summary>
public sealed record ErrorInfo
{
    /// <summary>One sentence that names the thing and the way out; never empty.</summary>
    public required string Error { get; init; }
}
