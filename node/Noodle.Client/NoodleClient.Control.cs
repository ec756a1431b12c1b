using System.Globalization;
using System.Net;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Noodle.Client.Control;
using Noodle.Client.Failover;
using Noodle.Client.Protocol;

namespace Noodle.Client;

public sealed partial class NoodleClient
{
    /// <summary>Most entries of the decision log that can be asked for at once.</summary>
    public const int MaxDecisions = 10_000;

    /// <summary>Describes a model: its inputs and outputs.</summary>
    /// <exception cref="NoodleException">There is no such model, or no node answered.</exception>
    public Task<ModelMetadata> GetModelMetadataAsync(string model, CancellationToken cancellation = default) =>
        GetAsync(ModelPath(model), ControlJson.Default.ModelMetadata, cancellation);

    /// <summary>
    /// True when a node says that it, or the model, can take calls; false when none does or none answers.
    /// </summary>
    /// <param name="model">Null asks for the node as a whole.</param>
    public async Task<bool> IsReadyAsync(string? model = null, CancellationToken cancellation = default)
    {
        string path = model is null ? "/v2/health/ready" : ModelPath(model) + "/ready";
        NodeCall<bool> call = new(
            (node, _) => new HttpRequestMessage(HttpMethod.Get, At(node, path)),
            static (answer, _, _) => Task.FromResult(answer.StatusCode == HttpStatusCode.OK),
            IsRepeatable: true,
            _options.Timeout);
        try
        {
            return await _caller.CallAsync(call, cancellation).ConfigureAwait(false);
        }
        catch (NoodleException)
        {
            return false; // KServe says 503, Triton 400, an unknown model is 404: none of them is ready
        }
    }

    /// <summary>The nodes of the mesh as the answering node knows them.</summary>
    /// <exception cref="NoodleException">No node answered.</exception>
    public Task<IReadOnlyList<NodeInfo>> GetNodesAsync(CancellationToken cancellation = default) =>
        GetAsync(ControlPaths.Nodes, ControlJson.Default.IReadOnlyListNodeInfo, cancellation);

    /// <summary>The models deployed in the mesh.</summary>
    /// <exception cref="NoodleException">No node answered.</exception>
    public Task<IReadOnlyList<ModelInfo>> GetModelsAsync(CancellationToken cancellation = default) =>
        GetAsync(ControlPaths.Models, ControlJson.Default.IReadOnlyListModelInfo, cancellation);

    /// <summary>Which node has which model.</summary>
    /// <exception cref="NoodleException">No node answered.</exception>
    public Task<IReadOnlyList<ReplicaInfo>> GetReplicasAsync(CancellationToken cancellation = default) =>
        GetAsync(ControlPaths.Replicas, ControlJson.Default.IReadOnlyListReplicaInfo, cancellation);

    /// <summary>What runs on the answering node now, the oldest first.</summary>
    /// <exception cref="NoodleException">No node answered.</exception>
    public Task<IReadOnlyList<TaskInfo>> GetTasksAsync(CancellationToken cancellation = default) =>
        GetAsync(ControlPaths.Tasks, ControlJson.Default.IReadOnlyListTaskInfo, cancellation);

    /// <summary>The last decisions of one node, newest first.</summary>
    /// <param name="limit">1 to <see cref="MaxDecisions"/>.</param>
    /// <exception cref="NoodleException">No node answered.</exception>
    public Task<IReadOnlyList<DecisionInfo>> GetDecisionsAsync(int limit = 20, CancellationToken cancellation = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(limit, MaxDecisions);
        string path = string.Create(CultureInfo.InvariantCulture, $"{ControlPaths.Decisions}?limit={limit}");
        return GetAsync(path, ControlJson.Default.IReadOnlyListDecisionInfo, cancellation);
    }

