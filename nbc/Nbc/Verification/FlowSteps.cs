using Nbc.Instructions;

namespace Nbc.Verification;

/// <summary>What each instruction asks of the state before it, and makes of it.</summary>
internal sealed class FlowSteps(NbcProgram program, NbcFunction function)
{
    private const int MaxStack = 10_000;
    private readonly int[] _planned =
        [.. Enumerable.Range(0, function.Registers.Length).Where(i => function.Registers[i].IsPlanned)];

    /// <summary>Steps that looking for overlaps of an instruction's results takes.</summary>
    public long PlanCost(in NbcInstruction code) =>
        InstructionTable.Find(code.Opcode)!.Format == NbcFormat.Values ? (long)code.C * _planned.Length / 8 : 0;

    /// <summary>Changes the state to that after the instruction.</summary>
    /// <returns>Why it is not legal here; null when it is.</returns>
    public (FaultKind Kind, string Detail)? Apply(
        int at, in NbcInstruction code, InstructionDescriptor descriptor, FlowState state)
    {
        (FaultKind, string)? fault = descriptor.Format == NbcFormat.Values ? Read(code, descriptor, state) : null;
        fault ??= (NbcOpcode)code.Opcode switch
        {
            NbcOpcode.Push => Push(state, program.Scalars[code.A].Kind),
            NbcOpcode.Load => code.A < state.Locals.Count ? Push(state, state.Locals[code.A]) : NoLocal(code.A, state),
            NbcOpcode.Store => Store(code.A, state),
            NbcOpcode.LoadGlob => Push(state, program.Globals[code.A].Initial.Kind),
            NbcOpcode.StoreGlob => Take(state, descriptor, [program.Globals[code.A].Initial.Kind], []),
            NbcOpcode.EnterFrame => EnterFrame(code, state),
            NbcOpcode.ExitFrame => ExitFrame(state),
            NbcOpcode.Call => Take(state, descriptor, program.Functions[code.D].ScalarParameters.AsSpan(),
                program.Functions[code.D].ScalarResults.AsSpan()),
            NbcOpcode.Ret => Return(state),
            _ => TakeByTable(state, descriptor, code),
        };
        return fault ?? (descriptor.Format == NbcFormat.Values ? Write(at, code, state) : null);
    }

    private (FaultKind, string)? Read(in NbcInstruction code, InstructionDescriptor descriptor, FlowState state)
    {
        // Letting go of what is not there does no harm: the ways of a branch may differ.
        if (code.Opcode == (ushort)NbcOpcode.TensorDestroy)
        {
            return null;
        }

        foreach (int input in function.InputsOf(code))
        {
            if (NbcOperand.IsRegister(input) && !state.IsSure(input))
            {
                return (
                    FaultKind.Unassigned, $"{descriptor.Mnemonic} reads r{input}, which need not hold a value here");
            }
        }

        return null;
    }

    private (FaultKind, string)? Write(int at, in NbcInstruction code, FlowState state)
    {
        if (code.Opcode == (ushort)NbcOpcode.TensorDestroy)
        {
            foreach (int register in function.InputsOf(code))
            {
                state.Unassign(register);
            }

            return null;
        }

        foreach (int output in function.OutputsOf(code))
        {
            if (output >= 0)
            {
                state.Assign(output);
            }
        }

        return _planned.Length == 0 ? null : CheckPlan(at, code, state);
    }

    // A result may lie over an operand that TENSOR_DESTROY lets go of at once: the kernel then works in place.
    private (FaultKind, string)? CheckPlan(int at, in NbcInstruction code, FlowState state)
    {
        HashSet<int>? dying = null;
        foreach (int output in function.OutputsOf(code))
        {
            if (output < 0 || !function.Registers[output].IsPlanned)
            {
                continue;
            }

            NbcRegister mine = function.Registers[output];
            foreach (int other in _planned)
            {
                NbcRegister its = function.Registers[other];
                if (other != output && state.IsPossible(other) && mine.ArenaOffset < its.ArenaOffset + its.ArenaBytes &&
                    its.ArenaOffset < mine.ArenaOffset + mine.ArenaBytes &&
                    !(dying ??= DyingAt(at)).Contains(other))
                {
                    return (FaultKind.WrongPlan, $"r{output} is planned over r{other}, which is alive");
                }
            }
        }

        return null;
    }

    private HashSet<int> DyingAt(int at)
    {
        HashSet<int> dying = [];
        for (int i = at + 1; i < function.Instructions.Length &&
            function.Instructions[i].Opcode == (ushort)NbcOpcode.TensorDestroy; i++)
        {
            dying.UnionWith(function.InputsOf(function.Instructions[i]).ToArray());
        }

        return dying;
    }

    private static (FaultKind, string)? NoLocal(int local, FlowState state) =>
        (FaultKind.WrongIndex, $"there is no local {local}, only {state.Locals.Count} are open here");

