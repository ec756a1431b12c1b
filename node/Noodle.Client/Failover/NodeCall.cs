namespace Noodle.Client.Failover;

/// <summary>One call as it can be put to any node.</summary>
/// <param name="MakeRequest">Makes the request for a node; gets the time left.</param>
/// <param name="ReadAsync">Reads an answer with status 200 to 299; gets the retries there were.</param>
/// <param name="IsRepeatable">True when a node may be asked again though an earlier one may have done the work.</param>
/// <param name="Timeout">Time for all attempts.</param>
internal sealed record NodeCall<T>(
    Func<Uri, TimeSpan, HttpRequestMessage> MakeRequest,
    Func<HttpResponseMessage, int, CancellationToken, Task<T>> ReadAsync,
    bool IsRepeatable,
    TimeSpan Timeout);

/// <summary>How an attempt failed in a way that another node may heal.</summary>
/// <param name="Sentence">What happened, with the node's address.</param>
/// <param name="NothingSent">True when no byte of the request can have reached the node.</param>
/// <param name="Error">What the transport threw, or the node's 503.</param>
internal sealed record AttemptFailure(string Sentence, bool NothingSent, Exception Error);
