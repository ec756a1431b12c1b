using Ahr.Ntir.Graph;
using Ahr.Ntir.Ops;
using Nbc.Kernels;

namespace Ahr.Ntir.Verification;

/// <summary>Every call names a function and fits it, no function calls itself by any way, and calls do not nest deeper
/// than <see cref="Verifier.DeepestNesting"/>.</summary>
/// <remarks>Meaning: a call may leave out what the function can do without: a parameter that is used only where an
/// operand may be absent, and is no result of a region.</remarks>
internal sealed class CallCheck
{
    private readonly NtirModule _module;
    private readonly Action<NtirFault, string, string> _note;
    private readonly List<string> _path = [];

    // How deep the calls in a function nest; known when all of it was looked at.
    private readonly Dictionary<string, int> _heights = new(StringComparer.Ordinal);

    // Parameters that a function cannot do without; known when all that it calls was looked at.
    private readonly Dictionary<string, HashSet<int>> _needs = new(StringComparer.Ordinal);

    private CallCheck(NtirModule module, Action<NtirFault, string, string> note)
    {
        _module = module;
        _note = note;
    }

    public static void Run(NtirModule module, Action<NtirFault, string, string> note)
    {
        CallCheck check = new(module, note);
        foreach (NtirFunction function in module.Functions)
        {
            check.HeightOf(function);
        }
    }

    private int HeightOf(NtirFunction function)
    {
        if (_heights.TryGetValue(function.Name, out int known))
        {
            return known;
        }

        int height = 0;
        _path.Add(function.Name);
        foreach (NtirOp call in function.Body.AllOps().Where(op => op.Name == StructuralOps.Call))
        {
            if (call.Attributes.Find("callee") is { Kind: AttributeKind.Text } callee)
            {
                height = Math.Max(height, 1 + HeightOf(call, callee.Text));
            }
        }

        _path.RemoveAt(_path.Count - 1);
        _heights[function.Name] = height;
        _needs[function.Name] = NeedsOf(function.Body);
        return height;
    }

    private int HeightOf(NtirOp call, string callee)
    {
        string where = call.Location.ToString();
        if (_module.FindFunction(callee) is not { } target)
        {
            _note(NtirFault.WrongCall, where, $"there is no function {callee}");
        }
        else if (_path.Contains(callee))
        {
            _note(NtirFault.WrongCall, where, $"function {callee} calls itself: {string.Join(", ", _path)}");
        }
        else
        {
            CheckCounts(call, target);
            int height = _path.Count > Verifier.DeepestNesting ? Verifier.DeepestNesting : HeightOf(target);
            CheckAbsent(call, target.Name, where);
            if (height < Verifier.DeepestNesting)
            {
                return height;
            }

            _note(NtirFault.TooLarge, where, $"calls nest deeper than {Verifier.DeepestNesting}");
        }

        return 0;
    }

    private void CheckCounts(NtirOp call, NtirFunction target)
    {
        if (call.Operands.Count != target.Body.Parameters.Count || call.Results.Count != target.Body.Results.Count)
        {
            _note(NtirFault.WrongCall, call.Location.ToString(),
                $"function {target.Name} takes {target.Body.Parameters.Count} operands and gives " +
                $"{target.Body.Results.Count} results, the call has {call.Operands.Count} and {call.Results.Count}");
        }
    }

    private void CheckAbsent(NtirOp call, string callee, string where)
    {
        for (int i = 0; i < call.Operands.Count; i++)
        {
            if (call.Operands[i] is null && _needs.TryGetValue(callee, out HashSet<int>? needs) && needs.Contains(i))
            {
                _note(NtirFault.WrongCall, where, $"operand {i} is missing, and function {callee} needs it");
            }
        }
    }

    private HashSet<int> NeedsOf(NtirRegion body)
    {
        Dictionary<NtirValue, int> parameters = new(ReferenceEqualityComparer.Instance);
        for (int i = 0; i < body.Parameters.Count; i++)
        {
            parameters.Add(body.Parameters[i], i);
        }

        HashSet<int> needs = [];
        AddResults(body);
        foreach (NtirOp op in body.AllOps())
        {
            for (int i = 0; i < op.Operands.Count; i++)
            {
                if (op.Operands[i] is { } operand && parameters.TryGetValue(operand, out int parameter) && Needs(op, i))
                {
                    needs.Add(parameter);
                }
            }

            foreach (NtirRegion region in op.Regions)
            {
                AddResults(region);
            }
        }

        return needs;

        void AddResults(NtirRegion region) =>
            needs.UnionWith(region.Results.Where(parameters.ContainsKey).Select(result => parameters[result]));
    }

    private bool Needs(NtirOp op, int operand)
    {
        if (op.Name == StructuralOps.Call)
        {
            return op.Attributes.Find("callee") is { Kind: AttributeKind.Text } callee
                && _needs.TryGetValue(callee.Text, out HashSet<int>? needs) && needs.Contains(operand);
        }

        return OpTable.Find(op.Name) is { } definition
            && !Verifier.MayBeAbsent(op.Name, definition.Descriptor, operand);
    }
}
