using Ahr.Backends.Bytecode;
using Ahr.Backends.Conformance;
using Ahr.Ntir.Graph;
using Nbc.Instructions;
using Nbc.Runtime.Errors;
using Nbc.Runtime.Machine;
using Nbc.Tensors;
using Nbc.Values;

namespace Ahr.Backends.Comparison;

/// <summary>What came of comparing a model's run on Noodle's own engine with ONNX Runtime's, operation by operation.
/// </summary>
/// <param name="Compared">Values inside the model that agree.</param>
/// <param name="LargestError">Among those, as a part of the largest number of its tensor.</param>
/// <param name="First">The first operation that differs; null when none does.</param>
/// <param name="Outputs">All outputs of the model.</param>
public sealed record ComparisonReport(
    int Compared, double LargestError, OpDifference? First, IReadOnlyList<OutputComparison> Outputs)
{
    public bool IsEqual => First is null && Outputs.All(output => output.Why is null);
}

/// <summary>One output of a model on both engines.</summary>
/// <param name="LargestError">The largest difference of two elements; NaN where they cannot be compared.</param>
/// <param name="Why">The first difference as a sentence; null when they agree.</param>
public sealed record OutputComparison(string Name, string Type, double LargestError, string? Why);

/// <summary>Runs a model on both engines with the same inputs and finds the operation where they part.</summary>
/// <remarks>Meaning: the program is the one that answers calls, optimised and planned; the reference runs the model as
/// written. Values that a pass took away are not compared.</remarks>
public static class OpComparison
{
    /// <param name="path">An ONNX model.</param>
    /// <param name="inputs">All inputs, by name.</param>
    /// <exception cref="BackendException">One of the engines does not take the model or the inputs.</exception>
    public static ComparisonReport Run(
        string path, IReadOnlyList<Tensor> inputs, Tolerance tolerance, CancellationToken cancellation)
    {
        (NtirModule module, _) = NbcCompilation.Import(path, allowFallback: true);
        return Run(module, path, inputs, tolerance, cancellation);
    }

    /// <param name="module">What runs on Noodle's own engine; it is optimised in place.</param>
    internal static ComparisonReport Run(
        NtirModule module, string path, IReadOnlyList<Tensor> inputs, Tolerance tolerance,
        CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        string name = Path.GetFileName(path);
        NbcProgram program = NbcCompilation.Compile(module, name);
        using PinnedInputs pinned = PinnedInputs.Of([.. program.Inputs.Select(port => Find(name, port, inputs))]);
        Dictionary<string, NbcValue?> given = new(StringComparer.Ordinal);
        for (int i = 0; i < program.Inputs.Length; i++)
        {
            given[program.Inputs[i].Name] = pinned.Values[i];
        }

        Dictionary<string, NbcValue?> expected = ReferenceRun.Run(path, given, NamesOf(module));
        OpTrace trace = new(module, program, expected, tolerance);
        try
        {
            using NbcModel model = NbcRuntime.Load(
                program, new NbcLoadOptions { MaxRuns = 1, Engines = EngineCallKernel.Create });
            NbcValue?[] outputs = new NbcValue?[program.Outputs.Length];
            model.Run(pinned.Values, outputs, new NbcRun { Observer = trace }, cancellation);
            return new ComparisonReport(
                trace.Compared, trace.LargestError, trace.First,
                [.. program.Outputs.Select((port, i) => Compare(port.Name, outputs[i], expected, tolerance))]);
        }
        catch (NbcException reason)
        {
            throw new BackendException(
                BackendFault.RunFailed, $"'{name}' could not be run with these inputs: {reason.Error}", reason);
        }
    }

    // A name that several values bear is no name.
    private static HashSet<string> NamesOf(NtirModule module) => [.. module.Main.Body.Ops
        .SelectMany(op => op.Results).Select(result => result.Name).OfType<string>()
        .GroupBy(value => value, StringComparer.Ordinal).Where(group => group.Count() == 1).Select(group => group.Key)];

    private static OutputComparison Compare(
        string name, NbcValue? actual, Dictionary<string, NbcValue?> expected, Tolerance tolerance)
    {
        NbcValue? reference = expected.GetValueOrDefault(name);
        return new OutputComparison(
            name, $"{actual}", ValueErrors.Largest(actual, reference).Absolute,
            ValueComparison.Difference(actual, reference, tolerance));
    }

    private static Tensor Find(string model, NbcPort port, IReadOnlyList<Tensor> inputs) =>
        inputs.FirstOrDefault(tensor => tensor.Name == port.Name) ?? throw new BackendException(
            BackendFault.InvalidInput, $"'{model}' needs the input '{port.Name}', {port.Type}, which was not given");
}
