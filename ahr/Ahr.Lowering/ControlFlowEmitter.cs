using Ahr.Ntir.Graph;
using Nbc.Instructions;

namespace Ahr.Lowering;

/// <summary>Writes if, loop, scan and sequence_map as jumps, and a fallback as a call of another engine.</summary>
internal sealed class ControlFlowEmitter(FunctionEmitter emitter)
{
    private NbcFunctionBuilder Function => emitter.Function;

    public bool TryEmit(NtirOp op)
    {
        switch (op.Name)
        {
            case "if":
                EmitIf(op);
                return true;
            case "loop":
                new LoopEmitter(emitter).EmitLoop(op);
                return true;
            case "scan":
                new LoopEmitter(emitter).EmitScan(op);
                return true;
            case "sequence_map":
                new LoopEmitter(emitter).EmitMap(op);
                return true;
            case "fallback":
                EmitFallback(op);
                return true;
            default:
                return false;
        }
    }

    private void EmitIf(NtirOp op)
    {
        string where = op.Location.Path;
        int[] results = [.. op.Results.Select(emitter.NewRegister)];
        NbcLabel otherwise = Function.NewLabel(), end = Function.NewLabel();
        Function.TensorToScalar(ScalarKind.Bool, emitter.OperandOf(op.Operands[0]), where);
        Function.Jump(NbcOpcode.Jz, otherwise, where);
        EmitBranch(op.Regions[0], results);
        Function.Jump(NbcOpcode.Jmp, end);
        Function.Mark(otherwise);
        EmitBranch(op.Regions[1], results);
        Function.Mark(end);
    }

    private void EmitBranch(NtirRegion region, int[] results) => emitter.EmitRegion(region, () =>
    {
        for (int i = 0; i < results.Length; i++)
        {
            emitter.MoveOut(region.Results[i], results[i]);
        }
    });

    private void EmitFallback(NtirOp op)
    {
        int[] inputs = [.. op.Operands.Select(emitter.OperandOf)];
        int[] outputs = [.. op.Results.Select(emitter.NewRegister)];
        Function.Kernel("engine_call", op.Attributes, inputs, outputs, op.Location.Path);
        foreach (int operand in inputs)
        {
            emitter.Plan.Escapes(operand);
        }
    }
}
