using Ahr.Ntir.Graph;
using Ahr.Ntir.Types;
using Nbc.Instructions;
using Nbc.Kernels;
using Nbc.Tensors;

namespace Ahr.Lowering;

/// <summary>Writes loops. What a loop carries lives in a register of its own, set anew at the end of each round.
/// </summary>
internal sealed class LoopEmitter(FunctionEmitter emitter)
{
    private readonly List<(NtirValue Item, int Sequence, NtirValue Result, long Axis, bool Reverse)> _collected = [];

    private NbcFunctionBuilder Function => emitter.Function;

    public void EmitLoop(NtirOp op)
    {
        string where = op.Location.Path;
        NtirRegion body = op.Regions[0];
        int carried = op.Operands.Count - 2;
        int round = Function.AddLocal(), goesOn = Function.AddLocal();
        int? trips = op.Operands[0] is { } count ? StoreInt(count, where) : null;
        if (op.Operands[1] is { } condition)
        {
            Function.TensorToScalar(ScalarKind.Bool, emitter.OperandOf(condition), where);
        }
        else
        {
            Function.Push(true);
        }

        Function.Emit(NbcOpcode.Store, goesOn);
        int[] registers = Carry(body, 2, op.Operands.Skip(2));
        Collect(op, body, firstResult: 1 + carried, firstOut: carried, null, null);
        Rounds(round, trips, goesOn, where, () =>
        {
            ScalarParameter(body.Parameters[0], round, ElementType.Int64);
            ScalarParameter(body.Parameters[1], goesOn, ElementType.Bool);
            HandOver(body, 2, registers);
            emitter.EmitRegion(body, () =>
            {
                Function.TensorToScalar(ScalarKind.Bool, emitter.OperandOf(body.Results[0]), where);
                Function.Emit(NbcOpcode.Store, goesOn);
                Append(where);
                Advance(body, 1, registers);
            });
        });
        Finish(op, registers, where);
    }

    public void EmitScan(NtirOp op)
    {
        string where = op.Location.Path;
        NtirRegion body = op.Regions[0];
        int scanned = (int)op.Attributes.Int("num_scan_inputs"), states = op.Operands.Count - scanned;
        long[] axes = op.Attributes.Ints("scan_input_axes") ?? new long[scanned];
        long[] backward = op.Attributes.Ints("scan_input_directions") ?? new long[scanned];
        int round = Function.AddLocal(), length = Function.AddLocal();
        Function.Push(axes[0]);
        Function.Values(NbcOpcode.TensorDim, [emitter.OperandOf(op.Operands[states])], [], location: where);
        Function.Emit(NbcOpcode.Store, length);
        int[] registers = Carry(body, 0, op.Operands.Take(states));
        Collect(op, body, states, states, op.Attributes.Ints("scan_output_axes"),
            op.Attributes.Ints("scan_output_directions"));
        Rounds(round, length, null, where, () =>
        {
            for (int i = 0; i < scanned; i++)
            {
                Slice(op.Operands[states + i]!, body.Parameters[states + i], axes[i], backward[i] != 0, round, length);
            }

            HandOver(body, 0, registers);

            emitter.EmitRegion(body, () =>
            {
                Append(where);
                Advance(body, 0, registers);
            });
        });
        Finish(op, registers, where);
    }

    public void EmitMap(NtirOp op)
    {
        string where = op.Location.Path;
        NtirRegion body = op.Regions[0];
        int round = Function.AddLocal(), length = Function.AddLocal();
        int size = Function.AddRegister(NbcType.Tensor(ElementType.Int64));
        Function.Kernel("sequence_length", null, [emitter.OperandOf(op.Operands[0])], [size], where);
        Function.TensorToScalar(ScalarKind.Int, size);
        Function.Destroy(size);
        Function.Emit(NbcOpcode.Store, length);
        int[] sequences = [.. op.Results.Select((result, i) => NewSequence(body.Results[i].Type, result))];
        Rounds(round, length, null, where, () =>
        {
            for (int i = 0; i < body.Parameters.Count; i++)
            {
                Item(op.Operands[i]!, body.Parameters[i], round);
            }

            emitter.EmitRegion(body, () =>
            {
                for (int i = 0; i < sequences.Length; i++)
                {
                    AppendTo(sequences[i], body.Results[i], where);
                }
            });
        });
    }

    private void Rounds(int round, int? trips, int? goesOn, string where, Action body)
    {
        NbcLabel head = Function.NewLabel(), end = Function.NewLabel();
        Function.Push(0);
        Function.Emit(NbcOpcode.Store, round);
        Function.Mark(head);
        if (goesOn is { } condition)
        {
            Function.Emit(NbcOpcode.Load, condition);
            Function.Jump(NbcOpcode.Jz, end, where);
        }

        if (trips is { } most)
        {
            Function.Emit(NbcOpcode.Load, round);
            Function.Emit(NbcOpcode.Load, most);
            Function.Emit(NbcOpcode.Ge);
            Function.Jump(NbcOpcode.Jnz, end, where);
        }

        body();
        Function.Emit(NbcOpcode.Load, round);
        Function.Push(1);
        Function.Emit(NbcOpcode.Add);
        Function.Emit(NbcOpcode.Store, round);
        Function.Jump(NbcOpcode.Jmp, head);
        Function.Mark(end);
    }