    private static (FaultKind, string)? Push(FlowState state, ScalarKind kind)
    {
        state.Stack.Add(kind);
        return state.Stack.Count <= MaxStack ? null : (FaultKind.WrongStack, $"more than {MaxStack} scalars");
    }

    private static (FaultKind, string)? Store(int local, FlowState state)
    {
        if (local >= state.Locals.Count)
        {
            return NoLocal(local, state);
        }

        if (state.Stack.Count == 0)
        {
            return (FaultKind.WrongStack, "STORE finds nothing on the stack");
        }

        state.Locals[local] = state.Stack[^1];
        state.Stack.RemoveAt(state.Stack.Count - 1);
        return null;
    }

    private static (FaultKind, string)? EnterFrame(in NbcInstruction code, FlowState state)
    {
        if (state.Locals.Count + code.B > NbcFunction.MaxLocals || state.Frames.Count == NbcFunction.MaxLocals)
        {
            return (FaultKind.WrongSize, $"more than {NbcFunction.MaxLocals} locals or frames are open here");
        }

        state.Frames.Add((code.A, state.Locals.Count));
        state.AddLocals(code.B);
        return null;
    }

    private static (FaultKind, string)? ExitFrame(FlowState state)
    {
        if (state.Frames.Count == 0)
        {
            return (FaultKind.WrongStack, "EXIT_FRAME without a frame of this function");
        }

        int locals = state.Frames[^1].Locals;
        state.Locals.RemoveRange(locals, state.Locals.Count - locals);
        state.Frames.RemoveAt(state.Frames.Count - 1);
        return null;
    }

    private (FaultKind, string)? Return(FlowState state)
    {
        if (!state.Stack.SequenceEqual(function.ScalarResults))
        {
            return (FaultKind.WrongStack, $"RET with {Text(state.Stack)} on the stack, the results are " +
                Text(function.ScalarResults));
        }

        foreach (int result in function.Results)
        {
            if (!state.IsSure(result))
            {
                return (FaultKind.Unassigned, $"RET gives r{result}, which need not hold a value here");
            }
        }

        return null;
    }

    private static (FaultKind, string)? Take(
        FlowState state, InstructionDescriptor descriptor, ReadOnlySpan<ScalarKind> taken,
        ReadOnlySpan<ScalarKind> left)
    {
        int first = state.Stack.Count - taken.Length;
        for (int i = 0; i < taken.Length; i++)
        {
            if (first < 0 || state.Stack[first + i] != taken[i])
            {
                return (FaultKind.WrongStack,
                    $"{descriptor.Mnemonic} takes {Text(taken.ToArray())}, on the stack are {Text(state.Stack)}");
            }
        }

        state.Stack.RemoveRange(first, taken.Length);
        state.Stack.AddRange(left);
        return state.Stack.Count <= MaxStack ? null : (FaultKind.WrongStack, $"more than {MaxStack} scalars");
    }

    private static (FaultKind, string)? TakeByTable(
        FlowState state, InstructionDescriptor descriptor, in NbcInstruction code)
    {
        Span<ScalarKind> letters = stackalloc ScalarKind[2]; // x, y
        foreach (string form in descriptor.Stack)
        {
            int taken = form.IndexOf('>', StringComparison.Ordinal);
            int first = state.Stack.Count - taken;
            bool fits = first >= 0;
            for (int i = 0; fits && i < taken; i++)
            {
                ScalarKind found = state.Stack[first + i];
                if (form[i] is 'x' or 'y')
                {
                    letters[form[i] - 'x'] = found;
                }
                else
                {
                    fits = found == KindOf(form[i], code);
                }
            }

            if (!fits)
            {
                continue;
            }

            state.Stack.RemoveRange(first, taken);
            foreach (char letter in form.AsSpan(taken + 1))
            {
                state.Stack.Add(letter is 'x' or 'y' ? letters[letter - 'x'] : KindOf(letter, code));
            }

            return state.Stack.Count <= MaxStack ? null : (FaultKind.WrongStack, $"more than {MaxStack} scalars");
        }

        return (FaultKind.WrongStack, $"{descriptor.Mnemonic} takes {string.Join(" or ", descriptor.Stack.Select(form =>
            $"'{form}'"))}, on the stack are {Text(state.Stack)}");
    }

    private static ScalarKind KindOf(char letter, in NbcInstruction code) => letter switch
    {
        'i' => ScalarKind.Int,
        'f' => ScalarKind.Float,
        'b' => ScalarKind.Bool,
        't' => ScalarKind.Text,
        'd' => (ScalarKind)code.D,
        _ => ScalarKind.Null,
    };

    private static string Text(IReadOnlyCollection<ScalarKind> kinds) => kinds.Count == 0 ? "no scalars"
        : string.Join(", ", kinds.TakeLast(4).Select(
            kind => kind == FlowState.Mixed ? "one of several kinds" : $"{kind}"));
}
