using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Noodle.Primitives;
using NoodleNet.Discovery;
using NoodleNet.Discovery.Wire;
using NoodleNet.Runtime.Hosting;

namespace NoodleNet.Runtime.Discovery;

/// <summary>Membership on real sockets: the shell around <see cref="SwimMachine"/>.</summary>
/// <remarks>Use: construct, <see cref="StartAsync"/>, <see cref="JoinAsync"/>, <see cref="LeaveAsync"/>,
/// dispose.</remarks>
public sealed partial class GossipHost : IAsyncDisposable
{
    private readonly GossipOptions _options;
    private readonly NodeId _self;
    private readonly ILogger _log;
    private readonly TimeProvider _time;
    private readonly IResourceAccount _account;
    private readonly GossipEnvelope _envelope;
    private readonly GossipStreams _streams;
    private readonly NodeRegistry _registry;
    private readonly RegistryWatchers _watchers;
    private readonly Lock _registryGate = new();
    private readonly EventWatchers _events;
    private readonly GossipQueries _queries;
    private readonly RefusalLog _refusals;
    private readonly OtherAddresses _others;
    private readonly ConcurrentDictionary<long, TaskCompletionSource<MergeFault>> _joins = new();
    private readonly ConcurrentDictionary<long, TaskCompletionSource<GossipMessage.PushPull>> _offers = new();
    private readonly TaskCompletionSource _leaveSpread = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _announced = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _stop = new();
    private volatile Snapshot _snapshot = new([]);
    private GossipSockets? _sockets;
    private GossipListener? _listener;
    private MachineHost<SwimInput, SwimEffect>? _machine;
    private long _ticket;
    private int _disposed;

