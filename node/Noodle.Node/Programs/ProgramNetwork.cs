using System.Collections.Concurrent;
using System.Diagnostics;
using Google.Protobuf;
using Nbc.Runtime.Errors;
using Nbc.Runtime.Network;
using Nbc.Tensors;
using Nbc.Values;
using Noodle.Node.Talk;
using Noodle.Primitives;
using NoodleNet.Link;
using NoodleNet.Talk;

namespace Noodle.Node.Programs;

/// <summary>The network of one program: tensors to and from programs of the same session on other nodes.</summary>
/// <remarks>
/// Meaning: a send returns when the message lies in the receiver's queue; a full queue, or a receiver that has not
/// begun, is asked again until <see cref="s_longest"/> is over. Messages of one sender by one channel keep their order.
/// What was lost on the way is an error, not sent twice.
/// Bound: <see cref="MaxWaiting"/> messages a channel, <see cref="MaxChannels"/> channels, a message of
/// <see cref="MaxMessageBytes"/>, all that waits by the node's account of memory.
/// </remarks>
internal sealed class ProgramNetwork(
    NodeId self, string session, (int Size, int Rank) group, IProgramPeers peers, IResourceAccount account,
    Func<string, bool> meets, Action<ProgramNetwork> close) : INbcNetwork, IDisposable
{
    public const int MaxWaiting = 64;
    public const int MaxChannels = 256;
    public const long MaxMessageBytes = 64 << 20;

    private static readonly TimeSpan s_longest = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(20);

    private readonly ConcurrentDictionary<(NodeId Node, string Channel), BlockingCollection<Message>> _channels = new();
    private readonly Lock _gate = new();
    private bool _closed;

    public string Session => session;

    /// <inheritdoc/>
    public int GroupSize => group.Size;

    /// <inheritdoc/>
    public int Rank => group.Rank;

    /// <inheritdoc/>
    public bool CanPlace(NbcPlacement placement)
    {
        ArgumentNullException.ThrowIfNull(placement);
        string text = string.Concat(
            placement.On is { } on ? $"on({on})" : "", placement.Qos is { } qos ? $"qos({qos})" : "");
        return placement.Replicas == 1 && (text.Length == 0 || meets(text));
    }

    /// <inheritdoc/>
    public void Send(
        string node, string channel, IReadOnlyList<TensorValue> values, bool mayHandOver, TimeSpan? within,
        CancellationToken cancellation)
    {
        NodeId target = Resolve(node);
        Tensor[] tensors = [.. values.Select(value => TensorCopies.ToTensor(value, ""))];
        if (Array.Find(tensors, tensor => ElementTypes.NameOf(tensor.Type) == "UNDEFINED") is { } strange)
        {
            throw Failed($"a message cannot carry {ElementTypes.TextOf(strange.Type)}");
        }

        TimeSpan longest = within is { } wanted && wanted < s_longest ? wanted : s_longest;
        long start = Stopwatch.GetTimestamp();
        while (true)
        {
            TimeSpan left = longest - Stopwatch.GetElapsedTime(start);
            LinkStatus status = left <= TimeSpan.Zero ? LinkStatus.DeadlineExceeded
                : target == self ? Deliver(self, channel, tensors)
                : Ask(target, channel, tensors, left, cancellation);
            switch (status)
            {
                case LinkStatus.Ok:
                    return;
                case LinkStatus.Busy or LinkStatus.Unavailable or LinkStatus.Exhausted:
                    cancellation.WaitHandle.WaitOne(s_pause);
                    cancellation.ThrowIfCancellationRequested();
                    break;
                default:
                    throw Failed($"a message by {channel} did not come to {target.ShortName}: {status}");
            }
        }
    }

    /// <inheritdoc/>
    public IReadOnlyList<TensorValue> Receive(
        string node, string channel, TimeSpan? within, CancellationToken cancellation)
    {
        TimeSpan longest = within is { } wanted && wanted < s_longest ? wanted : s_longest;
        int ms = (int)Math.Max(0, longest.TotalMilliseconds);
        NodeId sender = Resolve(node);
        if (ChannelOf(sender, channel) is not { } waiting)
        {
            throw Failed($"{MaxChannels} channels are open already");
        }

        if (!waiting.TryTake(out Message? message, ms, cancellation))
        {
            throw Failed($"nothing came by {channel} from {sender.ShortName} in {ms} ms");
        }

        account.Release(ResourceKind.Memory, message.Bytes);
        return [.. message.Tensors.Select(TensorCopies.ToValue)];
    }

    /// <summary>Puts a message into its queue.</summary>
    /// <param name="tensors">Read until this returns.</param>
    public LinkStatus Deliver(NodeId sender, string channel, IReadOnlyList<Tensor> tensors)
    {
        long bytes = tensors.Sum(static tensor => (long)tensor.Data.Length);
        if (bytes > MaxMessageBytes)
        {
            return LinkStatus.TooLarge;
        }

        lock (_gate)
        {
            if (_closed)
            {
                return LinkStatus.Unavailable;
            }

            if (ChannelOf(sender, channel) is not { } waiting || waiting.Count >= MaxWaiting ||
                !account.TryReserve(ResourceKind.Memory, bytes))
            {
                return LinkStatus.Busy;
            }

            waiting.Add(new Message(
                [.. tensors.Select(static tensor => tensor with { Data = tensor.Data.ToArray() })], bytes));
            return LinkStatus.Ok;
        }
    }

    /// <summary>Takes no more messages; those that wait are lost.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _closed = true;
            foreach (BlockingCollection<Message> waiting in _channels.Values)
            {
                while (waiting.TryTake(out Message? message))
                {
                    account.Release(ResourceKind.Memory, message.Bytes);
                }
            }
        }

        close(this);
    }

    // An instruction waits until it is done, on the thread of its run: there is nobody to give the thread to.
    private LinkStatus Ask(
        NodeId target, string channel, Tensor[] tensors, TimeSpan left, CancellationToken cancellation)
    {
        var message = new ProgramMessage { Session = session, Channel = channel };
        ReadOnlyMemory<byte>[] body = TensorWire.Write(tensors, message.Tensors);
        return message.CalculateSize() > LinkFrame.MaxHeader
            ? LinkStatus.TooLarge
            : peers.SendAsync(target, message.ToByteArray(), body, left, cancellation).AsTask()
                .GetAwaiter().GetResult();
    }

    private NodeId Resolve(string name)
    {
        NodeId node = name == "self" ? self : peers.Find(name);
        return node.IsNone
            ? throw new NbcException(NbcErrorCode.UnknownNode, $"there is no node '{name}', or several are called so")
            : node;
    }

    private BlockingCollection<Message>? ChannelOf(NodeId sender, string channel) =>
        _channels.Count >= MaxChannels && !_channels.ContainsKey((sender, channel))
            ? null
            : _channels.GetOrAdd((sender, channel), static _ => new BlockingCollection<Message>(MaxWaiting));

    private static NbcException Failed(string message) => new(NbcErrorCode.TransferFailed, message);

    private sealed record Message(IReadOnlyList<Tensor> Tensors, long Bytes);
}
