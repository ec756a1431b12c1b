using Ahr.Ntir;
using Ahr.Ntir.Graph;
using Nbc.Instructions;
using Nbc.Kernels;
using Nbc.Values;

namespace Ahr.Lowering;

/// <summary>Writes the instructions of one function, region by region.</summary>
internal sealed class FunctionEmitter
{
    private readonly NbcProgramBuilder _program;
    private readonly List<Diagnostic> _diagnostics;
    private readonly Dictionary<NtirValue, int> _operands = new(ReferenceEqualityComparer.Instance);
    private readonly ControlFlowEmitter _controlFlow;

    public FunctionEmitter(NbcProgramBuilder program, NbcFunctionBuilder function, List<Diagnostic> diagnostics)
    {
        _program = program;
        Function = function;
        _diagnostics = diagnostics;
        Plan = new RegisterPlan(function);
        _controlFlow = new ControlFlowEmitter(this);
    }

    public NbcFunctionBuilder Function { get; }

    public RegisterPlan Plan { get; }

    public void EmitMain(NtirRegion body)
    {
        Function.Parameters = [.. body.Parameters.Select(NewRegister)];
        List<int> results = [];
        EmitRegion(body, () =>
        {
            foreach (NtirValue result in body.Results)
            {
                results.Add(Function.AddRegister(TypeMap.Of(result.Type)));
                MoveOut(result, results[^1]);
            }
        });
        Function.Results = results;
        Function.Emit(NbcOpcode.Ret);
        Plan.Apply();
    }

    /// <summary>Writes a body: its operations, then what takes its results, then the end of all that it made.</summary>
    /// <param name="takeResults">Called when all values are there and none of the region's results is destroyed.
    /// </param>
    public void EmitRegion(NtirRegion region, Action takeResults)
    {
        Liveness liveness = new(region);
        DestroyUnused(region.Parameters, liveness);
        for (int i = 0; i < region.Ops.Count; i++)
        {
            NtirOp op = region.Ops[i];
            Emit(op, liveness);
            DestroyBehind(region, op, i, liveness);
        }

        takeResults();
        List<NtirValue> mine = [.. region.Parameters, .. region.Ops.SelectMany(op => op.Results)];
        Destroy(mine.Where(value => liveness.LastUse(value) == region.Ops.Count));
    }

    public int NewRegister(NtirValue value)
    {
        int register = Function.AddRegister(TypeMap.Of(value.Type));
        _operands[value] = register;
        return register;
    }

    /// <summary>Puts a value into a second register, where it may outlive the first.</summary>
    public void MoveOut(NtirValue value, int register)
    {
        int operand = OperandOf(value);
        Function.Move(operand, register, null);
        Plan.Escapes(operand);
    }

    public int OperandOf(NtirValue? value) => value is null ? NbcOperand.Absent : _operands[value];

    public void Fail(NtirOp op, NtirFault fault, string detail) =>
        _diagnostics.Add(new Diagnostic(fault, op.Location.ToString(), detail));

    private void Emit(NtirOp op, Liveness liveness)
    {
        if (op.Name == NtirOp.ConstantName)
        {
            TensorValue value = op.Attributes.Tensor("value")!;
            _operands[op.Result] = _program.AddConstant(value, op.Result.Name);
            return;
        }

        if (_controlFlow.TryEmit(op))
        {
            return;
        }

        if (KernelTable.Find(op.Name) is null)
        {
            Fail(op, NtirFault.UnknownOperation, $"there is no kernel {op.Name}");
            op.Results.ToList().ForEach(result => NewRegister(result));
            return;
        }

        int[] inputs = [.. op.Operands.Select(OperandOf)];
        int[] outputs = new int[op.Results.Count];
        for (int i = 0; i < outputs.Length; i++)
        {
            outputs[i] = liveness.LastUse(op.Results[i]) < 0 ? NbcOperand.Absent : NewRegister(op.Results[i]);
        }

        int at = Function.Kernel(op.Name, op.Attributes, inputs, outputs, op.Location.Path);
        Plan.Kernel(op, at, inputs, outputs);
    }

    // What nobody uses after this operation goes at once, so that the operation may write over it.
    private void DestroyBehind(NtirRegion region, NtirOp op, int index, Liveness liveness)
    {
        IEnumerable<NtirValue> used = UsedBy(op)
            .Where(value => IsOf(value, region) && liveness.LastUse(value) == index);
        // A kernel does not make what nobody uses; control flow and other engines do.
        Destroy(used.Concat(op.Results.Where(result =>
            _operands.ContainsKey(result) && liveness.LastUse(result) < 0)));
    }

    private static IEnumerable<NtirValue> UsedBy(NtirOp op)
    {
        HashSet<NtirValue> seen = new(ReferenceEqualityComparer.Instance);
        IEnumerable<NtirValue?> all = op.Operands.Concat(op.Regions.SelectMany(region => region.AllOps())
            .SelectMany(inner => inner.Operands));
        IEnumerable<NtirValue> results = op.Regions.SelectMany(region => region.Results)
            .Concat(op.Regions.SelectMany(region => region.AllOps()).SelectMany(inner => inner.Regions)
                .SelectMany(region => region.Results));
        foreach (NtirValue? value in all.Concat(results))
        {
            if (value is not null && seen.Add(value))
            {
                yield return value;
            }
        }
    }

    private static bool IsOf(NtirValue value, NtirRegion region) =>
        ReferenceEquals(value.ParameterOf, region) || ReferenceEquals(value.Producer?.Region, region);

    private void DestroyUnused(IEnumerable<NtirValue> values, Liveness liveness) =>
        Destroy(values.Where(value => liveness.LastUse(value) < 0));

    private void Destroy(IEnumerable<NtirValue> values)
    {
        int[] registers = [.. values.Select(OperandOf).Where(NbcOperand.IsRegister).Distinct()];
        if (registers.Length > 0)
        {
            Plan.Destroyed(registers, Function.Destroy(registers));
        }
    }
}
