using System.Diagnostics.CodeAnalysis;
using Ahr.Planning;
using Microsoft.Extensions.Logging.Abstractions;
using Noodle.Primitives;

namespace Ahr.Runtime.Tests;

/// <summary>A router whose mesh and remote nodes a test scripts.</summary>
internal sealed class RouterScene : IModelCatalog, IRemoteExecutor, IModelProgress, IAsyncDisposable
{
    private readonly Lock _gate = new();

    public RouterScene(
        TimeProvider? time = null, ModelHostOptions? options = null, INodeSelector? selector = null,
        IAttemptRunner? runner = null)
    {
        Local = new Scene(options, time: time);
        Router = new InferenceRouter(
            this,
            Local.Host,
            this,
            this,
            new DecisionLog(),
            new RouterOptions { Seed = 5 },
            time ?? TimeProvider.System,
            NullLogger<InferenceRouter>.Instance,
            selector,
            runner);
    }

    public Scene Local { get; }

    public InferenceRouter Router { get; }

    public DeployedModel Model { get; set; } = new("adder", 1, new string('a', 64), 1, "onnxruntime_onnx", 1, [], []);

    public List<Candidate> Mesh { get; } = [new(Scene.Node(0), true, false, 0, 0, 0)];

    public List<(NodeId Node, Guid Key, TimeSpan Remaining)> Asked { get; } = [];

    public volatile bool BeingLoaded;

    public Func<NodeId, InferenceCall, CancellationToken, ValueTask<InferenceAnswer>> OnExecute { get; set; } =
        (_, call, _) => new(Add(call));

    public static InferenceAnswer Add(InferenceCall call) => new()
    {
        Outputs = Scene.Number(BitConverter.ToInt64(call.Inputs.Tensors[0].Data.Span) + 1),
        Compute = TimeSpan.FromMicroseconds(100),
    };

    public static InferenceAnswer Fault(InferenceFault fault) => new() { Fault = fault, Message = $"it is {fault}" };

    public static InferenceCall Call(long value, int timeoutMs = 10_000, string model = "adder") =>
        new(model, Scene.Number(value), null, TimeSpan.FromMilliseconds(timeoutMs), Guid.NewGuid());

    public void AddRemotes(params ReadOnlySpan<int> nodes)
    {
        foreach (int node in nodes)
        {
            Mesh.Add(new Candidate(Scene.Node(node), false, true, 0, 0, 100 * node));
        }
    }

    public Task<InferenceAnswer> InferAsync(InferenceCall call, CancellationToken cancellation = default) =>
        Router.InferAsync(call, cancellation).AsTask().WaitAsync(Scene.Patience, TimeProvider.System, default);

    public IReadOnlyList<DeployedModel> List() => [Model];

    public bool TryGet(string name, [NotNullWhen(true)] out DeployedModel? model)
    {
        model = name == Model.Name ? Model : null;
        return model is not null;
    }

    public IReadOnlyList<Candidate> GetCandidates(DeployedModel model) => Mesh;

    public bool IsBeingLoaded(DeployedModel model) => BeingLoaded;

    public ValueTask<InferenceAnswer> ExecuteAsync(
        NodeId node, InferenceCall call, TimeSpan remaining, CancellationToken cancellation)
    {
        lock (_gate)
        {
            Asked.Add((node, call.IdempotencyKey, remaining));
        }

        return OnExecute(node, call, cancellation);
    }

    public ValueTask DisposeAsync() => Local.DisposeAsync();
}
