using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Net;
using Microsoft.Extensions.Logging;
using Noodle.Primitives;
using NoodleNet.Link;
using NoodleNet.Runtime.Link.Transports;

namespace NoodleNet.Runtime.Link;

/// <summary>One secure connection and the machine that rules it.</summary>
/// <remarks>
/// Meaning: whoever has something to say takes the lock, tells the machine and, when nobody writes, becomes the
/// writer on its own thread. One loop reads. Application code never runs under the lock.
/// </remarks>
[SuppressMessage(
    "Design", "CA1001", Justification = "RunAsync disposes of the timers and the stream when the connection ends")]
internal sealed partial class LinkConnection
{
    private static readonly TimeSpan FarewellLimit = TimeSpan.FromSeconds(2);

    private readonly LinkContext _context;
    private readonly LinkTransport _transport;
    private readonly Stream _stream;
    private readonly LinkMachine _machine;
    private readonly Stack<LinkCall> _idle = new();
    private readonly Queue<(LinkConnection Old, long Pongs)> _replaced = new();
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly byte[] _receiveBuffer = ArrayPool<byte>.Shared.Rent(LinkFrame.MaxFrame);
    private readonly byte[] _sendBuffer = ArrayPool<byte>.Shared.Rent(LinkFrame.MaxFrame);
    private readonly ITimer _timer;
    private readonly ReaderTurn _turn;
    private LinkCall?[] _calls = new LinkCall?[16];
    private LinkCall? _opening;
    private LinkStatus _openRefusal;
    private Instant _armedFor = Instant.Never;
    private bool _isClosed;

    public LinkConnection(LinkContext context, LinkTransport transport, NodeId node, bool isDialer)
    {
        (_context, _transport, _stream, Node, IsDialer) = (context, transport, transport.Stream, node, isDialer);
        _machine = new LinkMachine(context.Options.Limits, isDialer, context.Identity.Node);
        _onWritten = OnWritten;
        _turn = new ReaderTurn(context.Clock, ReadOn);
        _timer = context.Clock.Provider.CreateTimer(
            static connection => ((LinkConnection)connection!).OnTimer(),
            this,
            Timeout.InfiniteTimeSpan,
            Timeout.InfiniteTimeSpan);
    }

    public Lock Gate { get; } = new();

    public OpenWork Work { get; } = new();

    public NodeId Node { get; }

    public EndPoint Remote => _transport.Remote;

    public LinkTransportKind Kind => _transport.Kind;

    public bool IsDialer { get; }

    public MethodNames Methods { get; } = new();

    public ILinkHandler Handler => _context.Handler;

    public ILogger Logger => _context.Logger;

    public IResourceAccount Account => _context.Account;

    public int MaxBodyBytes => _context.Options.MaxBodyBytes;

    public Instant Now => _context.Clock.Now;

    /// <summary>The node as applications see it; set before the first call can come.</summary>
    public LinkPeer? Peer { get; set; }

    public bool IsOpen => !_isClosed && _machine.IsOpen;

    public RoundTripEstimate RoundTrip
    {
        get
        {
            lock (Gate)
            {
                return _machine.RoundTrip;
            }
        }
    }

    public long PongCount => _machine.PongCount;

    /// <summary>Calls that this end made and that are not finished.</summary>
    public int Outstanding { get; private set; }

    /// <summary>Why the connection ended.</summary>
    public LinkFault Fault { get; private set; }

    private bool IsGoodbye => Fault is LinkFault.Drained or LinkFault.Replaced;

    /// <summary>Set when a better connection took over: the end is not a loss.</summary>
    public bool IsReplaced { get; set; }

    /// <summary>Completes with the handshake; look at <see cref="IsOpen"/> and <see cref="Fault"/> then.</summary>
    public Task Ready => _ready.Task;

    /// <summary>Completes when the connection is over and everything is given back.</summary>
    public Task Ended => _ended.Task;

    /// <summary>Called with both HELLOs, under the lock: sets <see cref="Peer"/>, or refuses one too many.</summary>
    public Func<LinkConnection, bool>? Admit { get; set; }

