using System.Text;
using NoodleNet.Link;

namespace NoodleNet.Runtime.Link;

internal sealed partial class LinkCall
{
    private ReceiveBuffer _received;
    private Waiter<LinkReply>? _outcome;
    private Waiter<LinkAnswer>? _answer;
    private Waiter<LinkBody>? _body;
    private Waiter<LinkRead>? _read;
    private Memory<byte> _readInto;
    private CancellationToken _givenUpBy;
    private bool _isAnswered;
    private bool _isReceived;
    private bool _isGathering;
    private long _mostGathered;
    private long _unconsumed;

    public LinkStatus AnswerStatus { get; private set; }

    public string AnswerMessage { get; private set; } = "";

    public ReadOnlyMemory<byte> Received => _received.Memory;

    public bool IsReceived => _isReceived;

    /// <summary>The memory that the next bytes can be read into directly, when there is any.</summary>
    public Memory<byte> DirectTarget => _isGathering && _ended is null && PeerLength >= 0 ? _received.Tail : default;

    public CancellationToken CancellationToken => _cancellation.Token;

    /// <summary>The wait for the answer of a request; the whole body is gathered.</summary>
    public ValueTask<LinkReply> WaitForReply(CancellationToken cancellation)
    {
        _isGathering = true;
        _mostGathered = Connection.MaxBodyBytes;
        ValueTask<LinkReply> waiting = (_outcome ??= new Waiter<LinkReply>(this)).Begin();
        _outcome.GiveUpWith(cancellation);
        return waiting;
    }

    /// <summary>A token ended a wait: requests and writes end their stream, reads only stop waiting.</summary>
    public void GiveUp<T>(Waiter<T> waiter, CancellationToken cancellation)
    {
        if (ReferenceEquals(waiter, _outcome) || ReferenceEquals(waiter, _sent))
        {
            _givenUpBy = cancellation;
            Connection.CancelStream(this, LinkStatus.Cancelled);
        }
        else if (waiter.Fail(new OperationCanceledException(cancellation)))
        {
            Signal();
        }
    }

    /// <summary>The caller knows that its request was given up; sooner, this call may not be used again.</summary>
    public void OnGiveUpSeen<T>(Waiter<T> waiter)
    {
        if (ReferenceEquals(waiter, _outcome))
        {
            lock (Connection.Gate)
            {
                Done();
            }
        }
    }

    /// <summary>HEAD arrived.</summary>
    public void OnAnswered(in LinkHeadFrame head, bool isEnd)
    {
        (_isAnswered, AnswerStatus, PeerLength) = (true, head.Status, head.BodyLength);
        AnswerMessage = head.Message.IsEmpty ? "" : Encoding.UTF8.GetString(head.Message);
        if (!head.Header.IsEmpty && !TryKeepHeader(head.Header))
        {
            Connection.CancelStream(this, LinkStatus.Exhausted);
        }
        else if (!isEnd && _isGathering && PeerLength > 0)
        {
            Gather();
        }

        if (isEnd && _ended is null)
        {
            OnReceivedAll();
        }

        ResolveReceivers();
    }

    /// <summary>Bytes of the body arrived in the buffer of the connection, more of their frame are to come.</summary>
    public void OnReceived(ReadOnlySpan<byte> bytes, int more)
    {
        if (_ended is not null)
        {
            Connection.Consume(0, bytes.Length);
            return;
        }

        if (_read is { IsWaiting: true } && _received.Count == 0)
        {
            int taken = int.Min(bytes.Length, _readInto.Length);
            bytes[..taken].CopyTo(_readInto.Span);
            bytes = bytes[taken..];
            Connection.Consume(Stream, taken);
            _read.Resolve(new LinkRead(taken, LinkStatus.Ok));
            Signal();
        }

        if (bytes.IsEmpty)
        {
            return;
        }

        LinkStatus refusal = FindRoom(bytes.Length, more);
        if (refusal != LinkStatus.Ok)
        {
            Connection.Consume(0, bytes.Length);
            Connection.CancelStream(this, refusal);
            return;
        }

        _received.Append(bytes);
        Count(bytes.Length);
    }

    /// <summary>Bytes of the body arrived in <see cref="DirectTarget"/>.</summary>
    public void OnReceivedDirectly(int count)
    {
        _received.Advance(count);
        Count(count);
    }

    /// <summary>The last byte of the body is here.</summary>
    public void OnReceivedAll()
    {
        _isReceived = true;
        if (IsLocal && !IsStream && _ended is null && Slot >= 0)
        {
            Connection.StopSending(this); // the answer stands; the rest of the question is not needed
        }

        ResolveReceivers();
    }

    public ValueTask<LinkBody> ReadBody(long maxBytes, CancellationToken cancellation)
    {
        _mostGathered = long.Clamp(maxBytes, 0, Connection.MaxBodyBytes);
        if (!_isGathering && _ended is null)
        {
            if (PeerLength > _mostGathered || _received.Count > _mostGathered)
            {
                return new ValueTask<LinkBody>(new LinkBody(this, Version, LinkStatus.TooLarge));
            }

            if (PeerLength > 0 && !_isReceived && !TryGather())
            {
                return new ValueTask<LinkBody>(new LinkBody(this, Version, LinkStatus.Exhausted));
            }

            _isGathering = true;
            ConsumeAll();
        }

        if (_isReceived || _ended is not null)
        {
            return new ValueTask<LinkBody>(new LinkBody(this, Version, _isReceived ? LinkStatus.Ok : _ended!.Value));
        }

        _body ??= new Waiter<LinkBody>(this);
        ValueTask<LinkBody> waiting = _body.Begin();
        _body.GiveUpWith(cancellation);
        return waiting;
    }

