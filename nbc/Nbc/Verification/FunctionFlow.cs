using Nbc.Instructions;

namespace Nbc.Verification;

/// <summary>Follows every way through one function whose fields are legal, until nothing new is learnt.</summary>
internal sealed class FunctionFlow(
    NbcProgram program, NbcFunction function, VerifierBudget budget, List<ProgramFault> faults)
{
    private readonly FlowState?[] _known = new FlowState?[function.Instructions.Length];
    private readonly bool[] _isTarget = new bool[function.Instructions.Length];
    private readonly Stack<int> _waiting = new();
    private readonly FlowSteps _steps = new(program, function);
    private bool _failed;

    public void Check()
    {
        foreach (NbcInstruction code in function.Instructions)
        {
            if (InstructionTable.Find(code.Opcode)!.Format == NbcFormat.Target)
            {
                _isTarget[code.A] = true;
            }
        }

        Reach(0, FlowState.AtStart(function), -1);
        while (!_failed && _waiting.TryPop(out int at))
        {
            Follow(at, _known[at]!.Copy());
        }
    }

    private void Follow(int at, FlowState state)
    {
        for (int i = at; !_failed; i++)
        {
            if (i == function.Instructions.Length)
            {
                Fail(FaultKind.WrongTarget, i - 1, "the function ends without RET, JMP or HALT");
                return;
            }

            if (i > at && _isTarget[i])
            {
                Reach(i, state, i - 1);
                return;
            }

            NbcInstruction code = function.Instructions[i];
            InstructionDescriptor descriptor = InstructionTable.Find(code.Opcode)!;
            if (!budget.TrySpend(1 + code.B + code.C + _steps.PlanCost(code)))
            {
                Fail(FaultKind.TooComplex, i, "the program has too many ways or operands");
                return;
            }

            if (_steps.Apply(i, code, descriptor, state) is { } fault)
            {
                Fail(fault.Kind, i, fault.Detail);
                return;
            }

            if (descriptor.Format == NbcFormat.Target)
            {
                Reach(code.A, state, i);
            }

            if (!descriptor.FallsThrough)
            {
                return;
            }
        }
    }

    // Knows that a place is reached with this state; it is followed (again) when that tells something new.
    private void Reach(int at, FlowState state, int from)
    {
        if (at >= function.Instructions.Length)
        {
            Fail(FaultKind.WrongTarget, -1, "the function has no instruction");
            return;
        }

        if (!budget.TrySpend(state.Size * 4))
        {
            Fail(FaultKind.TooComplex, from, "the program has too many ways, registers or locals");
            return;
        }

        if (_known[at] is not { } known)
        {
            _known[at] = state.Copy();
            _waiting.Push(at);
        }
        else if (known.Merge(state, out string? fault))
        {
            _waiting.Push(at);
        }
        else if (fault is not null)
        {
            Fail(FaultKind.WrongMerge, at, fault);
        }
    }

    private void Fail(FaultKind kind, int at, string detail)
    {
        _failed = true;
        faults.Add(new ProgramFault(kind, function.Name, at, detail));
    }
}
