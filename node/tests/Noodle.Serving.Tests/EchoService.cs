using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using Ahr.Planning;
using Ahr.Runtime;
using Nbc.Tensors;
using Noodle.Primitives;

namespace Noodle.Serving.Tests;

/// <summary>A catalog and a service whose models give back what they take, for every element type.</summary>
/// <remarks>
/// <c>echo-fp32</c> and its like: input x [-1], output y [-1]. <c>pair</c>: a FP32 [-1, 3] and b BYTES [-1].
/// <c>fault-X</c> answers with fault X, <c>throws</c> throws, <c>waits</c> waits to be cancelled.
/// </remarks>
internal sealed class EchoService : IInferenceService, IModelCatalog
{
    public static readonly NodeId Node = NodeId.Create("echo", new Guid("11112222333344445555666677778888"));

    private readonly SortedDictionary<string, DeployedModel> _models = new(StringComparer.Ordinal);

    public EchoService()
    {
        foreach (ElementType type in Enum.GetValues<ElementType>())
        {
            if (type != ElementType.Undefined)
            {
                Add($"echo-{ElementTypes.NameOf(type).ToLowerInvariant()}", [new("x", type, [-1])], [new("y", type,
                    [-1])]);
            }
        }

        TensorSpec a = new("a", ElementType.Float32, [-1, 3]);
        TensorSpec b = new("b", ElementType.String, [-1]);
        Add("pair", [a, b], [a with { Name = "c" }, b with { Name = "d" }]);
        Add("square", [new("x", ElementType.Int32, [-1, -1])], [new("y", ElementType.Int32, [-1, -1])]);
        Add("text", [new("x", ElementType.String, [1])], [new("y", ElementType.String, [1])]);
        Add("texts", [new("x", ElementType.String, [2])], [new("y", ElementType.String, [2])]);
        Add("scalar", [new("x", ElementType.Float32, [])], [new("y", ElementType.Float32, [])]);
        foreach (string name in (string[])["throws", "waits", "bad-output", "empty-answer", "odd-reason",
            .. Enum.GetNames<InferenceFault>().Select(fault => $"fault-{fault}")])
        {
            Add(name, [new("x", ElementType.Int32, [-1])], [new("y", ElementType.Int32, [-1])]);
        }
    }

    /// <summary>The last call; its tensors may be gone.</summary>
    public InferenceCall? LastCall { get; private set; }

    /// <summary>All calls, oldest first.</summary>
    public ConcurrentQueue<InferenceCall> Calls { get; } = new();

    public TaskCompletionSource Waiting { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public TaskCompletionSource Cancelled { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public HashSet<string> NotReady { get; } = [];

    public IReadOnlyList<DeployedModel> List() => [.. _models.Values];

    public bool TryGet(string name, [NotNullWhen(true)] out DeployedModel? model) => _models.TryGetValue(name,
        out model);

    public IReadOnlyList<Candidate> GetCandidates(DeployedModel model) =>
        [new Candidate(Node, true, !NotReady.Contains(model.Name), 0, 0, 0)];

    public async ValueTask<InferenceAnswer> InferAsync(InferenceCall call, CancellationToken cancellation)
    {
        LastCall = call;
        Calls.Enqueue(call);
        switch (call.Model)
        {
            case "throws":
                throw new InvalidOperationException("secret path /etc/x");
            case "waits":
                Waiting.TrySetResult();
                try
                {
                    await new TaskCompletionSource().Task.WaitAsync(cancellation);
                }
                finally
                {
                    Cancelled.TrySetResult();
                }

                break;
            case "empty-answer":
                return new InferenceAnswer();
            case "bad-output":
                return new InferenceAnswer { Outputs = new TensorSet([new("y", ElementType.Int32, [2], new byte[3])]) };
        }

        if (call.Model.StartsWith("fault-", StringComparison.Ordinal))
        {
            InferenceFault fault = Enum.Parse<InferenceFault>(call.Model[6..]);
            string message = fault < InferenceFault.Overloaded ? "as\nwished" : "";
            return new InferenceAnswer { Fault = fault, Message = message };
        }

        TryGet(call.Model, out DeployedModel? model);
        var outputs = new List<Tensor>();
        for (int i = 0; i < model!.Inputs.Count; i++)
        {
            if (call.Outputs?.Contains(model.Outputs[i].Name) != false && call.Inputs.TryGet(model.Inputs[i].Name,
                out Tensor? input))
            {
                outputs.Add(input with { Name = model.Outputs[i].Name, Data = input.Data.ToArray() });
            }
        }

        string reason = call.Model == "odd-reason" ? "é\r\nX: y" + new string('z', 400) : "local: the only node";
        return new InferenceAnswer
        {
            Outputs = new TensorSet(outputs),
            Node = Node,
            Attempts = 1,
            Decision = new Decision(Node, reason, []),
            Engine = "echo", Compute = TimeSpan.FromMicroseconds(42),
        };
    }

    private void Add(string name, TensorSpec[] inputs, TensorSpec[] outputs) =>
        _models[name] = new DeployedModel(name, 3, new string('0', 64), 1, "onnxruntime_onnx", 1, inputs, outputs);
}
