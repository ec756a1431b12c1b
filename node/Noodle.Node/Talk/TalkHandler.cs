using System.Buffers;
using Ahr.Runtime;
using Google.Protobuf;
using Microsoft.Extensions.Logging;
using Nbc.Runtime.Frames;
using Nbc.Tensors;
using NoodleNet.Link;
using NoodleNet.Runtime.Link;
using NoodleNet.Talk;

namespace Noodle.Node.Talk;

/// <summary>Serves what other nodes ask of this one.</summary>
/// <remarks>Meaning: calls that come before <see cref="Serve"/> are answered Unavailable, so that they go
/// elsewhere.</remarks>
internal sealed class TalkHandler(ILogger log) : ILinkHandler
{
    private const int FetchChunkBytes = 256 * 1024;

    private volatile TalkServices? _services;

    /// <summary>Begins to serve.</summary>
    public void Serve(TalkServices services) => _services = services;

    public async ValueTask HandleAsync(LinkIncoming incoming, CancellationToken cancellation)
    {
        if (_services is not { } services)
        {
            await ReplyAsync(incoming, LinkStatus.Unavailable, cancellation);
            return;
        }

        try
        {
            await (incoming.Head.Method switch
            {
                TalkIntents.Infer => InferAsync(services, incoming, cancellation),
                TalkIntents.Status => TakeStatusAsync(services, incoming, cancellation),
                TalkIntents.State => CompareStateAsync(services, incoming, cancellation),
                TalkIntents.StatePush => MergeStateAsync(services, incoming, cancellation),
                TalkIntents.MeshProbe => services.Topology.AnswerProbeAsync(incoming, cancellation),
                TalkIntents.MeshRelay => services.Relays.HandleAsync(incoming, cancellation),
                TalkIntents.ModelManifest => services.Content.SendManifestAsync(incoming, cancellation),
                TalkIntents.ModelChunk => services.Content.SendChunkAsync(incoming, cancellation),
                TalkIntents.ModelFetch => SendModelAsync(services, incoming, cancellation),
                TalkIntents.ProgramSend => services.Programs.TakeAsync(incoming, cancellation),
                TalkIntents.TrustAdmit or TalkIntents.TrustAuthority =>
                    services.Trust.ServeAsync(incoming, cancellation),
                _ => ReplyAsync(incoming, LinkStatus.UnknownMethod, cancellation),
            });
        }
        catch (InvalidProtocolBufferException)
        {
            Log.BadMessage(log, incoming.Head.Method, incoming.Peer.Node.ShortName);
            await ReplyAsync(incoming, LinkStatus.Refused, cancellation);
        }
    }

    private static ValueTask ReplyAsync(LinkIncoming incoming, LinkStatus status, CancellationToken cancellation) =>
        incoming.ReplyAsync(status, "", default, [], cancellation);

    private static async ValueTask InferAsync(
        TalkServices services, LinkIncoming incoming, CancellationToken cancellation)
    {
        InferRequest request = InferRequest.Parser.ParseFrom(incoming.Header.Span);
        if (services.Status.Draining)
        {
            await ReplyAsync(incoming, LinkStatus.Unavailable, cancellation);
            return;
        }

        if (!services.Trust.MayCall(incoming.Peer.Node))
        {
            const string refusal = "A node whose role is viewer calls no models.";
            await incoming.ReplyAsync(LinkStatus.Refused, refusal, default, [], cancellation);
            return;
        }

        using LinkBody body = await incoming.ReadBodyAsync(services.MaxRequestBytes, cancellation);
        if (body.Status != LinkStatus.Ok)
        {
            await ReplyAsync(incoming, body.Status, cancellation);
            return;
        }

        using InferenceAnswer answer = await RunAsync(services, incoming, request, body.Memory, cancellation);
        var reply = new InferReply
        {
            Fault = (InferFault)answer.Fault,
            Message = answer.Message,
            ComputeNs = (ulong)answer.Compute.TotalNanoseconds,
            InFlight = (uint)services.Models.InFlight,
            FirstRun = answer.IsFirstRun,
            Engine = answer.Engine,
        };
        ReadOnlyMemory<byte>[] bodies = answer.Outputs is { } outputs
            ? TensorWire.Write(outputs.Tensors, reply.Outputs) : [];
        if (reply.CalculateSize() > LinkFrame.MaxHeader)
        {
            const string message = "The outputs have too many or too long names.";
            (reply, bodies) = (new InferReply { Fault = InferFault.RunFailed, Message = message }, []);
        }

        await incoming.ReplyAsync(LinkStatus.Ok, "", reply.ToByteArray(), bodies, cancellation);
    }