    /// <summary>Called once when no more calls go through, under the lock.</summary>
    public Action<LinkConnection>? Closed { get; set; }

    /// <summary>True when it brought the peer, false when it came beside another.</summary>
    public bool IsFirst { get; set; }

    public void SetEnded() => _ended.TrySetResult();

    /// <summary>Serves the connection until it has ended and everything is given back.</summary>
    public async Task RunAsync()
    {
        lock (Gate)
        {
            Handle(LinkInput.Start);
        }

        Pump();
        ThreadPool.UnsafeQueueUserWorkItem(static it => _ = it.ReadLoopAsync(), this, preferLocal: false);
        await _closed.Task.ConfigureAwait(false);
        Pump(); // tells an idle writer that it is over
        if (IsGoodbye)
        {
            await SayFarewellAsync().ConfigureAwait(false);
        }

        await _transport.DisposeAsync().ConfigureAwait(false);
        await _readerIdle.Task.ConfigureAwait(false);
        await _writerIdle.Task.ConfigureAwait(false);
        _turn.Dispose();
        await _timer.DisposeAsync().ConfigureAwait(false);
        await WaitForHandlersAsync().ConfigureAwait(false);
        ArrayPool<byte>.Shared.Return(_receiveBuffer);
        ArrayPool<byte>.Shared.Return(_sendBuffer);
    }

    /// <summary>Ends the connection.</summary>
    public void Fail(LinkFault fault)
    {
        lock (Gate)
        {
            Handle(LinkInput.Fail(fault));
        }

        Pump();
    }

    /// <summary>Lets what is in flight finish, then ends.</summary>
    public void Drain()
    {
        lock (Gate)
        {
            Handle(LinkInput.Drain);
        }

        Pump();
    }

    /// <summary>Drains the connection that this one replaces, once the peer has answered one more ping here.</summary>
    /// <remarks>
    /// Sooner, the peer could find itself with a draining connection and none beside it yet, or this one could be
    /// dead already and nobody have noticed.
    /// </remarks>
    /// <param name="pongs">How many pings were answered here when the two met.</param>
    public void DrainWhenProven(LinkConnection replaced, long pongs)
    {
        lock (Gate)
        {
            _replaced.Enqueue((replaced, pongs));
            DrainReplaced();
        }
    }

    /// <summary>Opens a stream; refused with a status, or null when the call stands. Under the lock.</summary>
    public LinkStatus? Open(LinkCall call, in LinkHead head, ReadOnlyMemory<byte> header, long bodyLength)
    {
        call.BeginLocal(head, header, bodyLength);
        _opening = call;
        int length = LinkOpen.GetLength(
            System.Text.Encoding.UTF8.GetByteCount(head.Method), head.TraceParent?.Length ?? 0, header.Length);
        Handle(LinkInput.Open(length, call.Head.Timeout, head.Priority));
        bool isRefused = _opening is not null;
        _opening = null;
        Outstanding += isRefused ? 0 : 1;
        return isRefused ? _openRefusal : null;
    }

    /// <summary>Tells the machine and does what it says, but for writing. Under the lock.</summary>
    public void Handle(in LinkInput input)
    {
        _machine.Handle(input, Now);
        PerformAll();
    }

    public void Consume(uint stream, long bytes)
    {
        if (bytes > 0)
        {
            Handle(LinkInput.Consumed(stream, bytes));
        }
    }

    public void Expect(LinkCall call) => Handle(LinkInput.Expect(call.Stream));

    /// <summary>Ends a stream from this end; it may be closed in the machine while its last bytes arrive.</summary>
    public void CancelStream(LinkCall call, LinkStatus status)
    {
        if (call.Slot >= 0)
        {
            Handle(LinkInput.Cancel(call.Stream, status));
        }

        call.OnEnded(status);
    }

    /// <summary>Stops sending the rest of a question that is answered.</summary>
    public void StopSending(LinkCall call) => Handle(LinkInput.Cancel(call.Stream, LinkStatus.Ok));

    public LinkCall Rent() => _idle.TryPop(out LinkCall? call) ? call : new LinkCall(this);