    /// <summary>Uploads a model file and has the mesh keep it loaded on some nodes.</summary>
    /// <remarks>
    /// Another node is asked only when the first could not be reached at all: once bytes have left, the deployment may
    /// have happened.
    /// </remarks>
    /// <param name="file">Read once, from where it stands to its end; not closed.</param>
    /// <param name="replicas">How many nodes should have it loaded, at least 1.</param>
    /// <param name="sha256">64 hexadecimal digits, which the node checks; null leaves that out.</param>
    /// <exception cref="NoodleException">The model was not taken, or it is not known whether it was.</exception>
    public Task<ModelInfo> DeployAsync(
        string name,
        Stream file,
        int replicas = 1,
        string? sha256 = null,
        CancellationToken cancellation = default) =>
        DeployAsync(name, file, new DeployOptions { Replicas = replicas, Sha256 = sha256 }, cancellation);

    /// <inheritdoc cref="DeployAsync(string, Stream, int, string?, CancellationToken)"/>
    public Task<ModelInfo> DeployAsync(
        string name,
        Stream file,
        DeployOptions options,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(file);
        ArgumentNullException.ThrowIfNull(options);
        (int replicas, string? sha256) = (options.Replicas, options.Sha256);
        ArgumentOutOfRangeException.ThrowIfLessThan(replicas, 1, nameof(options.Replicas));
        if (sha256 is not null && !(sha256.Length == 64 && sha256.All(char.IsAsciiHexDigit)))
        {
            throw new ArgumentException("A SHA-256 digest has 64 hexadecimal digits.", nameof(options));
        }

        string path = string.Create(
            CultureInfo.InvariantCulture, $"{ControlPaths.Models}/{Segment(name)}?replicas={replicas}") +
            (options.Backend is { } backend ? $"&backend={Uri.EscapeDataString(backend)}" : "");
        NodeCall<ModelInfo> call = new(
            MakeRequest,
            (answer, _, cancel) => ReadJsonAsync(answer, ControlJson.Default.ModelInfo, cancel),
            IsRepeatable: false,
            _options.DeployTimeout);
        return _caller.CallAsync(call, cancellation);

        HttpRequestMessage MakeRequest(Uri node, TimeSpan remaining)
        {
            HttpRequestMessage request = new(HttpMethod.Put, At(node, path)) { Content = new UploadContent(file) };
            request.Headers.Add(NoodleHeaders.Timeout, Milliseconds(remaining));
            if (sha256 is not null)
            {
                request.Headers.Add(NoodleHeaders.Digest, "sha256:" + sha256.ToLowerInvariant());
            }

            return request;
        }
    }

    /// <summary>Takes a model out of the mesh.</summary>
    /// <exception cref="NoodleException">There is no such model, or it is not known whether it was removed.</exception>
    public Task RemoveAsync(string name, CancellationToken cancellation = default)
    {
        string path = $"{ControlPaths.Models}/{Segment(name)}";
        NodeCall<bool> call = new(
            (node, _) => new HttpRequestMessage(HttpMethod.Delete, At(node, path)),
            static (_, _, _) => Task.FromResult(true),
            IsRepeatable: false,
            _options.Timeout);
        return _caller.CallAsync(call, cancellation);
    }

    private Task<T> GetAsync<T>(string path, JsonTypeInfo<T> type, CancellationToken cancellation)
    {
        NodeCall<T> call = new(
            (node, _) => new HttpRequestMessage(HttpMethod.Get, At(node, path)),
            (answer, _, cancel) => ReadJsonAsync(answer, type, cancel),
            IsRepeatable: true,
            _options.Timeout);
        return _caller.CallAsync(call, cancellation);
    }

    private async Task<T> ReadJsonAsync<T>(
        HttpResponseMessage answer, JsonTypeInfo<T> type, CancellationToken cancellation)
    {
        using PooledBytes body = await ReadBodyAsync(answer, cancellation).ConfigureAwait(false);
        try
        {
            return JsonSerializer.Deserialize(body.Memory.Span, type)
                ?? throw BadAnswer(answer, "the body is null");
        }
        catch (JsonException e)
        {
            throw BadAnswer(answer, $"the body is not as expected at {e.Path ?? "$"}");
        }
    }
}
