using System.Globalization;
using System.Net.Http.Headers;
using Nbc.Tensors;
using Noodle.Client.Failover;
using Noodle.Client.Protocol;

namespace Noodle.Client;

/// <summary>Runs models on a Noodle mesh, or on any server of the Open Inference Protocol v2.</summary>
/// <remarks>
/// Give it several nodes: it asks them in turn, and when one is lost, unreachable or without room (503) it asks the
/// next, with the same idempotency key, until the call's time or attempts are used up. Safe to use from every thread;
/// make one and keep it.
/// </remarks>
public sealed partial class NoodleClient : IDisposable
{
    private readonly NoodleClientOptions _options;
    private readonly HttpMessageInvoker _http;
    private readonly NodeCaller _caller;

    /// <param name="nodes">1 to 64 HTTP addresses; the order does not matter.</param>
    /// <param name="options">Null for the defaults.</param>
    /// <param name="handler">How requests travel; it is not disposed. Null for one that asks no proxy.</param>
    /// <exception cref="ArgumentException">An address or an option is not usable; the message names each.</exception>
    public NoodleClient(
        IReadOnlyList<Uri> nodes, NoodleClientOptions? options = null, HttpMessageHandler? handler = null)
        : this(nodes, options, handler, TimeProvider.System)
    {
    }

    internal NoodleClient(
        IReadOnlyList<Uri> nodes, NoodleClientOptions? options, HttpMessageHandler? handler, TimeProvider clock)
    {
        ArgumentNullException.ThrowIfNull(nodes);
        if (nodes.Count is 0 or > NodeRing.MaxNodes)
        {
            throw new ArgumentException(
                $"{nodes.Count} nodes are given; give 1 to {NodeRing.MaxNodes}.", nameof(nodes));
        }

        foreach (Uri node in nodes)
        {
            if (!node.IsAbsoluteUri || node.Scheme is not ("http" or "https") ||
                node.Query != "" || node.UserInfo != "")
            {
                throw new ArgumentException(
                    $"'{node}' is not the address of a node; write it like http://localhost:8000.", nameof(nodes));
            }
        }

        _options = options ?? new();
        _options.ThrowIfInvalid();
        _http = new HttpMessageInvoker(handler ?? MakeHandler(_options), disposeHandler: handler is null);
        _caller = new NodeCaller(new NodeRing([.. nodes]), _http, _options, clock);
    }

    /// <summary>Runs a model once, wherever in the mesh it runs best.</summary>
    /// <param name="inputs">All inputs of the model by name; their data is read until the call ends.</param>
    /// <exception cref="NoodleException">There is no result; its fault says why.</exception>
    public Task<InferResult> InferAsync(
        string model,
        IReadOnlyList<Tensor> inputs,
        InferOptions? options = null,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        string path = ModelPath(model) + "/infer";
        options ??= new();
        TimeSpan timeout = CheckTimeout(options.Timeout ?? _options.Timeout);
        foreach (Tensor input in inputs)
        {
            if (!input.TryValidate(out string? fault))
            {
                throw new NoodleException(NoodleFault.InvalidInput, $"Input '{input.Name}': {fault}.");
            }
        }

        if (options.Requirement?.All(static c => c is >= ' ' and <= '~') == false)
        {
            throw new NoodleException(NoodleFault.InvalidInput, "A requirement is one line of ASCII characters.");
        }

        string key = (options.IdempotencyKey ?? Guid.NewGuid()).ToString();
        NodeCall<InferResult> call = new(MakeRequest, ReadAsync, IsRepeatable: true, timeout);
        return _caller.CallAsync(call, cancellation);

        HttpRequestMessage MakeRequest(Uri node, TimeSpan remaining)
        {
            HttpRequestMessage request = new(HttpMethod.Post, At(node, path));
            request.Headers.Add(NoodleHeaders.IdempotencyKey, key);
            request.Headers.Add(NoodleHeaders.Timeout, Milliseconds(remaining));
            if (options.Requirement is { } requirement)
            {
                request.Headers.TryAddWithoutValidation(NoodleHeaders.Requirement, requirement);
            }

            request.Content = new InferContent(inputs, options.Outputs);
            return request;
        }

        Task<InferResult> ReadAsync(HttpResponseMessage answer, int retries, CancellationToken cancel) =>
            ReadInferAsync(answer, options.Outputs, retries, cancel);
    }

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    private async Task<InferResult> ReadInferAsync(
        HttpResponseMessage answer, IReadOnlyList<string>? outputs, int retries, CancellationToken cancellation)
    {
        PooledBytes body = await ReadBodyAsync(answer, cancellation).ConfigureAwait(false);
        string? head = Header(answer.Headers, NoodleHeaders.InferenceHeaderLength);
        if (!InferAnswer.TryRead(body.Memory, head, outputs, out IReadOnlyList<Tensor>? tensors, out string? fault))
        {
            body.Dispose();
            throw BadAnswer(answer, fault);
        }

        return new InferResult
        {
            Outputs = new TensorSet(tensors, body),
            Node = Header(answer.Headers, NoodleHeaders.Node) ?? "",
            Engine = Header(answer.Headers, NoodleHeaders.Engine) ?? "",
            Attempts = (int)Math.Clamp(Number(answer.Headers, NoodleHeaders.Attempts), 1, int.MaxValue),
            Reason = Header(answer.Headers, NoodleHeaders.Reason) ?? "",
            Compute = TimeSpan.FromMicroseconds(Number(answer.Headers, NoodleHeaders.Compute)),
            ClientRetries = retries,
        };
    }

