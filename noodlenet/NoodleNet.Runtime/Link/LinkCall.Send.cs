using System.Text;
using NoodleNet.Link;

namespace NoodleNet.Runtime.Link;

internal sealed partial class LinkCall
{
    private BodyParts _parts;
    private Waiter<LinkStatus>? _sent;
    private ReadOnlyMemory<byte> _ownHeader;
    private string _ownMessage = "";
    private LinkStatus _ownStatus;
    private long _ownLength;
    private long _unsent;
    private bool _isReplied;
    private bool _isEndQueued;
    private bool _isEndWritten;
    private bool _stopsWhenSent;

    /// <summary>Makes this a call that we open.</summary>
    public void BeginLocal(in LinkHead head, ReadOnlyMemory<byte> header, long bodyLength)
    {
        (IsLocal, Head, _ownHeader, _ownLength, PeerLength) = (true, head, header, bodyLength, -1);
        if (head.Timeout < TimeSpan.Zero)
        {
            Head = head with { Timeout = TimeSpan.Zero }; // the peer would take a negative one for a breach
        }

        _givenUpBy = default;
    }

    public void QueueBody(in BodyParts parts)
    {
        _parts = parts;
        Queue(_ownLength, isEnd: true);
    }

    /// <summary>Answers an incoming call; false when it is answered or over.</summary>
    public bool TryReply(LinkStatus status, string message, ReadOnlyMemory<byte> header, BodyParts? body)
    {
        if (_isReplied || _ended is not null || Slot < 0)
        {
            return false;
        }

        _isReplied = true;
        (_ownStatus, _ownMessage, _ownHeader) = (status, message, header);
        _ownLength = body is { } known ? known.GetLength() : -1;
        Connection.Handle(LinkInput.Answer(Stream, LinkHeadFrame.GetLength(GetMessageLength(), header.Length)));
        if (body is { } parts)
        {
            QueueBody(parts);
        }

        return true;
    }

    /// <summary>Queues the next bytes of a stream, or its end.</summary>
    public void QueueNext(ReadOnlyMemory<byte> bytes, bool isEnd)
    {
        _parts = new BodyParts(bytes);
        Queue(bytes.Length, isEnd);
    }

    public bool IsEndQueued => _isEndQueued;

    /// <summary>True while queued bytes are not written.</summary>
    public bool IsSending => IsWriting || (_unsent > 0 && _ended is null && Slot >= 0);

    private bool IsSent => (_unsent == 0 && (!_isEndQueued || _isEndWritten)) || (Slot < 0 && _ended is null);

    public void CheckNotReplied()
    {
        if (_isReplied)
        {
            throw new InvalidOperationException("This call is answered already.");
        }
    }

    /// <summary>How the last queued bytes went; waits while they are not written.</summary>
    public ValueTask<LinkStatus> WaitUntilSent(CancellationToken cancellation)
    {
        if (!IsWriting && (_ended is not null || IsSent))
        {
            return new ValueTask<LinkStatus>(_ended ?? LinkStatus.Ok);
        }

        ValueTask<LinkStatus> waiting = (_sent ??= new Waiter<LinkStatus>(this)).Begin();
        _sent.GiveUpWith(cancellation);
        return waiting;
    }

    /// <summary>The same for those who do not ask how it went.</summary>
    public ValueTask WaitUntilFree(CancellationToken cancellation)
    {
        if (!IsWriting && (_ended is not null || IsSent))
        {
            return ValueTask.CompletedTask;
        }

        ValueTask waiting = (_sent ??= new Waiter<LinkStatus>(this)).BeginWithoutResult();
        _sent.GiveUpWith(cancellation);
        return waiting;
    }

