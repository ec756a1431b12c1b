using Ahr.Ntir.Graph;
using Ahr.Ntir.Ops;
using Ahr.Ntir.Types;
using Nbc.Kernels;
using Nbc.Values;

namespace Ahr.Ntir.Verification;

/// <summary>Says what is not legal in a module; what is legal stands in <see cref="OpTable"/>.</summary>
/// <remarks>
/// Bound: <see cref="MostDiagnostics"/> faults are listed; regions nest to <see cref="DeepestNesting"/>.
/// Meaning: an empty answer says that every operation is known, has the operands, results, attributes and regions that
/// its definition asks for, uses only values made before it or around it, and that calls end.
/// </remarks>
public sealed class Verifier
{
    public const int MostDiagnostics = 100;
    public const int DeepestNesting = 64;

    private readonly List<Diagnostic> _diagnostics = [];
    private readonly HashSet<NtirValue> _visible = new(ReferenceEqualityComparer.Instance);

    private Verifier()
    {
    }

    public static IReadOnlyList<Diagnostic> Check(NtirModule module)
    {
        ArgumentNullException.ThrowIfNull(module);
        Verifier verifier = new();
        HashSet<string> names = new(StringComparer.Ordinal);
        foreach (NtirFunction function in module.Functions)
        {
            if (!names.Add(function.Name))
            {
                verifier.Note(NtirFault.WrongCall, $"function {function.Name}",
                    "the module has two functions of this name");
            }

            verifier._visible.Clear();
            verifier.CheckRegion(function.Body, $"function {function.Name}", 0);
        }

        CallCheck.Run(module, verifier.Note);
        return verifier._diagnostics;
    }

    private void CheckRegion(NtirRegion region, string where, int depth)
    {
        if (depth > DeepestNesting)
        {
            Note(NtirFault.TooLarge, where, $"regions nest deeper than {DeepestNesting}");
            return;
        }

        List<NtirValue> mine = [.. region.Parameters];
        mine.ForEach(value => _visible.Add(value));
        foreach (NtirOp op in region.Ops)
        {
            CheckOp(op, depth);
            foreach (NtirValue result in op.Results)
            {
                _visible.Add(result);
                mine.Add(result);
            }
        }

        for (int i = 0; i < region.Results.Count; i++)
        {
            if (!_visible.Contains(region.Results[i]))
            {
                Note(NtirFault.NotDominated, where, $"result {i} is not made in this region or around it");
            }
        }

        mine.ForEach(value => _visible.Remove(value));
    }

    private void CheckOp(NtirOp op, int depth)
    {
        string where = op.Location.ToString();
        if (OpTable.Find(op.Name) is not { } definition)
        {
            Note(NtirFault.UnknownOperation, where, $"there is no operation {op.Name}");
            return;
        }

        CheckOperands(op, definition.Descriptor, where);
        bool hasRightAttributes = CheckAttributes(op, definition.Descriptor, where);
        if (op.Regions.Count != definition.Regions)
        {
            Note(NtirFault.WrongRegion, where, $"{op.Name} has {op.Regions.Count} regions, not {definition.Regions}");
            return;
        }

        if (hasRightAttributes)
        {
            CheckContent(op, where);
        }

        foreach (NtirRegion region in op.Regions)
        {
            CheckRegion(region, where, depth + 1);
        }
    }

    private void CheckContent(NtirOp op, string where)
    {
        if (RegionSignature.Fault(op) is { } fault)
        {
            Note(NtirFault.WrongRegion, where, fault);
        }

        if (op.Name == NtirOp.ConstantName && op.Results.Count == 1)
        {
            TensorValue value = op.Attributes.Tensor("value")!;
            TensorType type = new(value.Type, SymbolicShape.Of(value.Shape));
            if (!type.Equals(op.Result.Type))
            {
                Note(NtirFault.TypeMismatch, where, $"the constant is {type}, its result {op.Result.Type}");
            }
        }
    }

    private void CheckOperands(NtirOp op, KernelDescriptor descriptor, string where)
    {
        int given = op.Operands.Count;
        if (given < descriptor.MinInputs || given > descriptor.MaxInputs)
        {
            Note(NtirFault.WrongCount, where,
                $"{op.Name} has {given} operands, {Range(descriptor.MinInputs, descriptor.MaxInputs)}");
        }

        int results = op.Results.Count;
        if (results < descriptor.MinOutputs || results > descriptor.MaxOutputs)
        {
            Note(NtirFault.WrongCount, where,
                $"{op.Name} has {results} results, {Range(descriptor.MinOutputs, descriptor.MaxOutputs)}");
        }

        for (int i = 0; i < given; i++)
        {
            if (op.Operands[i] is { } operand && !_visible.Contains(operand))
            {
                Note(NtirFault.NotDominated, where, $"operand {i} of {op.Name} is not made before it or around it");
            }
            else if (op.Operands[i] is null && i < descriptor.MaxInputs && !MayBeAbsent(op.Name, descriptor, i))
            {
                Note(NtirFault.WrongCount, where, $"operand {i} of {op.Name} is missing");
            }
        }
    }

    /// <summary>False when the table says that the operand must be there. A function says it by its uses: see
    /// <see cref="CallCheck"/>.</summary>
    internal static bool MayBeAbsent(string name, KernelDescriptor descriptor, int operand) =>
        name == StructuralOps.Call || (operand < descriptor.Inputs.Length && descriptor.Inputs[operand].EndsWith('?'));

    // True when each is there and of its kind.
    private bool CheckAttributes(NtirOp op, KernelDescriptor descriptor, string where)
    {
        int before = _diagnostics.Count;
        foreach ((string name, AttributeValue value) in op.Attributes.All)
        {
            AttributeSpec? spec = descriptor.FindAttribute(name);
            if (spec is null)
            {
                Note(NtirFault.WrongAttribute, where, $"{op.Name} has no attribute {name}");
            }
            else if (spec.Kind != value.Kind)
            {
                Note(NtirFault.WrongAttribute, where,
                    $"attribute {name} of {op.Name} is {value.Kind}, not {spec.Kind}");
            }
        }

        foreach (AttributeSpec spec in descriptor.Attributes)
        {
            if (spec.IsRequired && !op.Attributes.Has(spec.Name))
            {
                Note(NtirFault.WrongAttribute, where, $"{op.Name} needs attribute {spec.Name}");
            }
        }

        return _diagnostics.Count == before && before < MostDiagnostics;
    }

    private void Note(NtirFault fault, string where, string detail)
    {
        if (_diagnostics.Count < MostDiagnostics)
        {
            _diagnostics.Add(new Diagnostic(fault, where, detail));
        }
    }

    private static string Range(int least, int most) => most == int.MaxValue
        ? $"at least {least}"
        : least == most ? $"not {least}" : $"it takes {least} to {most}";
}
