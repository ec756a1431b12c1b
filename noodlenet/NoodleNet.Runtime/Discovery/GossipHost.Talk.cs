using System.Text;
using NoodleNet.Discovery;
using NoodleNet.Discovery.Serf;
using NoodleNet.Mesh;

namespace NoodleNet.Runtime.Discovery;

/// <content>What members tell and ask each other beside who is there: Serf's events and queries.</content>
public sealed partial class GossipHost
{
    /// <summary>A member answered a probe. Called by the task that runs gossip: take the sample and return.</summary>
    public event Action<RoundTripSample>? RoundTripMeasured;

    /// <summary>True when most of the cluster takes another node for the bearer of this node's name.</summary>
    public bool HasLostName { get; private set; }

    /// <summary>Where this node lies; every answer to a probe says so from now on.</summary>
    public void SetCoordinate(NetworkCoordinate coordinate) =>
        Started(_machine).TryPost(new SwimInput.SetAckPayload(CoordinateCodec.Encode(coordinate)));

    /// <summary>Tells every member, this node and Serf agents included; each hears it once.</summary>
    /// <remarks>Bound: name and payload together <see cref="UserEvent.MaxBytes"/>.</remarks>
    /// <exception cref="ArgumentException">The event is too long.</exception>
    public async Task SendEventAsync(
        string name, ReadOnlyMemory<byte> payload, bool coalesce = false, CancellationToken cancellation = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        int bytes = Encoding.UTF8.GetByteCount(name) + payload.Length;
        if (bytes > UserEvent.MaxBytes)
        {
            throw new ArgumentException(
                $"The event takes {bytes} bytes with its name; {UserEvent.MaxBytes} are allowed.", nameof(payload));
        }

        await Started(_machine).PostAsync(new SwimInput.SendEvent(name, payload.ToArray(), coalesce), cancellation)
            .ConfigureAwait(false);
    }

    /// <summary>User events from now on, our own included, until the host is disposed.</summary>
    /// <remarks>Bound: <see cref="GossipOptions.WatcherCapacity"/>; past it the oldest are lost.</remarks>
    public IAsyncEnumerable<UserEvent> WatchEventsAsync(CancellationToken cancellation = default) =>
        _events.Watch(cancellation);

    /// <summary>Asks every member, this node included, and returns what was answered until the timeout.</summary>
    /// <exception cref="ArgumentException">The question is too long, or a number in it is out of range.</exception>
    /// <exception cref="InvalidOperationException">Too many questions of this node are open.</exception>
    public Task<QueryOutcome> QueryAsync(QueryQuestion question, CancellationToken cancellation = default)
    {
        Started(_machine);
        return _queries.AskAsync(question, cancellation);
    }

    /// <summary>Answers queries of this name from now on; null: no more.</summary>
    /// <exception cref="ArgumentException">The name is empty or one of Serf's own.</exception>
    public void HandleQueries(string name, QueryHandler? handler) => _queries.Handle(name, handler);

    private void TellRoundTrip(SwimEffect.RoundTripMeasured measured)
    {
        if (RoundTripMeasured is not { } told)
        {
            return;
        }

        try
        {
            told(new RoundTripSample(
                measured.Name, measured.RoundTrip, CoordinateCodec.Decode(measured.AckPayload.Span)));
        }
        catch (Exception fault) // a subscriber's defect is no reason to stop gossip
        {
            if (_refusals.MayTell(nameof(Log.RoundTripSubscriberFailed)))
            {
                Log.RoundTripSubscriberFailed(_log, fault);
            }
        }
    }
}
