using Ahr.Ntir.Graph;
using Ahr.Ntir.Ops;
using Nbc.Kernels;

namespace Ahr.Ntir.Verification;

/// <summary>Every call names a function and fits it, no function calls itself by any way, and calls do not nest deeper
/// than <see cref="Verifier.DeepestNesting"/>.</summary>
internal sealed class CallCheck
{
    private readonly NtirModule _module;
    private readonly Action<NtirFault, string, string> _note;
    private readonly List<string> _path = [];

    // How deep the calls in a function nest; known when all of it was looked at.
    private readonly Dictionary<string, int> _heights = new(StringComparer.Ordinal);

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
}
