using System.Diagnostics;
using Ahr.Runtime;
using Google.Protobuf;
using Nbc.Tensors;
using Noodle.Node.Mesh;
using Noodle.Primitives;
using NoodleNet.Link;
using NoodleNet.Runtime.Link;
using NoodleNet.Talk;

namespace Noodle.Node.Talk;

/// <summary>Runs a call on another node over NoodleTalk.</summary>
internal sealed class TalkExecutor(MeshPeers peers, Func<string, DeployedModel?> findModel) : IRemoteExecutor
{
    public async ValueTask<InferenceAnswer> ExecuteAsync(
        NodeId node, InferenceCall call, TimeSpan remaining, CancellationToken cancellation)
    {
        if (findModel(call.Model) is not { } model)
        {
            return Fail(InferenceFault.UnknownModel, $"Request for unknown model: '{call.Model}' is not found", node);
        }

        if (!peers.TryGetLink(node, out LinkPeer? link))
        {
            return Fail(InferenceFault.NodeLost, $"Node {node.ShortName} is not connected.", node);
        }

        var request = new InferRequest { Model = model.Name, Digest = model.Digest, Backend = model.Backend };
        ReadOnlyMemory<byte>[] bodies = TensorWire.Write(call.Inputs.Tensors, request.Inputs);
        request.Outputs.AddRange(call.Outputs ?? []);
        if (request.CalculateSize() > LinkFrame.MaxHeader)
        {
            return Fail(InferenceFault.InvalidInput,
                $"The names and shapes of the call take more than {LinkFrame.MaxHeader} bytes; " +
                "ask for fewer or shorter ones.", node);
        }

        long began = Stopwatch.GetTimestamp();
        LinkReply reply = await link.RequestAsync(
            new LinkRequest
            {
                Head = new LinkHead(TalkIntents.Infer, remaining, call.IdempotencyKey, 1, LinkPriority.Normal,
                    call.TraceParent),
                Header = request.ToByteArray(),
                Body = bodies,
            },
            cancellation);
        InferenceAnswer answer = Read(node, reply);
        if (answer.Outputs is null)
        {
            reply.Dispose();
            return answer;
        }

        long moved = bodies.Sum(static body => (long)body.Length) + reply.Body.Length;
        peers.NoteTransfer(node, moved, Stopwatch.GetElapsedTime(began) - answer.Compute);
        return answer;
    }

    private static InferenceAnswer Fail(InferenceFault fault, string message, NodeId node) =>
        new() { Fault = fault, Message = message, Node = node, Attempts = 1 };

    private InferenceAnswer Read(NodeId node, LinkReply reply)
    {
        if (reply.Status != LinkStatus.Ok)
        {
            return Fail(FaultOf(reply.Status), $"Node {node.ShortName}: {Describe(reply)}", node);
        }

        InferReply head;
        try
        {
            head = InferReply.Parser.ParseFrom(reply.Header.Span);
        }
        catch (InvalidProtocolBufferException)
        {
            return Fail(InferenceFault.RunFailed, $"Node {node.ShortName} sent an answer that cannot be read.", node);
        }

        peers.NoteInFlight(node, head.InFlight);
        if (head.Fault != InferFault.None)
        {
            return Fail((InferenceFault)head.Fault, head.Message, node);
        }

        return TensorWire.Read(head.Outputs, reply.Body, out string? fault) is { } tensors
            ? new InferenceAnswer
            {
                Outputs = new TensorSet(tensors, new ReplyMemory(reply)),
                Node = node,
                Attempts = 1,
                Compute = TimeSpan.FromMicroseconds(head.ComputeNs / 1_000.0),
                IsFirstRun = head.FirstRun,
                Engine = EngineWire.CleanName(head.Engine),
            }
            : Fail(InferenceFault.RunFailed, $"Node {node.ShortName} sent a wrong answer: {fault}", node);
    }

    private static string Describe(LinkReply reply) =>
        reply.Message.Length > 0 ? reply.Message : $"the call ended with {reply.Status}.";

    private static InferenceFault FaultOf(LinkStatus status) => status switch
    {
        LinkStatus.DeadlineExceeded => InferenceFault.DeadlineExceeded,
        LinkStatus.ConnectionLost or LinkStatus.Unavailable or LinkStatus.Cancelled => InferenceFault.NodeLost,
        LinkStatus.Busy or LinkStatus.Exhausted => InferenceFault.Overloaded,
        LinkStatus.TooLarge or LinkStatus.Refused => InferenceFault.InvalidInput,
        _ => InferenceFault.RunFailed,
    };

    private sealed class ReplyMemory(LinkReply reply) : IDisposable
    {
        public void Dispose() => reply.Dispose();
    }
}
