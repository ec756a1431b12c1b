using Ahr.Backends.OnnxRuntime;
using Nbc.Runtime.Errors;
using Nbc.Runtime.Frames;
using Nbc.Runtime.Machine;
using Nbc.Tensors;
using Nbc.Values;

namespace Ahr.Backends.Bytecode;

/// <summary>A model loaded in the bytecode engine.</summary>
/// <remarks>A run happens on the calling thread, in a frame of the model's name.</remarks>
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
        _run = new NbcRun { Name = name, Task = new NbcTask { Limits = limits } };
    }

    public IReadOnlyList<TensorSpec> Inputs { get; }

    public IReadOnlyList<TensorSpec> Outputs { get; }

    public IReadOnlyList<EngineChoice> Engines { get; } = [new("", "nbc", [])];

    public ValueTask<TensorSet> RunAsync(
        TensorSet inputs, IReadOnlyList<string>? outputs, NbcTask task, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        ArgumentNullException.ThrowIfNull(task);
        cancellation.ThrowIfCancellationRequested();
        Tensor[] ordered = _rule.Order(inputs);
        int[] wanted = outputs is null ? _all : OutputRule.Find(_name, Outputs, outputs);
        return new(Run(ordered, wanted, task, cancellation));
    }

    public void Dispose() => _programs.Dispose();

    private TensorSet Run(Tensor[] ordered, int[] wanted, NbcTask task, CancellationToken cancellation)
    {
        using PinnedInputs pinned = PinnedInputs.Of(ordered);
        NbcValue?[] results = new NbcValue?[Outputs.Count];
        try
        {
            using ShapePrograms.Lease program = _programs.Rent(ordered);
            program.Model.Run(pinned.Values, results, _run, task, cancellation);
            return MachineOutputs.Wrap(Outputs, results, wanted, "nbc");
        }
        catch (NbcException reason)
        {
            foreach (NbcValue? result in results)
            {
                result?.Release();
            }

            throw new BackendException(
                FaultOf(reason.Error.Code), $"'{_name}' could not be run with these inputs: {reason.Error}", reason);
        }
    }

    private static BackendFault FaultOf(NbcErrorCode code) => code switch
    {
        NbcErrorCode.TooLarge or NbcErrorCode.OutOfTime => BackendFault.LimitReached,
        NbcErrorCode.DeadlineExceeded => BackendFault.DeadlineExceeded,
        _ => BackendFault.RunFailed,
    };
}
