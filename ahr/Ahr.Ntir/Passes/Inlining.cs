using Ahr.Ntir.Graph;
using Ahr.Ntir.Ops;

namespace Ahr.Ntir.Passes;

/// <summary>Puts the body of a function in the place of each call. Law: the module computes the same.</summary>
/// <remarks>
/// Bound: a body that would bring the module past <see cref="MostOps"/> operations stays a call, so that functions
/// which call each other twice cannot grow a module without end; the caller sees that by the calls that are left.
/// </remarks>
public sealed class Inlining
{
    public const int MostOps = 1_000_000;

    private readonly Dictionary<NtirFunction, int> _sizes = new(ReferenceEqualityComparer.Instance);
    private readonly NtirModule _module;
    private int _ops;

    private Inlining(NtirModule module) => _module = module;

    /// <returns>Calls replaced.</returns>
    public static int Run(NtirModule module)
    {
        ArgumentNullException.ThrowIfNull(module);
        Inlining pass = new(module) { _ops = module.Main.Body.AllOps().Count() };
        int replaced = pass.Inline(module.Main.Body, 0);
        if (!module.Main.Body.AllOps().Any(op => op.Name == StructuralOps.Call))
        {
            module.RemoveFunctions(_ => true);
        }

        return replaced;
    }

    private int Inline(NtirRegion region, int depth)
    {
        List<NtirOp> ops = [];
        int replaced = region.Ops.Sum(op => Inline(op, ops, depth));
        if (replaced > 0)
        {
            region.ReplaceOps(ops);
        }

        return replaced;
    }

    // Adds what stands for the operation: itself, or all that it calls.
    private int Inline(NtirOp op, List<NtirOp> ops, int depth)
    {
        int replaced = op.Regions.Sum(inner => Inline(inner, depth));
        if (op.Name != StructuralOps.Call || depth > Verification.Verifier.DeepestNesting ||
            _module.FindFunction(op.Attributes.Text("callee")) is not { } function || !Fits(function))
        {
            ops.Add(op);
            return replaced;
        }

        List<NtirOp> copies = Expand(op, function.Body);
        op.DropOperands(); // it may be a copy, which stands in no region
        return replaced + 1 + copies.Sum(copy => Inline(copy, ops, depth + 1));
    }

    private bool Fits(NtirFunction function)
    {
        if (!_sizes.TryGetValue(function, out int size))
        {
            size = function.Body.AllOps().Count() + 1;
            _sizes.Add(function, size);
        }

        bool fits = size <= MostOps - _ops;
        _ops += fits ? size : 0;
        return fits;
    }

    private static List<NtirOp> Expand(NtirOp call, NtirRegion body)
    {
        Dictionary<NtirValue, NtirValue> map = new(ReferenceEqualityComparer.Instance);
        HashSet<NtirValue> absent = new(ReferenceEqualityComparer.Instance);
        for (int i = 0; i < body.Parameters.Count; i++)
        {
            if (call.Operand(i) is { } operand)
            {
                map[body.Parameters[i]] = operand;
            }
            else
            {
                absent.Add(body.Parameters[i]);
            }
        }

        List<NtirOp> copies = [];
        foreach (NtirOp op in body.Ops)
        {
            copies.Add(RegionCopy.Copy(op, map, absent, call.Location.Path));
        }

        for (int i = 0; i < call.Results.Count; i++)
        {
            NtirValue result = map.GetValueOrDefault(body.Results[i], body.Results[i]);
            result.Name ??= call.Results[i].Name;
            call.Results[i].ReplaceAllUsesWith(result);
        }

        return copies;
    }
}

/// <summary>Copies operations with their regions.</summary>
public static class RegionCopy
{
    /// <param name="map">Old values and what stands for them in the copy; results are added.</param>
    /// <param name="absent">Values that are absent in the copy.</param>
    /// <param name="prefix">Put before the path of every location; empty for none.</param>
    public static NtirOp Copy(
        NtirOp op, IDictionary<NtirValue, NtirValue> map, ISet<NtirValue> absent, string prefix = "")
    {
        ArgumentNullException.ThrowIfNull(op);
        SourceLocation location = prefix.Length == 0
            ? op.Location
            : op.Location with { Path = $"{prefix}/{op.Location.Path}" };
        NtirOp copy = new(
            op.Name,
            op.Operands.Select(value => value is null || absent.Contains(value) ? null : Of(map, value)),
            op.Results.Select(result => result.Type),
            op.Attributes,
            location)
        {
            FusionGroup = op.FusionGroup,
        };
        foreach (NtirRegion region in op.Regions)
        {
            Copy(region, copy.AddRegion(), map, absent, prefix);
        }

        for (int i = 0; i < op.Results.Count; i++)
        {
            copy.Results[i].Name = op.Results[i].Name;
            map[op.Results[i]] = copy.Results[i];
        }

        return copy;
    }

    /// <summary>Copies a whole module; constants are shared.</summary>
    public static NtirModule Copy(NtirModule module)
    {
        ArgumentNullException.ThrowIfNull(module);
        NtirModule copy = new();
        foreach ((string name, string value) in module.Metadata)
        {
            copy.Metadata[name] = value;
        }

        copy.OutputNames.AddRange(module.OutputNames);
        foreach (NtirFunction function in module.Functions)
        {
            NtirFunction target = function == module.Main ? copy.Main : copy.AddFunction(function.Name);
            Copy(
                function.Body,
                target.Body,
                new Dictionary<NtirValue, NtirValue>(ReferenceEqualityComparer.Instance),
                new HashSet<NtirValue>(ReferenceEqualityComparer.Instance),
                "");
        }

        return copy;
    }

    private static void Copy(
        NtirRegion region,
        NtirRegion target,
        IDictionary<NtirValue, NtirValue> map,
        ISet<NtirValue> absent,
        string prefix)
    {
        foreach (NtirValue parameter in region.Parameters)
        {
            map[parameter] = target.AddParameter(parameter.Type, parameter.Name);
        }

        foreach (NtirOp op in region.Ops)
        {
            target.Add(Copy(op, map, absent, prefix));
        }

        foreach (NtirValue result in region.Results)
        {
            target.AddResult(Of(map, result));
        }
    }

    private static NtirValue Of(IDictionary<NtirValue, NtirValue> map, NtirValue value) =>
        map.TryGetValue(value, out NtirValue? other) ? other : value;
}
