using Ahr.Ntir.Graph;
using Ahr.Ntir.Ops;

namespace Ahr.Ntir.Verification;

/// <summary>Every call names a function, fits it, and no function calls itself by any way.</summary>
internal static class CallCheck
{
    public static void Run(NtirModule module, Action<NtirFault, string, string> note)
    {
        HashSet<string> done = new(StringComparer.Ordinal);
        foreach (NtirFunction function in module.Functions)
        {
            Visit(module, function, [], done, note);
        }
    }

    private static void Visit(
        NtirModule module,
        NtirFunction function,
        List<string> path,
        HashSet<string> done,
        Action<NtirFault, string, string> note)
    {
        if (!done.Add(function.Name))
        {
            return;
        }

        path.Add(function.Name);
        foreach (NtirOp call in function.Body.AllOps().Where(op => op.Name == StructuralOps.Call))
        {
            string callee = call.Attributes.Text("callee");
            string where = call.Location.ToString();
            if (module.FindFunction(callee) is not { } target)
            {
                note(NtirFault.WrongCall, where, $"there is no function {callee}");
            }
            else if (path.Contains(callee))
            {
                note(NtirFault.WrongCall, where, $"function {callee} calls itself: {string.Join(", ", path)}");
            }
            else
            {
                CheckCounts(call, target, note);
                Visit(module, target, path, done, note);
            }
        }

        path.RemoveAt(path.Count - 1);
    }

    private static void CheckCounts(NtirOp call, NtirFunction target, Action<NtirFault, string, string> note)
    {
        if (call.Operands.Count != target.Body.Parameters.Count || call.Results.Count != target.Body.Results.Count)
        {
            note(NtirFault.WrongCall, call.Location.ToString(),
                $"function {target.Name} takes {target.Body.Parameters.Count} operands and gives " +
                $"{target.Body.Results.Count} results, the call has {call.Operands.Count} and {call.Results.Count}");
        }
    }
}
