using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Microsoft.ML.OnnxRuntime;
using Nbc.Runtime.Frames;
using Nbc.Tensors;

namespace Ahr.Backends.OnnxRuntime;

/// <summary>A model loaded in ONNX Runtime.</summary>
/// <remarks>
/// A run happens on the calling thread, in a frame of the model's name. Inputs are pinned, not copied, unless they are
/// strings, empty or not aligned; outputs stay in the engine's memory until their set is disposed; strings are copied,
/// byte for byte.
/// Bound: <see cref="MostIdle"/> idle runs are kept, one for each call that ran at the same time.
/// </remarks>
internal sealed class OnnxRuntimeModel : IBackendModel
{
    private const int MostIdle = 64;

    private readonly string _name;
    private readonly InferenceSession _session;
    private readonly InputRule _rule;
    private readonly string[] _inputNames;
    private readonly string[] _outputNames;
    private readonly ILogger _logger;
    private readonly TaskBoard _tasks;
    private readonly ConcurrentBag<EngineRun> _idle = [];

    public OnnxRuntimeModel(
        string name, InferenceSession session, IReadOnlySet<string> rankless, TaskBoard tasks, ILogger logger)
    {
        _tasks = tasks;
        _name = name;
        _session = session;
        _logger = logger;
        Inputs = Describe(name, "input", session.InputNames, session.InputMetadata);
        Outputs = Describe(name, "output", session.OutputNames, session.OutputMetadata);
        _inputNames = [.. session.InputNames];
        _outputNames = [.. session.OutputNames];
        _rule = new InputRule(name, Inputs, rankless);
    }

    public IReadOnlyList<TensorSpec> Inputs { get; }

    public IReadOnlyList<TensorSpec> Outputs { get; }

    public IReadOnlyList<EngineChoice> Engines { get; } = [new("", "onnxruntime", [])];

    public ValueTask<TensorSet> RunAsync(
        TensorSet inputs, IReadOnlyList<string>? outputs, NbcTask task, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        ArgumentNullException.ThrowIfNull(task);
        cancellation.ThrowIfCancellationRequested();
        Tensor[] ordered = _rule.Order(inputs);
        string[] wanted = outputs is null ? _outputNames : CheckOutputs(outputs);
        return new(Run(ordered, wanted, task, cancellation));
    }

    public void Dispose()
    {
        _session.Dispose();
        while (_idle.TryTake(out EngineRun? run))
        {
            run.Dispose();
        }
    }

    private TensorSet Run(Tensor[] inputs, string[] wanted, NbcTask task, CancellationToken cancellation)
    {
        using InputValues values = new(inputs.Length);
        using TaskFrame frame = _tasks.Enter(task.Name.Length > 0 ? task.Name : _name, task);
        EngineRun run = _idle.TryTake(out EngineRun? idle) ? idle : new EngineRun(_tasks.Time);
        try
        {
            foreach (Tensor input in inputs)
            {
                values.Add(input);
            }

            return run.TryBegin(frame.Stack.Deadline, cancellation)
                ? OutputValues.Wrap(wanted, _session.Run(run.Options, _inputNames, values.Values, wanted))
                : throw TooLate(null);
        }
        catch (OnnxRuntimeException reason)
        {
            cancellation.ThrowIfCancellationRequested();
            if (run.IsOver)
            {
                throw TooLate(reason);
            }

            Log.EngineSaid(_logger, _name, reason.Message);
            throw new BackendException(
                BackendFault.RunFailed,
                $"ONNX Runtime could not run '{_name}' with these inputs: check that sizes agree with each other " +
                "and values are in range; the node's log has the details",
                reason);
        }
        finally
        {
            if (run.End() && _idle.Count < MostIdle)
            {
                _idle.Add(run);
            }
            else
            {
                run.Dispose();
            }
        }
    }

    private BackendException TooLate(OnnxRuntimeException? reason) => new(
        BackendFault.DeadlineExceeded, $"'{_name}' was not done at the deadline: give the call more time", reason);

    private string[] CheckOutputs(IReadOnlyList<string> outputs) =>
        Array.ConvertAll(OutputRule.Find(_name, Outputs, outputs), place => _outputNames[place]);

    private static TensorSpec[] Describe(
        string model, string what, IReadOnlyList<string> names, IReadOnlyDictionary<string, NodeMetadata> metadata)
    {
        TensorSpec[] specs = new TensorSpec[names.Count];
        for (int i = 0; i < specs.Length; i++)
        {
            NodeMetadata node = metadata[names[i]];
            ElementType type = node.IsTensor ? (ElementType)node.ElementDataType : ElementType.Undefined;
            if (ElementTypes.NameOf(type) == "UNDEFINED")
            {
                string kind = node.IsTensor ? $"a tensor of {node.ElementDataType}" : $"a {node.OnnxValueType}";
                throw new BackendException(
                    BackendFault.UnsupportedModel,
                    $"{what} '{names[i]}' of '{model}' is {kind}, which calls cannot carry: " +
                    "export the model with ordinary tensors");
            }

            specs[i] = new TensorSpec(names[i], type, [.. node.Dimensions.Select(size => size < 0 ? -1L : size)]);
        }

        return specs;
    }
}