    private async Task<PooledBytes> ReadBodyAsync(HttpResponseMessage answer, CancellationToken cancellation) =>
        await PooledBytes.ReadAsync(answer.Content, _options.MaxAnswerBytes, cancellation).ConfigureAwait(false)
            ?? throw BadAnswer(answer, $"the answer is larger than {_options.MaxAnswerBytes} bytes, " +
                $"the limit in {nameof(NoodleClientOptions)}.{nameof(NoodleClientOptions.MaxAnswerBytes)}");

    private static NoodleException BadAnswer(HttpResponseMessage answer, string fault) => new(
        NoodleFault.BadAnswer,
        $"The answer from {answer.RequestMessage?.RequestUri} cannot be used: {fault}.",
        answer.StatusCode);

    private static SocketsHttpHandler MakeHandler(NoodleClientOptions options) => new()
    {
        ConnectTimeout = options.ConnectTimeout,
        AllowAutoRedirect = false,
        UseCookies = false,
        UseProxy = false, // nodes are neighbours: a proxy for the internet does not know them
        PooledConnectionLifetime = TimeSpan.FromMinutes(5), // so that a name's new addresses are seen
    };

    /// <summary>Path of a model under <c>/v2</c>.</summary>
    private static string ModelPath(string model) => $"/v2/models/{Segment(model)}";

    private static string Segment(string model)
    {
        ArgumentNullException.ThrowIfNull(model);
        bool usable = model.Length is > 0 and <= 256 && model is not ("." or "..") && !model.Contains('/') &&
            !model.Any(char.IsControl);
        return usable
            ? Uri.EscapeDataString(model)
            : throw new NoodleException(
                NoodleFault.InvalidInput,
                "A model's name has 1 to 256 characters, no '/' and no control characters; this one does not.");
    }

    private static Uri At(Uri node, string path) => new(node.AbsoluteUri.TrimEnd('/') + path);

    private static TimeSpan CheckTimeout(TimeSpan timeout)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(timeout, TimeSpan.FromMilliseconds(1));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(timeout, TimeSpan.FromDays(1));
        return timeout;
    }

    private static string Milliseconds(TimeSpan remaining) =>
        ((long)Math.Max(1, Math.Ceiling(remaining.TotalMilliseconds))).ToString(CultureInfo.InvariantCulture);

    private static string? Header(HttpHeaders headers, string name) =>
        headers.TryGetValues(name, out IEnumerable<string>? values) ? values.First() : null;

    private static long Number(HttpHeaders headers, string name) =>
        long.TryParse(Header(headers, name), NumberStyles.None, CultureInfo.InvariantCulture, out long value)
            ? Math.Min(value, (long)TimeSpan.FromDays(1).TotalMicroseconds)
            : 0;
}
