using Nbc.Instructions;
using Nbc.Tensors;

namespace Nbc.Verification;

/// <summary>Proves before a run that a program is legal: what it cannot prove does not run.</summary>
/// <remarks>
/// Meaning: first every field of every instruction against <see cref="InstructionTable"/> and
/// <see cref="Kernels.KernelTable"/>; then, for functions without such a fault, each way through them: kinds on the
/// stack and in locals, depth, frames, and which registers hold a value. Types and shapes of tensors are checked by
/// kernels when they run. Bound: <see cref="MaxFaults"/> faults, and a fixed number of steps.
/// </remarks>
public static class NbcVerifier
{
    /// <summary>Faults that are told, at most.</summary>
    public const int MaxFaults = 100;

    /// <returns>Nothing when the program is legal.</returns>
    public static IReadOnlyList<ProgramFault> Verify(NbcProgram program)
    {
        ArgumentNullException.ThrowIfNull(program);
        List<ProgramFault> faults = [];
        CheckNames(program, faults);
        CheckConstants(program, faults);
        CheckEntry(program, faults);
        VerifierBudget budget = new();
        foreach (NbcFunction function in program.Functions)
        {
            if (faults.Count >= MaxFaults)
            {
                break;
            }

            int before = faults.Count;
            new FunctionFields(program, function, faults).Check();
            if (faults.Count == before)
            {
                new FunctionFlow(program, function, budget, faults).Check();
            }
        }

        return faults.Count > MaxFaults ? faults[..MaxFaults] : faults;
    }

    /// <summary>What is wrong with a type, as a part of a sentence; null when nothing is.</summary>
    public static string? FaultOf(NbcType? type)
    {
        for (int depth = 0; type is not null; depth++)
        {
            if (depth == NbcType.MaxDepth)
            {
                return $"types are nested more than {NbcType.MaxDepth} deep";
            }

            bool hasElement = type.Kind is NbcValueKind.Tensor or NbcValueKind.Map;
            bool hasItem = type.Kind is NbcValueKind.Sequence or NbcValueKind.Optional or NbcValueKind.Map;
            if (type.Kind > NbcValueKind.Map || (type.Item is null) == hasItem ||
                (type.Dimensions is not null && type.Kind != NbcValueKind.Tensor) ||
                (type.Element == ElementType.Undefined) == hasElement ||
                (hasElement && ElementTypes.TextOf(type.Element) == "undefined"))
            {
                return $"{type} is no type";
            }

            if (type.Dimensions is { } sizes && (sizes.Length > NbcType.MaxRank || sizes.Any(size => size < -1)))
            {
                return $"{type} is no shape";
            }

            type = type.Item;
        }

        return null;
    }

    private static void CheckNames(NbcProgram program, List<ProgramFault> faults)
    {
        (string What, IEnumerable<string> Names)[] groups =
        [
            ("function", program.Functions.Select(each => each.Name)),
            ("constant", program.Constants.Select(each => each.Name)),
            ("global", program.Globals.Select(each => each.Name)),
            ("input", program.Inputs.Select(each => each.Name)),
            ("output", program.Outputs.Select(each => each.Name)),
        ];
        foreach ((string what, IEnumerable<string> names) in groups)
        {
            HashSet<string> seen = new(StringComparer.Ordinal);
            foreach (string name in names)
            {
                if (name.Length == 0)
                {
                    faults.Add(new(FaultKind.WrongName, null, -1, $"a {what} has no name"));
                }
                else if (!seen.Add(name))
                {
                    faults.Add(new(FaultKind.WrongName, null, -1, $"two of kind {what} are named {name}"));
                }
            }
        }
    }

    private static void CheckConstants(NbcProgram program, List<ProgramFault> faults)
    {
        foreach (NbcConstant constant in program.Constants)
        {
            if (ElementTypes.TextOf(constant.Type) == "undefined" || constant.Shape.Length > NbcType.MaxRank ||
                !Tensor.TryCount(constant.Shape, out long count) || count > int.MaxValue)
            {
                faults.Add(new(FaultKind.WrongType, null, -1,
                    $"constant {constant.Name}: {Shapes.Text(constant.Shape)} is no shape"));
            }
        }
    }

    private static void CheckEntry(NbcProgram program, List<ProgramFault> faults)
    {
        if ((uint)program.Entry >= (uint)program.Functions.Length)
        {
            faults.Add(new(FaultKind.WrongEntry, null, -1,
                $"the entry is function {program.Entry} of {program.Functions.Length}"));
            return;
        }

        NbcFunction entry = program.Functions[program.Entry];
        if (entry.Parameters.Length != program.Inputs.Length || entry.Results.Length != program.Outputs.Length)
        {
            faults.Add(new(FaultKind.WrongEntry, null, -1,
                $"{entry.Name} has {entry.Parameters.Length} parameters and {entry.Results.Length} results, " +
                $"the program {program.Inputs.Length} inputs and {program.Outputs.Length} outputs"));
        }

        if (entry.ScalarParameters.Length > 0 || entry.ScalarResults.Length > 0)
        {
            faults.Add(new(FaultKind.WrongEntry, null, -1, $"{entry.Name} is the entry: it has no scalar parameters " +
                "and results"));
        }

        foreach (NbcPort port in program.Inputs.Concat(program.Outputs))
        {
            if (FaultOf(port.Type) is { } fault)
            {
                faults.Add(new(FaultKind.WrongType, null, -1, $"{port.Name}: {fault}"));
            }
        }
    }
}

/// <summary>How much the verifier does for one program, whatever its functions are like.</summary>
internal sealed class VerifierBudget
{
    private long _left = 1 << 26;

    public bool TrySpend(long steps)
    {
        _left -= steps;
        return _left >= 0;
    }
}
