using Ahr.Backends.Conformance;
using Ahr.Ntir.Graph;
using Nbc.Instructions;
using Nbc.Kernels;
using Nbc.Runtime.Tracing;
using Nbc.Values;

namespace Ahr.Backends.Comparison;

/// <summary>Watches a run and finds the first operation whose result is not the one expected.</summary>
/// <remarks>Meaning: compared is what has a name in the model's main graph; bodies of control flow are not.</remarks>
internal sealed class OpTrace : INbcObserver
{
    private readonly Dictionary<int, NtirOp> _ops = [];
    private readonly NbcFunction _main;
    private readonly IReadOnlyDictionary<string, NbcValue?> _expected;
    private readonly Tolerance _tolerance;

    /// <param name="module">That the program was made from, as it was then.</param>
    /// <param name="expected">By name of the value.</param>
    public OpTrace(
        NtirModule module, NbcProgram program, IReadOnlyDictionary<string, NbcValue?> expected, Tolerance tolerance)
    {
        _main = program.Functions[program.Entry];
        _expected = expected;
        _tolerance = tolerance;
        Align(module.Main.Body.Ops, program);
    }

    /// <summary>Values that were compared and agree.</summary>
    public int Compared { get; private set; }

    /// <summary>The largest error among values that agree, as a part of the largest number of its tensor.</summary>
    public double LargestError { get; private set; }

    /// <summary>Null while all agree; nothing is compared behind it.</summary>
    public OpDifference? First { get; private set; }

    /// <inheritdoc/>
    public void Executed(in NbcStep step)
    {
        if (First is not null || step.Function != _main || !_ops.TryGetValue(step.Index, out NtirOp? op))
        {
            return;
        }

        for (int i = 0; i < Math.Min(op.Results.Count, step.Outputs.Length); i++)
        {
            if (op.Results[i].Name is not { } name || step.Outputs[i] is not { } actual ||
                !_expected.TryGetValue(name, out NbcValue? expected) || expected is null)
            {
                continue;
            }

            (double absolute, double relative) = ValueErrors.Largest(actual, expected);
            if (ValueComparison.Difference(actual, expected, _tolerance) is { } why)
            {
                First = new OpDifference(
                    op.Location.Path, op.Location.Kind, op.Name, name, [.. Describe(op)], $"{actual}", $"{expected}",
                    absolute, why);
                return;
            }

            Compared++;
            LargestError = Math.Max(LargestError, relative);
        }
    }

    private static IEnumerable<string> Describe(NtirOp op) =>
        op.Operands.Select(operand => operand is null ? "none" : operand.Type.ToString()!);

    // Operations are written in their order; what a pass or control flow puts between them has another place or kernel.
    private void Align(IReadOnlyList<NtirOp> ops, NbcProgram program)
    {
        int at = 0;
        foreach (NtirOp op in ops)
        {
            if (KernelTable.Find(op.Name == "fallback" ? "engine_call" : op.Name) is not { } kernel)
            {
                continue;
            }

            for (int i = at; i < _main.Instructions.Length; i++)
            {
                if (_main.Instructions[i].Opcode == kernel.Opcode &&
                    (program.LocationOf(_main, i) ?? "") == op.Location.Path)
                {
                    _ops[i] = op;
                    at = i + 1;
                    break;
                }
            }
        }
    }
}

/// <summary>An operation that gives something else than expected.</summary>
/// <param name="Path">Of the node in the model.</param>
/// <param name="Kind">Its operator in the model's format, such as <c>ai.onnx.Conv</c>.</param>
/// <param name="Op">The operation that ran.</param>
/// <param name="Value">Name of the result.</param>
/// <param name="Operands">Their types.</param>
/// <param name="Actual">Type and shape of the result; so is <paramref name="Expected"/>.</param>
/// <param name="LargestError">The largest difference of two elements; NaN where they cannot be compared.</param>
/// <param name="Why">The first difference, as a sentence.</param>
public sealed record OpDifference(
    string Path,
    string Kind,
    string Op,
    string Value,
    IReadOnlyList<string> Operands,
    string Actual,
    string Expected,
    double LargestError,
    string Why);
