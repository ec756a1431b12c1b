using System.Net;
using Noodle.Primitives;
using NoodleNet.Link.Datagrams;

namespace NoodleNet.Runtime.Link.Datagrams;

/// <summary>Datagrams to and from one connected peer: the shell around <see cref="DatagramMachine"/>.</summary>
/// <remarks>
/// Meaning: each direction has a key of its own, drawn by the end that seals with it. Of what the peer seals the newest
/// key and the one before it are known. The restart of a peer is told by its session number.
/// Bound: two openers, one sealer, four buffers of a datagram, and what the machine keeps.
/// Cost: no allocation a datagram.
/// </remarks>
internal sealed class DatagramSession : IDisposable
{
    private readonly Lock _gate = new();
    private readonly LinkContext _context;
    private readonly DatagramHub _hub;
    private readonly NodeId _peer;
    private readonly Action<DatagramSession> _offerKey;
    private readonly DatagramMachine _machine;
    private readonly ITimer _timer;
    private readonly byte[] _toSend = new byte[DatagramFrame.MaxPayload];
    private readonly byte[] _sealed = new byte[DatagramFrame.MaxSize];
    private readonly byte[] _opened = new byte[DatagramFrame.MaxSize];
    private DatagramSealer? _sealer;
    private SocketAddress? _to;
    private (uint Channel, DatagramOpener? Opener) _newest;
    private (uint Channel, DatagramOpener? Opener) _previous;
    private ulong? _peerSession;
    private Instant _armedFor = Instant.Never;
    private bool _isDisposed;

    /// <param name="offerKey">Begins to hand a new key to the peer; it must not wait.</param>
    public DatagramSession(LinkContext context, DatagramHub hub, NodeId peer, Action<DatagramSession> offerKey)
    {
        (_context, _hub, _peer, _offerKey) = (context, hub, peer, offerKey);
        _machine = new DatagramMachine(hub.Options);
        _timer = context.Clock.Provider.CreateTimer(
            static session => ((DatagramSession)session!).OnTimer(), this, Timeout.InfiniteTimeSpan,
            Timeout.InfiniteTimeSpan);
    }

    public bool IsOpen
    {
        get
        {
            lock (_gate)
            {
                return !_isDisposed && _machine.IsOpen;
            }
        }
    }

    /// <summary>Does what is due now: at first it offers a key.</summary>
    public void Wake()
    {
        lock (_gate)
        {
            if (!_isDisposed)
            {
                _machine.HandleDeadline(_context.Clock.Now);
                PerformAll(out _, out _);
            }
        }
    }

    /// <summary>Knows a key that the peer will seal with, and says what it is called; 0 when this has ended.</summary>
    public uint TakeKey(ReadOnlySpan<byte> key)
    {
        lock (_gate)
        {
            if (_isDisposed)
            {
                return 0;
            }

            Drop(_previous);
            _previous = _newest;
            var opener = new DatagramOpener(key);
            _newest = (_hub.Add(this, opener), opener);
            return _newest.Channel;
        }
    }

    /// <summary>Seals with this key from now on: the peer has taken it.</summary>
    public void UseKey(uint channel, ReadOnlySpan<byte> key, IPEndPoint to)
    {
        lock (_gate)
        {
            if (!_isDisposed)
            {
                _sealer?.Dispose();
                (_sealer, _to) = (new DatagramSealer(channel, key), to.Serialize());
                Handle(DatagramInput.KeyTaken);
            }
        }
    }

    /// <summary>The peer could not be told a key; it is tried again.</summary>
    public void RefuseKey()
    {
        lock (_gate)
        {
            if (!_isDisposed)
            {
                Handle(DatagramInput.KeyRefused);
            }
        }
    }

    /// <summary>Takes the peer's session number; another one than before means that it has forgotten all.</summary>
    public void TakeSession(ulong session)
    {
        lock (_gate)
        {
            bool isRestart = _peerSession is { } known && known != session;
            _peerSession = session;
            if (isRestart && !_isDisposed)
            {
                Handle(DatagramInput.PeerRestarted);
                _machine.HandleDeadline(_context.Clock.Now);
                PerformAll(out _, out _);
            }
        }
    }