    private static async ValueTask<InferenceAnswer> RunAsync(
        TalkServices services, LinkIncoming incoming, InferRequest request, ReadOnlyMemory<byte> body,
        CancellationToken cancellation)
    {
        if (TensorWire.Read(request.Inputs, body, out string? fault) is not { } tensors)
        {
            return new InferenceAnswer
            {
                Fault = InferenceFault.InvalidInput, Message = fault!, Node = services.Models.Node, Attempts = 1,
            };
        }

        string[]? wanted = request.Outputs.Count == 0 ? null : [.. request.Outputs];
        var inputs = new TensorSet(tensors);
        LinkHead head = incoming.Head;
        NbcTask task = CallTask.Create(
            request.Model, incoming.Peer.Node.ToString(), head.TraceParent,
            services.Models.Tasks.Time.GetInstant() + head.Timeout);
        return await services.Duplicates.RunAsync(
            incoming.Peer.Node, head.IdempotencyKey,
            stop => services.Models.RunAsync(KeyOf(services, request), inputs, wanted, task, stop),
            cancellation);
    }

    private static ModelKey KeyOf(TalkServices services, InferRequest request) => request.Backend.Length == 0
        ? services.Models.FindAny(request.Digest)
        : new ModelKey(request.Digest, request.Backend);

    private static ValueTask TakeStatusAsync(
        TalkServices services, LinkIncoming incoming, CancellationToken cancellation)
    {
        NodeStatus status = NodeStatus.Parser.ParseFrom(incoming.Header.Span);
        services.Health.NoteStatus(incoming.Peer.Node, status);
        services.Status.Take(incoming.Peer, status, services.Stopping);
        return incoming.ReplyAsync(LinkStatus.Ok, "", services.Health.Answer(), [], cancellation);
    }

    private static ValueTask CompareStateAsync(
        TalkServices services, LinkIncoming incoming, CancellationToken cancellation)
    {
        StateDigest theirs = StateDigest.Parser.ParseFrom(incoming.Header.Span);
        if (!services.State.TryCompare(theirs.Digest.Span, out ulong buckets, out ReadOnlyMemory<byte> entries))
        {
            return ReplyAsync(incoming, LinkStatus.Refused, cancellation);
        }

        byte[] header = new StateEntries { Buckets = buckets }.ToByteArray();
        return incoming.ReplyAsync(LinkStatus.Ok, "", header, [entries], cancellation);
    }

    private static async ValueTask MergeStateAsync(
        TalkServices services, LinkIncoming incoming, CancellationToken cancellation)
    {
        using LinkBody body = await incoming.ReadBodyAsync(services.MaxStateBytes, cancellation);
        LinkStatus status = body.Status != LinkStatus.Ok ? body.Status
            : services.State.TryMerge(body.Memory, incoming.Peer.Node) ? LinkStatus.Ok : LinkStatus.Refused;
        await ReplyAsync(incoming, status, cancellation);
    }

    private static async ValueTask SendModelAsync(
        TalkServices services, LinkIncoming incoming, CancellationToken cancellation)
    {
        ModelFetch ask = ModelFetch.Parser.ParseFrom(incoming.Header.Span);
        await using FileStream? file = services.Store.OpenRead(ask.Digest);
        if (file is null || ask.Offset < 0 || ask.Offset > file.Length)
        {
            await ReplyAsync(incoming, LinkStatus.Unavailable, cancellation);
            return;
        }

        file.Position = ask.Offset;
        byte[] header = new ModelFetchReply { SizeBytes = file.Length }.ToByteArray();
        await using LinkStream stream = incoming.AcceptStream(header);
        byte[] chunk = ArrayPool<byte>.Shared.Rent(FetchChunkBytes);
        try
        {
            int read;
            LinkStatus status = LinkStatus.Ok;
            while (status == LinkStatus.Ok && (read = await file.ReadAsync(chunk, cancellation)) > 0)
            {
                status = await stream.WriteAsync(chunk.AsMemory(0, read), cancellation);
            }

            await stream.CompleteAsync(cancellation);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(chunk);
        }
    }
}
