using NoodleNet.Link;

namespace NoodleNet.Runtime.Link;

/// <summary>The answer to a request, in pooled memory. Dispose gives it back; using it afterwards throws.</summary>
/// <remarks>
/// Cost: no allocation; a copy of the value is the same answer, and disposing of it twice does nothing.
/// </remarks>
public readonly struct LinkReply : IDisposable
{
    private readonly LinkCall? _call;
    private readonly int _version;
    private readonly LinkStatus _status;

    internal LinkReply(LinkCall call, int version) => (_call, _version, _status) = (call, version, call.AnswerStatus);

    internal LinkReply(LinkStatus status) => _status = status;

    /// <summary>
    /// How the call went. Everything that another node or the network did is told here, never thrown.
    /// </summary>
    public LinkStatus Status => _status;

    /// <summary>What the other node says about it, for people; often empty.</summary>
    public string Message => _call is null ? "" : Call.AnswerMessage;

    public ReadOnlyMemory<byte> Header => _call is null ? default : Call.PeerHeader;

    /// <summary>The whole body; empty when it did not arrive whole.</summary>
    public ReadOnlyMemory<byte> Body => _call is null || !Call.IsReceived ? default : Call.Received;

    private LinkCall Call => _call!.Version == _version ? _call : throw new ObjectDisposedException(nameof(LinkReply));

    public void Dispose()
    {
        if (_call is null)
        {
            return;
        }

        lock (_call.Connection.Gate)
        {
            if (_call.Version == _version)
            {
                _call.Done();
            }
        }
    }
}

/// <summary>A body in pooled memory; it lives until Dispose or until the handler returns.</summary>
public readonly struct LinkBody : IDisposable
{
    private readonly LinkCall _call;
    private readonly int _version;

    internal LinkBody(LinkCall call, int version, LinkStatus status) =>
        (_call, _version, Status) = (call, version, status);

    /// <summary>
    /// Ok, or why there is no body: TooLarge, Exhausted, Cancelled, DeadlineExceeded, ConnectionLost, Broken.
    /// </summary>
    public LinkStatus Status { get; }

    public ReadOnlyMemory<byte> Memory => Status != LinkStatus.Ok ? default
        : _call.Version == _version ? _call.Received
        : throw new ObjectDisposedException(nameof(LinkBody));

    public void Dispose()
    {
        lock (_call.Connection.Gate)
        {
            if (_call.Version == _version && Status == LinkStatus.Ok)
            {
                _call.ReleaseReceived();
            }
        }
    }
}