    /// <exception cref="Microsoft.Extensions.Options.OptionsValidationException">A setting is not sound.</exception>
    public GossipHost(
        GossipOptions options, NodeId self, ILogger<GossipHost> log, TimeProvider time, IResourceAccount account)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(account);
        options.ThrowIfUnsound();
        (_options, _self, _log, _time, _account) = (options, self, log, time, account);
        _refusals = new RefusalLog(time, log);
        _envelope = options.ToEnvelope();
        _others = new OtherAddresses(options.MaxRegistryEntries);
        _streams = new GossipStreams(_envelope, self.ToString(), options.Profile.StreamTimeout, options.MaxStreams,
            options.Profile.Compress, time, account, log, _refusals, _others);
        _registry = new NodeRegistry(options.MaxRegistryEntries);
        _watchers = new RegistryWatchers(options.WatcherCapacity);
        _events = new EventWatchers(options.WatcherCapacity);
        _queries = new GossipQueries(
            options, time, log, _refusals, (input, cancellation) => Started(_machine).PostAsync(input, cancellation));
    }

    /// <summary>Where this node listens; UDP and TCP have the same number.</summary>
    public IPEndPoint LocalEndPoint => Started(_sockets).LocalEndPoint;

    /// <summary>What other nodes are told; a loopback or bound address, or the one set.</summary>
    public IPEndPoint AdvertisedEndPoint { get; private set; } = new(IPAddress.None, 0);

    /// <summary>Every node that was met, this one included, as of now.</summary>
    /// <remarks>Cost: nothing until something changed, then one pass.</remarks>
    public IReadOnlyList<RegistryEntry> Members => _snapshot.List;

    /// <summary>True when this machine has an address that other machines can be told.</summary>
    public static bool IsOnNetwork =>
        LocalAddresses.Usable(AddressFamily.InterNetwork).Any()
        || LocalAddresses.Usable(AddressFamily.InterNetworkV6).Any();

    /// <summary>The clock of <see cref="RegistryEntry.Since"/>.</summary>
    public Instant Now => Started(_machine).Now;

    /// <summary>Fails when gossip was stopped by a defect; ends when the host is disposed.</summary>
    public Task Completion => Started(_machine).Completion;

    /// <summary>Opens the sockets and begins to answer; this node is a member when it returns.</summary>
    /// <param name="bind">Port 0: any that is free for both UDP and TCP.</param>
    /// <param name="tags">At most 512 bytes encoded.</param>
    /// <exception cref="InvalidOperationException">The port is in use, or this host has been started.</exception>
    /// <exception cref="ArgumentException">The tags are too long.</exception>
    public Task StartAsync(
        IPEndPoint bind, IReadOnlyDictionary<string, string> tags, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(bind);
        cancellation.ThrowIfCancellationRequested();
        ObjectDisposedException.ThrowIf(_disposed != 0, this);
        if (_sockets is not null)
        {
            throw new InvalidOperationException("This gossip host has been started before.");
        }

        Encode(tags); // before anything is opened
        _sockets = GossipSockets.Open(bind, _options.AlsoOn, _account);
        SetAdvertised(_sockets);
        byte[] meta = Encode(tags);
        SwimOptions profile = _options.Profile with { EnvelopeBytes = _envelope.OverheadBytes };
        ulong seed = BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(sizeof(ulong)));
        _machine = new MachineHost<SwimInput, SwimEffect>(
            new SwimMachine(profile, _self.ToString(), new Prng(seed)), Perform, _time);
        _machine.TryPost(new SwimInput.Start(AdvertisedEndPoint, meta));
        _listener = new GossipListener(
            _sockets, _envelope, TakePacket, TakeConnection, _options.TakeDatagram, _time, _log, _refusals,
            _others);
        Log.GossipStarted(_log, _self.ToString(), LocalEndPoint, AdvertisedEndPoint);
        WatchForDefect(_machine.Completion);
        return Task.WhenAny(_announced.Task, _machine.Completion).WaitAsync(cancellation);
    }

    /// <summary>Asks every seed for its state; returns how many answered and were merged.</summary>
    public async Task<int> JoinAsync(IReadOnlyList<IPEndPoint> seeds, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(seeds);
        MergeFault[] faults = await Task.WhenAll(seeds.Select(seed => JoinOneAsync(seed, cancellation)))
            .ConfigureAwait(false);
        return faults.Count(fault => fault == MergeFault.None);
    }

    /// <summary>Says goodbye and waits until it was told around, or the limit has passed.</summary>
    public async Task LeaveAsync(TimeSpan limit)
    {
        MachineHost<SwimInput, SwimEffect> machine = Started(_machine);
        using var end = new CancellationTokenSource(limit, _time);
        try
        {
            await machine.PostAsync(new SwimInput.Leave(), end.Token).ConfigureAwait(false);
            await Task.WhenAny(_leaveSpread.Task, machine.Completion).WaitAsync(end.Token).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is OperationCanceledException or ChannelClosedException)
        {
            return; // whoever did not hear it finds out by probing
        }
    }

    /// <summary>Announces other tags.</summary>
    /// <exception cref="ArgumentException">They take more than 512 bytes.</exception>
    public async Task SetTagsAsync(IReadOnlyDictionary<string, string> tags, CancellationToken cancellation = default)
        => await Started(_machine).PostAsync(new SwimInput.UpdateMeta(Encode(tags)), cancellation)
            .ConfigureAwait(false);

    /// <summary>A hint from the data path, no proof: that node is probed at once.</summary>
    public void ReportConnectionLost(NodeId node) =>
        Started(_machine).TryPost(new SwimInput.ProbeNow(node.ToString()));

    /// <summary>Notes that a node failed, or is back, for this node alone: the data path knows before gossip does.
    /// </summary>
    public void Judge(NodeId node, bool failed, string detail)
    {
        lock (_registryGate)
        {
            if (_registry.Judge(node, failed, detail, Now) is { } change)
            {
                Publish([change]);
            }
        }
    }

    /// <summary>Sends a datagram of another protocol from the gossip port, as it is; false when it cannot be sent.
    /// </summary>
    public bool TrySendDatagram(ReadOnlySpan<byte> datagram, SocketAddress to) =>
        _listener?.TrySendRaw(datagram, to) == true;

    /// <summary>Changes from now on, until the host is disposed.</summary>
    /// <remarks>Bound: <see cref="GossipOptions.WatcherCapacity"/>; past it one Missed stands for what was lost.
    /// </remarks>
    public IAsyncEnumerable<RegistryEvent> WatchAsync(CancellationToken cancellation = default) =>
        _watchers.Watch(cancellation);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        await _stop.CancelAsync().ConfigureAwait(false);
        _sockets?.Dispose();
        if (_listener is not null)
        {
            await _listener.Completion.ConfigureAwait(false);
        }

        if (_machine is not null)
        {
            await _machine.DisposeAsync().ConfigureAwait(false); // before the streams: it opens them
        }

        await _queries.DisposeAsync().ConfigureAwait(false);

        await _streams.DisposeAsync().ConfigureAwait(false);

        EndJoins();
        _watchers.Close();
        _events.Close();
        _stop.Dispose();
    }

    private static T Started<T>(T? part)
        where T : class => part ?? throw new InvalidOperationException("This gossip host has not been started.");

    private byte[] Encode(IReadOnlyDictionary<string, string> tags)
    {
        Dictionary<string, string> all = new(tags, StringComparer.Ordinal);
        if (OtherEndPoint is { } other)
        {
            all[OtherAddresses.Tag] = other.Address.ToString();
        }

        return NodeTags.TryEncode(all, out byte[] meta) ? meta : throw new ArgumentException(
            $"The tags of a node take at most {NodeTags.MaxBytes} bytes together; shorten or drop some.",
            nameof(tags));
    }

    private async Task<MergeFault> JoinOneAsync(IPEndPoint seed, CancellationToken cancellation)
    {
        long ticket = Interlocked.Increment(ref _ticket);
        var ended = new TaskCompletionSource<MergeFault>(TaskCreationOptions.RunContinuationsAsynchronously);
        _joins[ticket] = ended;
        try
        {
            await Started(_machine).PostAsync(new SwimInput.Join(ticket, seed), cancellation).ConfigureAwait(false);
            return await ended.Task.WaitAsync(cancellation).ConfigureAwait(false);
        }
        catch (ChannelClosedException)
        {
            return MergeFault.Unreachable;
        }
        finally
        {
            _joins.TryRemove(ticket, out _);
        }
    }

    private void EndJoins()
    {
        foreach (long ticket in _joins.Keys)
        {
            EndJoin(ticket, MergeFault.Unreachable);
        }
    }

    private void EndJoin(long ticket, MergeFault fault)
    {
        if (_joins.TryRemove(ticket, out var join))
        {
            join.TrySetResult(fault);
        }
    }

    private void TakePacket(ReadOnlyMemory<byte> packet, IPEndPoint from) =>
        _machine!.TryPost(new SwimInput.Packet(packet, from)); // a full queue loses it, as the network may

    private void Perform(SwimEffect effect)
    {
        switch (effect)
        {
            case SwimEffect.Send send: _listener?.Send(send.Packet, send.To); break;
            case SwimEffect.StartExchange start:
                if (!_streams.TryRun(cancellation => ExchangeAsync(start, cancellation)))
                {
                    _streams.TellRefused();
                    EndJoin(start.Ticket, MergeFault.Unreachable);
                }

                break;
            case SwimEffect.PingByStream ping: _streams.TryRun(cancellation => PingAsync(ping, cancellation)); break;
            case SwimEffect.AnswerExchange answer:
                if (_offers.TryRemove(answer.Ticket, out var offer))
                {
                    offer.TrySetResult(answer.State);
                }

                break;
            case SwimEffect.JoinEnded ended: EndJoin(ended.Ticket, ended.Fault); break;
            case SwimEffect.LeaveSpread: _leaveSpread.TrySetResult(); break;
            case SwimEffect.Member member: TakeChange(member.Event); break;
            case SwimEffect.RoundTripMeasured measured: TellRoundTrip(measured); break;
            case SwimEffect.EventHeard heard: _events.Publish(heard.Event); break;
            default:
                if (!_queries.TryPerform(effect))
                {
                    Tell(effect);
                }

                break;
        }
    }

    private void Tell(SwimEffect effect)
    {
        switch (effect)
        {
            case SwimEffect.NameConflict c when _refusals.MayTell(nameof(SwimEffect.NameConflict)):
                Log.NameConflict(_log, c.Name, c.Known, c.Claimed);
                break;
            case SwimEffect.NameLost lost:
                HasLostName = true;
                Log.NameLost(_log, _self.ToString(), lost.Answers - lost.ForUs, lost.Answers);
                break;
            case SwimEffect.StreamOnly only: Log.StreamOnly(_log, only.Name); break;
            case SwimEffect.Refuted refuted: Log.Refuted(_log, refuted.Incarnation); break;
            case SwimEffect.Dropped dropped when _refusals.MayTell(dropped.Fault.ToString()):
                Log.GossipDropped(_log, dropped.From, dropped.Fault);
                break;
            case SwimEffect.MergeRefused refused when _refusals.MayTell(nameof(SwimEffect.MergeRefused)):
                Log.MergeRefused(_log, refused.From, refused.Fault);
                break;
        }
    }

    private void TakeChange(MemberEvent change)
    {
        Log.MemberChanged(_log, change.Name, change.EndPoint, change.Change, change.Detail);
        lock (_registryGate)
        {
            IReadOnlyList<RegistryEvent> changes = _registry.Apply(change, _machine?.Now ?? Instant.Origin);
            Publish(changes);
            NoteAddresses(changes);
        }

        _announced.TrySetResult();
    }

    private void Publish(IReadOnlyList<RegistryEvent> changes)
    {
        _snapshot = new Snapshot(_registry.Entries.Values);
        foreach (RegistryEvent change in changes)
        {
            _watchers.Publish(change);
        }
    }

    private void WatchForDefect(Task completion) => completion.ContinueWith(
            failed =>
            {
                Log.GossipBroke(_log, failed.Exception!.GetBaseException());
                EndJoins();
            }, CancellationToken.None,
            TaskContinuationOptions.OnlyOnFaulted | TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default);

    private sealed class Snapshot(IEnumerable<RegistryEntry> entries)
    {
        private IReadOnlyList<RegistryEntry>? _list;

        public IReadOnlyList<RegistryEntry> List => _list ??= [.. entries]; // twice by two readers does no harm
    }
}
