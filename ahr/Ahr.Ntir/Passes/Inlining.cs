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
    private int _ops;

    /// <returns>Calls replaced.</returns>
    public static int Run(NtirModule module)
    {
        ArgumentNullException.ThrowIfNull(module);
        Inlining pass = new() { _ops = module.Main.Body.AllOps().Count() };
        int replaced = pass.Inline(module, module.Main.Body, 0);
        if (!module.Main.Body.AllOps().Any(op => op.Name == StructuralOps.Call))
        {
            module.RemoveFunctions(_ => true);
        }

        return replaced;
    }

    private int Inline(NtirModule module, NtirRegion region, int depth)
    {
        int replaced = 0;
        List<NtirOp> ops = [];
        foreach (NtirOp op in region.Ops)
        {
            replaced += op.Regions.Sum(inner => Inline(module, inner, depth));
            if (op.Name != StructuralOps.Call || depth > Verification.Verifier.DeepestNesting ||
                module.FindFunction(op.Attributes.Text("callee")) is not { } function || !Fits(function))
            {
                ops.Add(op);
                continue;
            }

            ops.AddRange(Expand(op, function.Body));
            replaced++;
        }

        if (replaced == 0)
        {
            return 0;
        }

        region.ReplaceOps(ops);
        return replaced + (ops.Any(op => op.Name == StructuralOps.Call) ? Inline(module, region, depth + 1) : 0);
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
