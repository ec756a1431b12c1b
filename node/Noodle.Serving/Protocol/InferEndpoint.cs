using Ahr.Runtime;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Nbc.Tensors;
using Noodle.Serving.Bodies;
using Noodle.Serving.Wire;

namespace Noodle.Serving.Protocol;

/// <summary>Serves one infer request: reads it, checks it, has it run, sends the answer.</summary>
/// <remarks>
/// Bound: the body by size and time, all bodies together by the budget, the call by its timeout. A service that
/// outstays the timeout is cancelled after a second of grace.
/// </remarks>
internal sealed class InferEndpoint(
    IInferenceService service,
    IOptions<ServingOptions> options,
    BufferBudget budget,
    LogLimit limit,
    ILogger<InferEndpoint> logger)
{
    /// <summary>What a service may take beyond a call's timeout to say that it was not enough.</summary>
    private static readonly TimeSpan s_grace = TimeSpan.FromSeconds(1);

    private readonly ServingOptions _options = options.Value;

    /// <summary>Answers the request; what it returns is still to be told to the caller.</summary>
    public async ValueTask<Refusal?> AnswerAsync(HttpContext context, DeployedModel model)
    {
        if (RequestHeaders.Read(context.Request.Headers, out RequestHeaders headers) is { } malformed)
        {
            return malformed;
        }

        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } serverLimit)
        {
            serverLimit.MaxRequestBodySize = null; // ours is told in the protocol's form
        }

        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        using var memory = new RequestMemory(budget);
        cancel.CancelAfter(_options.BodyTimeout);
        BodyResult body;
        try
        {
            body = await new BodyReader(context, memory, _options.MaxBodyBytes).ReadAsync(cancel.Token);
        }
        catch (OperationCanceledException) when (!context.RequestAborted.IsCancellationRequested)
        {
            context.Response.Headers.Connection = "close";
            return new Refusal(
                RequestFault.TooSlow, $"the body did not arrive within {_options.BodyTimeout.TotalSeconds} s");
        }

        if (body.Refusal is not null)
        {
            return body.Refusal;
        }

        Refusal? refusal = ReadInputs(model, headers, body.Body, memory, out InferHead head, out Tensor[] inputs);
        if (refusal is not null)
        {
            return refusal;
        }

        TimeSpan timeout = ChooseTimeout(headers.Timeout, head.Timeout);
        using var set = new TensorSet(inputs);
        var call = new InferenceCall(
            model.Name, set, OutputNames(head), timeout, headers.Key, headers.TraceParent, headers.Requirement,
            CallOwner.Of(context));
        cancel.CancelAfter(timeout + s_grace);
        return await RunAsync(context, model, head, call, headers.HeadLength == 0, cancel);
    }

    private async ValueTask<Refusal?> RunAsync(
        HttpContext context, DeployedModel model, InferHead head, InferenceCall call, bool raw,
        CancellationTokenSource cancel)
    {
        InferenceAnswer answer;
        try
        {
            answer = await service.InferAsync(call, cancel.Token);
        }
        catch (OperationCanceledException) when (
            cancel.IsCancellationRequested && !context.RequestAborted.IsCancellationRequested)
        {
            return Refusal.From(model.Name, InferenceFault.DeadlineExceeded, "");
        }

        using (answer)
        {
            cancel.CancelAfter(Timeout.InfiniteTimeSpan); // sending is bounded by the server's data rate
            AnswerSender.SetHeaders(context.Response.Headers, answer);
            if (answer.Fault != InferenceFault.None || answer.Outputs is null)
            {
                return Fail(model, answer);
            }

            using var encoded = new EncodedAnswer(_options.MaxResponseJsonBytes);
            if (encoded.Encode(model, head, answer.Outputs, raw) is { } refusal)
            {
                return refusal;
            }

            await AnswerSender.SendAsync(context, encoded, context.RequestAborted);
            return null;
        }
    }

    private Refusal Fail(DeployedModel model, InferenceAnswer answer)
    {
        InferenceFault fault = answer.Fault == InferenceFault.None ? InferenceFault.RunFailed : answer.Fault;
        Refusal refusal = Refusal.From(model.Name, fault, answer.Message);
        if (fault == InferenceFault.RunFailed && limit.TryTake(out long suppressed))
        {
            Log.ModelFailed(logger, model.Name, PlainText.Clean(refusal.Sentence, 512), suppressed);
        }

        return refusal;
    }

    private Refusal? ReadInputs(
        DeployedModel model, RequestHeaders headers, ReadOnlyMemory<byte> body, RequestMemory memory,
        out InferHead head, out Tensor[] inputs)
    {
        var decoder = new InputDecoder(memory, _options.MaxBodyBytes);
        head = new InferHead();
        inputs = [];
        if (headers.HeadLength == 0)
        {
            if (model.Inputs.Count != 1)
            {
                return Refusal.Invalid(
                    $"a raw request needs a model with one input, '{model.Name}' has {model.Inputs.Count}");
            }

            Refusal? raw = decoder.DecodeRaw(model.Inputs[0], body, out Tensor tensor);
            inputs = [tensor];
            return raw;
        }

        int headLength = headers.HeadLength ?? body.Length;
        if (headLength > body.Length)
        {
            return Refusal.Invalid(
                $"header {RequestHeaders.HeadLengthName} says {headLength} bytes, the body has {body.Length}");
        }

        if (!HeadReader.TryRead(body[..headLength], out head, out string? fault))
        {
            return Refusal.Invalid(fault!);
        }

        return ModelCheck.Check(model, head)
            ?? decoder.Decode(head, body[..headLength], body[headLength..], out inputs);
    }

    private TimeSpan ChooseTimeout(TimeSpan? header, TimeSpan? parameter)
    {
        TimeSpan wish = header ?? parameter ?? _options.DefaultTimeout;
        wish = parameter < wish ? parameter.Value : wish;
        return wish < _options.MaxTimeout ? wish : _options.MaxTimeout;
    }

    private static string[]? OutputNames(InferHead head)
    {
        if (head.Outputs.Count == 0)
        {
            return null;
        }

        string[] names = new string[head.Outputs.Count];
        for (int i = 0; i < names.Length; i++)
        {
            names[i] = head.Outputs[i].Name;
        }

        return names;
    }
}