    private int StoreInt(NtirValue value, string where)
    {
        int local = Function.AddLocal();
        Function.TensorToScalar(ScalarKind.Int, emitter.OperandOf(value), where);
        Function.Emit(NbcOpcode.Store, local);
        return local;
    }

    // The registers of what is carried are no values of the graph: bodies read them through the parameters.
    private int[] Carry(NtirRegion body, int firstParameter, IEnumerable<NtirValue?> initial)
    {
        List<int> registers = [];
        foreach (NtirValue? value in initial)
        {
            NtirValue parameter = body.Parameters[firstParameter + registers.Count];
            int register = Function.AddRegister(TypeMap.Of(parameter.Type));
            emitter.MoveOut(value!, register);
            registers.Add(register);
        }

        return [.. registers];
    }

    private void ScalarParameter(NtirValue parameter, int local, ElementType type)
    {
        int register = emitter.NewRegister(parameter);
        Function.Emit(NbcOpcode.Load, local);
        Function.ScalarToTensor(type, register);
    }

    // A body destroys its parameters where it last uses them, so that it may write over them: each round hands over.
    private void HandOver(NtirRegion body, int firstParameter, int[] registers)
    {
        for (int i = 0; i < registers.Length; i++)
        {
            Function.Move(registers[i], emitter.NewRegister(body.Parameters[firstParameter + i]));
            Function.Destroy(registers[i]);
        }
    }

    private void Advance(NtirRegion body, int firstResult, int[] registers)
    {
        for (int i = 0; i < registers.Length; i++)
        {
            emitter.MoveOut(body.Results[firstResult + i], registers[i]);
        }
    }

    private void Slice(NtirValue source, NtirValue parameter, long axis, bool backward, int round, int length)
    {
        int index = Function.AddRegister(NbcType.Tensor(ElementType.Int64));
        if (backward)
        {
            Function.Emit(NbcOpcode.Load, length);
            Function.Push(1);
            Function.Emit(NbcOpcode.Sub);
            Function.Emit(NbcOpcode.Load, round);
            Function.Emit(NbcOpcode.Sub);
        }
        else
        {
            Function.Emit(NbcOpcode.Load, round);
        }

        Function.ScalarToTensor(ElementType.Int64, index);
        Function.Kernel("gather", KernelAttributes.Of(("axis", axis)), [emitter.OperandOf(source), index],
            [emitter.NewRegister(parameter)]);
        Function.Destroy(index);
    }

    private void Item(NtirValue source, NtirValue parameter, int round)
    {
        int register = emitter.NewRegister(parameter);
        if (source.Type is not SequenceType)
        {
            emitter.MoveOut(source, register);
            return;
        }

        int index = Function.AddRegister(NbcType.Tensor(ElementType.Int64));
        Function.Emit(NbcOpcode.Load, round);
        Function.ScalarToTensor(ElementType.Int64, index);
        Function.Kernel("sequence_at", null, [emitter.OperandOf(source), index], [register]);
        Function.Destroy(index);
    }

    private void Collect(NtirOp op, NtirRegion body, int firstResult, int firstOut, long[]? axes, long[]? directions)
    {
        for (int i = firstOut; i < op.Results.Count; i++)
        {
            NtirValue item = body.Results[firstResult + i - firstOut];
            int sequence = Function.AddRegister(NbcType.Sequence(TypeMap.Of(item.Type)));
            Begin(item.Type, sequence);
            _collected.Add((
                item, sequence, op.Results[i], axes?[i - firstOut] ?? 0, (directions?[i - firstOut] ?? 0) != 0));
        }
    }

    private int NewSequence(NtirType item, NtirValue result)
    {
        int register = emitter.NewRegister(result);
        Begin(item, register);
        return register;
    }

    private void Begin(NtirType item, int register)
    {
        ElementType element = item is TensorType tensor ? tensor.Element : ElementType.Undefined;
        Function.Kernel("collect_begin", KernelAttributes.Of(("dtype", (long)element)), [], [register]);
    }

    private void Append(string where)
    {
        foreach ((NtirValue item, int sequence, _, _, _) in _collected)
        {
            AppendTo(sequence, item, where);
        }
    }

    private void AppendTo(int sequence, NtirValue item, string where)
    {
        Function.Kernel("collect_append", null, [sequence, emitter.OperandOf(item)], [], where);
        emitter.Plan.Escapes(emitter.OperandOf(item));
    }

    private void Finish(NtirOp op, int[] registers, string where)
    {
        for (int i = 0; i < registers.Length; i++)
        {
            Function.Move(registers[i], emitter.NewRegister(op.Results[i]));
            Function.Destroy(registers[i]);
        }

        foreach ((NtirValue item, int sequence, NtirValue result, long axis, bool reverse) in _collected)
        {
            // A loop without rounds gives an empty tensor: its other sizes are those of the item, as far as known.
            long[] sizes = item.TensorType?.Shape is { } shape
                ? [.. shape.Select(dim => dim is { IsConstant: true, Value: >= 0 } ? dim.Value : 0)]
                : [];
            KernelAttributes attributes = KernelAttributes.Of(
                ("axis", axis), ("reverse", reverse ? 1L : 0L), ("item_shape", sizes));
            Function.Kernel("collect_end", attributes, [sequence], [emitter.NewRegister(result)], where);
            Function.Destroy(sequence);
        }
    }
}
