using System.Diagnostics;
using Ahr.Backends.OnnxRuntime;
using Nbc.Runtime.Errors;
using Nbc.Runtime.Frames;
using Nbc.Runtime.Machine;
using Nbc.Tensors;
using Nbc.Values;

namespace Ahr.Backends.Bytecode;

/// <summary>A model loaded in the bytecode engine.</summary>
/// <remarks>A run happens on the calling thread, in a frame that carries the model's name as its owner.</remarks>
internal sealed class NbcBackendModel : IBackendModel
{
    private readonly string _name;
    private readonly InputRule _rule;
    private readonly int[] _all;
    private readonly ShapePrograms _programs;
    private readonly NbcRun _run;

    public NbcBackendModel(
        string name,
        TensorSpec[] inputs,
        TensorSpec[] outputs,
        IReadOnlySet<string> rankless,
        ShapePrograms programs,
        NbcLimits limits)
    {
        _name = name;
        _programs = programs;
        Inputs = inputs;
        Outputs = outputs;
        _rule = new InputRule(name, inputs, rankless);
        _all = [.. Enumerable.Range(0, outputs.Length)];
        _run = new NbcRun { Task = new NbcTask { Owner = $"model {name}", Limits = limits } };
    }

    public IReadOnlyList<TensorSpec> Inputs { get; }

    public IReadOnlyList<TensorSpec> Outputs { get; }

    public IReadOnlyList<EngineChoice> Engines { get; } = [new("", "nbc", [])];

    public ValueTask<TensorSet> RunAsync(
        TensorSet inputs, IReadOnlyList<string>? outputs, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        cancellation.ThrowIfCancellationRequested();
        Tensor[] ordered = _rule.Order(inputs);
        int[] wanted = outputs is null ? _all : OutputRule.Find(_name, Outputs, outputs);
        return new(Run(ordered, wanted, cancellation));
    }

    public void Dispose() => _programs.Dispose();

    // The frames of a run carry the trace that it belongs to, where there is one.
    private NbcRun Traced() => Activity.Current is { IdFormat: ActivityIdFormat.W3C } activity
        ? _run with { Task = _run.Task with { TraceId = activity.TraceId.ToHexString() } }
        : _run;

    private TensorSet Run(Tensor[] ordered, int[] wanted, CancellationToken cancellation)
    {
        using PinnedInputs pinned = PinnedInputs.Of(ordered);
        NbcValue?[] results = new NbcValue?[Outputs.Count];
        try
        {
            using ShapePrograms.Lease program = _programs.Rent(ordered);
            program.Model.Run(pinned.Values, results, Traced(), cancellation);
            return MachineOutputs.Wrap(Outputs, results, wanted, "nbc");
        }
        catch (NbcException reason)
        {
            foreach (NbcValue? result in results)
            {
                result?.Release();
            }

            throw new BackendException(
                reason.Error.Code is NbcErrorCode.TooLarge or NbcErrorCode.OutOfTime
                    ? BackendFault.LimitReached
                    : BackendFault.RunFailed,
                $"'{_name}' could not be run with these inputs: {reason.Error}",
                reason);
        }
    }
}