    public ValueTask<LinkRead> Read(Memory<byte> destination, CancellationToken cancellation)
    {
        if (_read is { IsWaiting: true })
        {
            throw new InvalidOperationException("A read of this stream is under way: wait for it first.");
        }

        if (_received.Count > 0 && _ended is null or LinkStatus.Ok)
        {
            int count = _received.Read(destination.Span);
            _unconsumed -= count;
            Connection.Consume(Stream, count);
            return new ValueTask<LinkRead>(new LinkRead(count, LinkStatus.Ok));
        }

        if (_isReceived || _ended is not null || destination.IsEmpty)
        {
            return new ValueTask<LinkRead>(new LinkRead(0, _isReceived ? LinkStatus.Ok : _ended ?? LinkStatus.Ok));
        }

        _readInto = destination;
        _read ??= new Waiter<LinkRead>(this);
        ValueTask<LinkRead> waiting = _read.Begin();
        _read.GiveUpWith(cancellation);
        return waiting;
    }

    public ValueTask<LinkAnswer> ReadAnswer(CancellationToken cancellation)
    {
        if (_isAnswered || _ended is not null)
        {
            return new ValueTask<LinkAnswer>(Answer());
        }

        _answer ??= new Waiter<LinkAnswer>(this);
        ValueTask<LinkAnswer> waiting = _answer.Begin();
        _answer.GiveUpWith(cancellation);
        return waiting;
    }

    /// <summary>Gives the memory of the body back early.</summary>
    public void ReleaseReceived()
    {
        if (_unconsumed > 0)
        {
            Connection.Consume(Stream, _unconsumed);
            _unconsumed = 0;
        }

        if (!IsReceiving)
        {
            _received.Release(Connection.Account);
        }
    }

    private void ResolveReceivers()
    {
        bool isOver = _isReceived || _ended is not null;
        bool isResolved =
            (_isAnswered || _ended is not null) && _answer is { IsWaiting: true } && _answer.Resolve(Answer());
        if (isOver)
        {
            LinkStatus status = _isReceived ? LinkStatus.Ok : _ended!.Value;
            isResolved |= _body is { IsWaiting: true } && _body.Resolve(new LinkBody(this, Version, status));
            isResolved |= _read is { IsWaiting: true } && _read.Resolve(new LinkRead(0, status));
            isResolved |= !IsWriting && _outcome is { IsWaiting: true } && ResolveOutcome();
        }

        if (isResolved)
        {
            Signal();
        }
    }

    private bool ResolveOutcome()
    {
        bool isWhole = _isReceived && _isAnswered;
        if (!isWhole && _givenUpBy.IsCancellationRequested)
        {
            ReleaseReceived();
            _header.Release(Connection.Account);
            return _outcome!.Fail(new OperationCanceledException(_givenUpBy));
        }

        if (!isWhole)
        {
            AnswerStatus = _ended is null or LinkStatus.Ok ? LinkStatus.Cancelled : _ended.Value;
        }

        return _outcome!.Resolve(new LinkReply(this, Version));
    }

    private LinkAnswer Answer() => _isAnswered
        ? new LinkAnswer(AnswerStatus, AnswerMessage, PeerHeader)
        : new LinkAnswer(_ended!.Value, "", default);

    private void Gather()
    {
        if (PeerLength > _mostGathered)
        {
            Connection.CancelStream(this, LinkStatus.TooLarge);
        }
        else if (!TryGather())
        {
            Connection.CancelStream(this, LinkStatus.Exhausted);
        }
    }

    /// <summary>Takes the memory for a body of known length and lets all of it come.</summary>
    private bool TryGather()
    {
        if (!_received.TryGrow(Connection.Account, (int)(PeerLength - _received.Count)))
        {
            return false;
        }

        Connection.Expect(this);
        return true;
    }

    private LinkStatus FindRoom(int length, int more)
    {
        if (_isGathering && _received.Count + (long)length > _mostGathered)
        {
            return LinkStatus.TooLarge;
        }

        // A whole frame gets its place at once: it has spent credit, what is only announced has not.
        return _received.TryGrow(Connection.Account, _received.Room >= length ? length : length + more)
            ? LinkStatus.Ok
            : LinkStatus.Exhausted;
    }

    private void Count(int bytes)
    {
        if (_isGathering)
        {
            Connection.Consume(Stream, bytes);
        }
        else
        {
            _unconsumed += bytes;
        }
    }

    private void ConsumeAll()
    {
        Connection.Consume(Stream, _unconsumed);
        _unconsumed = 0;
    }

    private void ResetReceiving()
    {
        (_isAnswered, _isReceived, _isGathering) = (false, false, false);
        (_mostGathered, _unconsumed, PeerLength) = (0, 0, -1);
        (_givenUpBy, _readInto, AnswerMessage) = (default, default, "");
        AnswerStatus = LinkStatus.Failed;
    }
}