    public void Return(LinkCall call)
    {
        if (!call.IsStream && _idle.Count < _context.Options.Limits.MaxStreams)
        {
            _idle.Push(call);
        }
    }

    /// <summary>
    /// Handlers have seen their token fire, callers their answer; one that does not care is left behind after a while.
    /// </summary>
    private async Task WaitForHandlersAsync()
    {
        try
        {
            await Work.Idle.WaitAsync(FarewellLimit, _context.Clock.Provider).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            Log.LinkHandlerLeftBehind(Logger, Node.ShortName, Work.Count);
        }
    }

    private void PerformAll()
    {
        if (_isBuilding)
        {
            return; // the writer takes effects in a loop of its own, these among them
        }

        while (_machine.TryTakeEffect(out LinkEffect effect))
        {
            Perform(effect);
        }

        Arm();
    }

    private void Perform(in LinkEffect effect)
    {
        switch (effect.Kind)
        {
            case LinkEffectKind.Ready:
                if (Admit?.Invoke(this) == false)
                {
                    Handle(LinkInput.Fail(LinkFault.TooManyConnections));
                }

                _ready.TrySetResult();
                break;
            case LinkEffectKind.Opened:
                Place(_opening!, effect);
                _opening = null;
                break;
            case LinkEffectKind.OpenRefused:
                _openRefusal = effect.Status;
                break;
            case LinkEffectKind.Ended:
                Displace(effect.Slot)?.OnEnded(effect.Status);
                break;
            case LinkEffectKind.Finished:
                Displace(effect.Slot)?.OnFinished();
                break;
            case LinkEffectKind.Draining:
                break; // IsOpen says so
            case LinkEffectKind.Closed:
                Close(effect.Fault);
                break;
            default:
                PerformReceived(effect);
                break;
        }
    }

    private void Place(LinkCall call, in LinkEffect effect)
    {
        if (effect.Slot >= _calls.Length)
        {
            Array.Resize(ref _calls, int.Max(_calls.Length * 2, effect.Slot + 1));
        }

        _calls[effect.Slot] = call;
        call.Opened(effect.Stream, effect.Slot, isLocal: effect.Kind == LinkEffectKind.Opened);
    }

    private LinkCall? Displace(int slot)
    {
        LinkCall? call = _calls[slot];
        _calls[slot] = null;
        if (call is not null)
        {
            call.Slot = -1;
            Outstanding -= call.IsLocal ? 1 : 0;
        }

        return call;
    }

    private void DrainReplaced()
    {
        while (_replaced.TryPeek(out (LinkConnection Old, long Pongs) first)
            && (_isClosed || _machine.PongCount > first.Pongs))
        {
            LinkConnection old = _replaced.Dequeue().Old;
            if (!ReferenceEquals(old.Peer?.Connection, old))
            {
                ThreadPool.UnsafeQueueUserWorkItem(static old => old.Drain(), old, preferLocal: false);
            }
        }
    }

    private void Close(LinkFault fault)
    {
        (_isClosed, Fault) = (true, IsReplaced && fault == LinkFault.Drained ? LinkFault.Replaced : fault);
        for (int slot = 0; slot < _calls.Length; slot++)
        {
            Displace(slot)?.OnEnded(LinkStatus.ConnectionLost);
        }

        if (!IsGoodbye)
        {
            _frameCall?.OnEnded(LinkStatus.ConnectionLost); // else its last bytes are still read
        }

        Work.Close();
        Closed?.Invoke(this);
        DrainReplaced();
        _ready.TrySetResult();
        _closed.TrySetResult();
    }

    private void Arm()
    {
        if (_machine.NextDeadline is not { } due || due >= _armedFor)
        {
            return;
        }

        _armedFor = due;
        TimeSpan wait = due - Now;
        wait = wait > TimeSpan.Zero ? wait + TimeSpan.FromMilliseconds(1) : TimeSpan.Zero;
        _timer.Change(wait, Timeout.InfiniteTimeSpan);
    }

    private void OnTimer()
    {
        lock (Gate)
        {
            _armedFor = Instant.Never;
            _machine.HandleDeadline(Now);
            PerformAll();
            CheckWriter();
        }

        Pump();
    }
}
