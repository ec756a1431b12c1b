using Nbc.Instructions;

namespace Nbc.Verification;

/// <summary>What is known before an instruction, whichever way led there.</summary>
internal sealed class FlowState
{
    /// <summary>A kind that is not the same on all ways.</summary>
    public const ScalarKind Mixed = (ScalarKind)255;

    /// <summary>Kinds on the stack of this call, the top last.</summary>
    public List<ScalarKind> Stack { get; private init; } = [];

    /// <summary>Kinds of the locals that there are.</summary>
    public List<ScalarKind> Locals { get; private init; } = [];

    /// <summary>Frames that are open in this call: their names, and how many locals there were before.</summary>
    public List<(int Name, int Locals)> Frames { get; private init; } = [];

    /// <summary>Registers that surely hold a value, a bit for each.</summary>
    public ulong[] Sure { get; private init; } = [];

    /// <summary>Registers that may hold a value.</summary>
    public ulong[] Possible { get; private init; } = [];

    public static FlowState AtStart(NbcFunction function)
    {
        int words = (function.Registers.Length + 63) / 64;
        FlowState state = new() { Sure = new ulong[words], Possible = new ulong[words] };
        state.Locals.AddRange(function.ScalarParameters);
        state.AddLocals(function.LocalCount - function.ScalarParameters.Length);
        foreach (int parameter in function.Parameters)
        {
            state.Assign(parameter);
        }

        return state;
    }

    /// <summary>What copying or comparing it costs.</summary>
    public long Size => 8 + Stack.Count + Locals.Count + Frames.Count + (2 * Sure.Length);

    public FlowState Copy() => new()
    {
        Stack = [.. Stack],
        Locals = [.. Locals],
        Frames = [.. Frames],
        Sure = [.. Sure],
        Possible = [.. Possible],
    };

    public void AddLocals(int count) => Locals.AddRange(Enumerable.Repeat(ScalarKind.Null, count));

    public bool IsSure(int register) => (Sure[register / 64] >> (register % 64) & 1) != 0;

    public bool IsPossible(int register) => (Possible[register / 64] >> (register % 64) & 1) != 0;

    public void Assign(int register)
    {
        Sure[register / 64] |= 1UL << (register % 64);
        Possible[register / 64] |= 1UL << (register % 64);
    }

    public void Unassign(int register)
    {
        Sure[register / 64] &= ~(1UL << (register % 64));
        Possible[register / 64] &= ~(1UL << (register % 64));
    }

    /// <summary>Joins what is known on another way to this place.</summary>
    /// <param name="fault">Why the two do not go together; null when they do.</param>
    /// <returns>True when something changed here.</returns>
    public bool Merge(FlowState other, out string? fault)
    {
        fault = Stack.Count != other.Stack.Count
            ? $"{Stack.Count} or {other.Stack.Count} scalars are on the stack, by the way that was taken"
            : Frames.SequenceEqual(other.Frames) ? null : "other frames are open, by the way that was taken";
        if (fault is not null)
        {
            return false;
        }

        bool changed = MergeKinds(Stack, other.Stack) | MergeKinds(Locals, other.Locals);
        for (int i = 0; i < Sure.Length; i++)
        {
            (ulong sure, ulong possible) = (Sure[i] & other.Sure[i], Possible[i] | other.Possible[i]);
            changed |= sure != Sure[i] || possible != Possible[i];
            (Sure[i], Possible[i]) = (sure, possible);
        }

        return changed;
    }

    private static bool MergeKinds(List<ScalarKind> kinds, List<ScalarKind> others)
    {
        bool changed = false;
        for (int i = 0; i < kinds.Count; i++)
        {
            if (kinds[i] != others[i] && kinds[i] != Mixed)
            {
                kinds[i] = Mixed;
                changed = true;
            }
        }

        return changed;
    }
}