    public DatagramRefusal Send(ReadOnlySpan<byte> payload, bool isAtLeastOnce)
    {
        if (payload.Length > DatagramFrame.MaxPayload)
        {
            return DatagramRefusal.TooLong;
        }

        lock (_gate)
        {
            if (_isDisposed)
            {
                return DatagramRefusal.NoKey;
            }

            payload.CopyTo(_toSend);
            _machine.Handle(
                DatagramInput.Send(_toSend.AsMemory(0, payload.Length), isAtLeastOnce), _context.Clock.Now);
            PerformAll(out DatagramRefusal refusal, out _);
            return refusal;
        }
    }

    /// <param name="delivered">Takes the payload, if there is one to deliver.</param>
    /// <param name="length">Its length, or -1.</param>
    public DatagramFault Take(
        ReadOnlySpan<byte> datagram, DatagramOpener opener, Span<byte> delivered, out int length, out NodeId from)
    {
        (length, from) = (-1, _peer);
        lock (_gate)
        {
            if (!ReferenceEquals(opener, _newest.Opener) && !ReferenceEquals(opener, _previous.Opener))
            {
                return DatagramFault.UnknownChannel; // replaced a moment ago
            }

            DatagramFault fault = opener.Open(
                datagram, _opened, out DatagramKind kind, out ulong sequence, out Range payload);
            if (fault != DatagramFault.None)
            {
                return fault;
            }

            _machine.Handle(DatagramInput.Received(kind, sequence, _opened.AsMemory()[payload]), _context.Clock.Now);
            PerformAll(out _, out ReadOnlyMemory<byte>? toDeliver);
            if (toDeliver is { } bytes)
            {
                bytes.Span.CopyTo(delivered);
                length = bytes.Length;
            }

            return toDeliver is null && kind == DatagramKind.AtLeastOnce ? DatagramFault.Duplicate : fault;
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            if (!_isDisposed)
            {
                _isDisposed = true;
                _timer.Dispose();
                _sealer?.Dispose();
                Drop(_previous);
                Drop(_newest);
                (_previous, _newest) = (default, default);
            }
        }
    }

    private void Handle(in DatagramInput input)
    {
        _machine.Handle(input, _context.Clock.Now);
        PerformAll(out _, out _);
    }

    private void PerformAll(out DatagramRefusal refusal, out ReadOnlyMemory<byte>? delivered)
    {
        (refusal, delivered) = (DatagramRefusal.None, null);
        while (_machine.TryTakeEffect(out DatagramEffect effect))
        {
            switch (effect.Kind)
            {
                case DatagramEffectKind.OfferKey:
                    _offerKey(this);
                    break;
                case DatagramEffectKind.Transmit:
                    int length = _sealer!.Seal(effect.Datagram, effect.Sequence, effect.Payload.Span, _sealed);
                    _hub.Send(_sealed.AsSpan(0, length), _to!);
                    break;
                case DatagramEffectKind.Deliver:
                    delivered = effect.Payload;
                    break;
                case DatagramEffectKind.Refuse:
                    refusal = effect.Refusal;
                    break;
                case DatagramEffectKind.Lost:
                    Log.LinkDatagramLost(_context.Logger, _peer.ShortName, effect.Sequence);
                    break;
            }
        }

        Arm();
    }

    private void Drop((uint Channel, DatagramOpener? Opener) known)
    {
        if (known.Opener is { } opener)
        {
            _hub.Remove(known.Channel);
            opener.Dispose();
        }
    }

    private void Arm()
    {
        if (_machine.NextDeadline is { } due && due < _armedFor)
        {
            _armedFor = due;
            TimeSpan wait = due - _context.Clock.Now;
            wait = wait > TimeSpan.Zero ? wait + TimeSpan.FromMilliseconds(1) : TimeSpan.Zero;
            _timer.Change(wait, Timeout.InfiniteTimeSpan);
        }
    }

    private void OnTimer()
    {
        lock (_gate)
        {
            if (!_isDisposed)
            {
                _armedFor = Instant.Never;
                _machine.HandleDeadline(_context.Clock.Now);
                PerformAll(out _, out _);
            }
        }
    }
}