    /// <summary>Writes the payload of OPEN or HEAD and returns its length.</summary>
    public int WriteHead(Span<byte> destination)
    {
        if (!IsLocal)
        {
            Span<byte> message = stackalloc byte[LinkHeadFrame.MaxMessage];
            Encoding.UTF8.TryGetBytes(CutMessage(), message, out int length);
            return new LinkHeadFrame
            {
                Status = _ownStatus, BodyLength = _ownLength, Message = message[..length], Header = _ownHeader.Span,
            }.Write(destination);
        }

        Span<byte> method = stackalloc byte[LinkOpen.MaxMethod];
        Span<byte> trace = stackalloc byte[LinkOpen.MaxTrace];
        return new LinkOpen
        {
            Method = method[..Encoding.UTF8.GetBytes(Head.Method, method)],
            Trace = trace[..Encoding.ASCII.GetBytes(Head.TraceParent ?? "", trace)],
            Header = _ownHeader.Span,
            Timeout = Head.Timeout,
            BodyLength = _ownLength,
            Key = Head.IdempotencyKey,
            Hops = (byte)Head.Hops,
            Priority = Head.Priority,
        }.Write(destination);
    }

    /// <summary>Puts the next bytes of the body into a frame: copied, or the last part of them left in place.</summary>
    /// <remarks>
    /// Whole TLS records stay in the caller's memory; what comes before is copied behind the frame header.
    /// </remarks>
    public int WriteBody(Span<byte> destination, int length, out ReadOnlyMemory<byte> direct)
    {
        const int Record = 16 * 1024;
        int copied = length % Record;
        direct = default;
        if (length >= 2 * Record && _parts.Contiguous() >= length)
        {
            _parts.CopyTo(destination[..copied]);
            direct = _parts.Take(length - copied);
            IsWriting = true;
        }
        else
        {
            copied = length;
            _parts.CopyTo(destination[..length]);
        }

        _unsent -= length;
        return copied;
    }

    /// <summary>A frame of this stream is in the buffer of the connection, or written.</summary>
    public void OnWritten(bool isEnd)
    {
        _isEndWritten |= isEnd;
        if (isEnd && _stopsWhenSent && Slot >= 0)
        {
            Connection.Handle(LinkInput.Cancel(Stream, LinkStatus.Ok));
        }

        ResolveSender();
    }

    /// <summary>The memory that the connection wrote from is free again.</summary>
    public void OnDirectWritten()
    {
        IsWriting = false;
        ResolveSender();
        ResolveReceivers();
        TryRecycle();
    }

    private void Queue(long length, bool isEnd)
    {
        _unsent = length;
        _isEndQueued |= isEnd;
        Connection.Handle(LinkInput.Send(Stream, length, isEnd));
    }

    /// <summary>The handler of an incoming call has returned.</summary>
    private void EndIncoming(bool isFailed)
    {
        if (Slot < 0 || _ended is not null)
        {
            return;
        }

        if (!_isReplied)
        {
            TryReply(LinkStatus.Failed, "", default, default(BodyParts));
        }
        else if (!_isEndQueued)
        {
            Connection.CancelStream(this, isFailed ? LinkStatus.Failed : LinkStatus.Cancelled);
        }

        if (_isEndWritten && Slot >= 0)
        {
            Connection.Handle(LinkInput.Cancel(Stream, LinkStatus.Ok)); // no more of the question is wanted
        }

        _stopsWhenSent = true;
    }

    private void ResolveSender()
    {
        if (IsWriting || _sent is not { IsWaiting: true })
        {
            return;
        }

        bool isResolved = IsSent ? _sent.Resolve(LinkStatus.Ok)
            : _ended is not null && (_givenUpBy.IsCancellationRequested
                ? _sent.Fail(new OperationCanceledException(_givenUpBy))
                : _sent.Resolve(_ended.Value));
        if (isResolved)
        {
            Signal();
        }
    }

    /// <summary>The message in at most <see cref="LinkHeadFrame.MaxMessage"/> bytes: 3 for each UTF-16 unit.</summary>
    private ReadOnlySpan<char> CutMessage() =>
        _ownMessage.AsSpan(0, int.Min(_ownMessage.Length, LinkHeadFrame.MaxMessage / 3));

    private int GetMessageLength() => Encoding.UTF8.GetByteCount(CutMessage());

    private void ResetSending()
    {
        _parts = default;
        (_ownHeader, _ownMessage, _ownStatus) = (default, "", LinkStatus.Ok);
        (_ownLength, _unsent) = (0, 0);
        (_isReplied, _isEndQueued, _isEndWritten, _stopsWhenSent) = (false, false, false, false);
    }
}
