using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Text;
using Noodle.Primitives;
using NoodleNet.Link;

namespace NoodleNet.Runtime.Link;

/// <summary>One stream of a connection, of either end: what the application waits for and what arrived.</summary>
/// <remarks>
/// Everything runs under the lock of the connection except <see cref="Execute"/>, which runs application code.
/// Bound: used again for other streams when both the application and the connection have let go of it; the version
/// tells a handle of an earlier use from one of today.
/// </remarks>
[SuppressMessage(
    "Design", "CA1001", Justification = "The token source has no timer and no handle: nothing is left to free")]
internal sealed partial class LinkCall : IThreadPoolWorkItem
{
    private readonly Action _onHandled;
    private CancellationTokenSource _cancellation = new();
    private ConfiguredValueTaskAwaitable.ConfiguredValueTaskAwaiter _handling;
    private ReceiveBuffer _header;
    private LinkStatus? _ended;
    private bool _isStartDue;
    private bool _isCancelDue;
    private bool _isQueued;
    private int _signals;
    private int _executing;
    private bool _isDone;

    public LinkCall(LinkConnection connection)
    {
        Connection = connection;
        _onHandled = OnHandled;
    }

    public LinkConnection Connection { get; }

    public int Version { get; private set; }

    public uint Stream { get; private set; }

    /// <summary>The slot in the machine, -1 when the stream is closed there.</summary>
    public int Slot { get; set; } = -1;

    public bool IsLocal { get; private set; }

    /// <summary>True for streams, whose object the application keeps: they are not used again.</summary>
    public bool IsStream { get; set; }

    public LinkHead Head { get; private set; }

    /// <summary>Length that the peer announced for its body, -1 unknown.</summary>
    public long PeerLength { get; private set; }

    public ReadOnlyMemory<byte> PeerHeader => _header.Memory;

    /// <summary>How the stream broke; null while it has not.</summary>
    public LinkStatus? EndedBy => _ended;

    /// <summary>Set while the connection writes from, or reads into, memory of this call.</summary>
    public bool IsWriting { get; set; }

    public bool IsReceiving { get; set; }

    /// <summary>When the deadline of an incoming call passes, in host time.</summary>
    public Instant? Deadline { get; private set; }

    public void Opened(uint stream, int slot, bool isLocal) => (Stream, Slot, IsLocal) = (stream, slot, isLocal);

    /// <summary>Makes this the call that a peer just opened; false when there is no memory for its header.</summary>
    public bool TryBeginIncoming(in LinkOpen open, Instant now)
    {
        PeerLength = open.BodyLength;
        Deadline = open.Timeout is { } timeout ? now + timeout : null;
        Head = new LinkHead(
            Connection.Methods.Get(open.Method),
            open.Timeout,
            open.Key,
            open.Hops,
            open.Priority,
            open.Trace.IsEmpty ? null : Encoding.ASCII.GetString(open.Trace));
        if (!open.Header.IsEmpty && !TryKeepHeader(open.Header))
        {
            return false;
        }

        _isStartDue = true;
        Signal();
        return true;
    }

    /// <summary>The stream broke, at this end or the other.</summary>
    public void OnEnded(LinkStatus status)
    {
        if (_ended is not null)
        {
            return;
        }

        _ended = status;
        if (!IsLocal)
        {
            _isCancelDue = true;
            Signal();
        }

        ResolveReceivers();
        ResolveSender();
    }

    /// <summary>Both directions are complete; what the peer did not want of ours counts as sent.</summary>
    public void OnFinished()
    {
        ResolveSender();
        TryRecycle();
    }

    /// <summary>The application will not use this call again.</summary>
    public void Done()
    {
        _isDone = true;
        TryRecycle();
    }

    /// <summary>Has application code run soon, on a thread without the lock.</summary>
    public void Signal()
    {
        _signals++;
        if (!_isQueued)
        {
            _isQueued = true;
            Connection.Work.CountRunning(1);
            Connection.Schedule(this);
        }
    }

    /// <summary>Delivers what is resolved; starts the handler of an incoming call.</summary>
    public void Execute()
    {
        bool isStart;
        bool isCancel;
        lock (Connection.Gate)
        {
            _isQueued = false;
            (isStart, isCancel) = (_isStartDue, _isCancelDue);
            (_isStartDue, _isCancelDue, _signals) = (false, false, 0);
            _executing++;
        }

        if (isCancel)
        {
            Cancel();
        }

        if (isStart)
        {
            Start();
        }

        _outcome?.Deliver();
        _answer?.Deliver();
        _body?.Deliver();
        _read?.Deliver();
        _sent?.Deliver();
        lock (Connection.Gate)
        {
            _executing--;
            TryRecycle();
            Connection.Work.CountRunning(-1);
        }
    }

    public void TryRecycle()
    {
        if (!_isDone || Slot >= 0 || IsWriting || IsReceiving || _signals > 0 || _executing > 0)
        {
            return;
        }

        _isDone = false;
        Version++;
        ReleaseReceived();
        _header.Release(Connection.Account);
        Connection.Work.CountIncoming(IsLocal ? 0 : -1);
        if (IsStream)
        {
            _ended ??= LinkStatus.Cancelled; // whoever still holds the stream finds it over
            return;
        }

        (_ended, _isStartDue, _isCancelDue, Deadline) = (null, false, false, null);
        Head = default;
        ResetSending();
        ResetReceiving();
        bool isClean = _cancellation.TryReset();
        if (!isClean)
        {
            _cancellation.Dispose();
            _cancellation = new CancellationTokenSource();
        }

        Connection.Return(this);
    }

    private bool TryKeepHeader(ReadOnlySpan<byte> header)
    {
        if (!_header.TryGrow(Connection.Account, header.Length))
        {
            return false;
        }

        _header.Append(header);
        return true;
    }

    private void Cancel()
    {
        try
        {
            _cancellation.Cancel();
        }
        catch (AggregateException error) // what the handler registered with its token broke
        {
            Log.LinkHandlerFailed(Connection.Logger, Head.Method, error);
        }
    }

    private void Start()
    {
        try
        {
            ValueTask handling = Connection.Handler.HandleAsync(new LinkIncoming(this, Version), _cancellation.Token);
            _handling = handling.ConfigureAwait(false).GetAwaiter();
            if (!handling.IsCompleted)
            {
                _handling.UnsafeOnCompleted(_onHandled);
                return;
            }
        }
        catch (Exception error) // whatever application code throws ends its call, never the connection
        {
            Handled(error);
            return;
        }

        OnHandled();
    }

    private void OnHandled()
    {
        Exception? failure = null;
        try
        {
            _handling.GetResult();
        }
        catch (Exception error) // as above
        {
            failure = error;
        }

        _handling = default;
        Handled(failure);
    }

    private void Handled(Exception? error)
    {
        if (error is not null and not OperationCanceledException)
        {
            Log.LinkHandlerFailed(Connection.Logger, Head.Method, error);
        }

        lock (Connection.Gate)
        {
            EndIncoming(error is not null);
            Done();
        }

        Connection.Pump();
    }
}
