using System.Collections.Concurrent;
using Nbc.Runtime.Errors;
using Nbc.Values;

namespace Nbc.Runtime.Network;

/// <summary>A network of one node that reaches itself: for tests and for programs run from the command line.</summary>
/// <remarks>Bound: <see cref="MaxWaiting"/> messages a channel, <see cref="MaxChannels"/> channels; a receiver waits
/// five seconds at most.</remarks>
/// <param name="name">The node's name, by which it reaches itself.</param>
/// <param name="canPlace">What may run here; null: everything that asks for one replica.</param>
public sealed class LoopbackNetwork(string name = "self", Func<NbcPlacement, bool>? canPlace = null) : INbcNetwork
{
    public const int MaxWaiting = 1024;
    public const int MaxChannels = 1024;
    private static readonly TimeSpan s_longest = TimeSpan.FromSeconds(5);
    private readonly ConcurrentDictionary<string, BlockingCollection<TensorValue[]>> _channels = new();

    /// <inheritdoc/>
    public int GroupSize => 1;

    /// <inheritdoc/>
    public int Rank => 0;

    /// <inheritdoc/>
    public bool CanPlace(NbcPlacement placement)
    {
        ArgumentNullException.ThrowIfNull(placement);
        return canPlace is null ? placement.Replicas == 1 : canPlace(placement);
    }

    /// <inheritdoc/>
    public void Send(
        string node, string channel, IReadOnlyList<TensorValue> values, bool mayHandOver, TimeSpan? within,
        CancellationToken cancellation)
    {
        TensorValue[] copies = [.. values.Select(Copy)];
        if (!ChannelOf(node, channel).TryAdd(copies))
        {
            throw new NbcException(NbcErrorCode.TransferFailed, $"{MaxWaiting} messages wait in {channel} already");
        }
    }

    /// <inheritdoc/>
    public IReadOnlyList<TensorValue> Receive(
        string node, string channel, TimeSpan? within, CancellationToken cancellation)
    {
        TimeSpan longest = within is { } wanted && wanted < s_longest ? wanted : s_longest;
        int ms = (int)Math.Max(0, longest.TotalMilliseconds);
        return ChannelOf(node, channel).TryTake(out TensorValue[]? values, ms, cancellation)
            ? values
            : throw new NbcException(NbcErrorCode.TransferFailed, $"nothing came by {channel} in {ms} ms");
    }

    private BlockingCollection<TensorValue[]> ChannelOf(string node, string channel)
    {
        if (node != name)
        {
            throw new NbcException(NbcErrorCode.UnknownNode, $"there is no node '{node}', only {name}");
        }

        if (_channels.Count >= MaxChannels && !_channels.ContainsKey(channel))
        {
            throw new NbcException(NbcErrorCode.TransferFailed, $"{MaxChannels} channels are open already");
        }

        return _channels.GetOrAdd(channel, _ => new BlockingCollection<TensorValue[]>(MaxWaiting));
    }

    private static unsafe TensorValue Copy(TensorValue value)
    {
        if (value.Memory is null)
        {
            return TensorValue.FromStrings([.. value.Strings], value.Shape);
        }

        TensorValue copy = TensorValue.Allocate(value.Type, value.Shape);
        Buffer.MemoryCopy(value.Pointer, copy.Pointer, value.ByteCount, value.ByteCount);
        return copy;
    }
}
