using Ahr.Ntir.Graph;
using Ahr.Ntir.Ops;
using Ahr.Ntir.Types;
using Nbc.Tensors;

namespace Ahr.Ntir.Inference;

/// <summary>Types around and inside control flow.</summary>
internal static class RegionInference
{
    public static void Infer(ShapeInference inference, NtirOp op)
    {
        switch (op.Name)
        {
            case StructuralOps.If:
                InferIf(inference, op);
                break;
            case StructuralOps.Loop:
                InferLoop(inference, op);
                break;
            case StructuralOps.Scan:
                InferScan(inference, op);
                break;
            case StructuralOps.SequenceMap:
                InferMap(inference, op);
                break;
            case StructuralOps.Call:
                InferCall(inference, op);
                break;
            default: // fallback: what the model declared is all there is
                break;
        }
    }

    private static void InferIf(ShapeInference inference, NtirOp op)
    {
        foreach (NtirRegion region in op.Regions)
        {
            inference.WalkBranch(region);
        }

        for (int i = 0; i < op.Results.Count; i++)
        {
            NtirType then = op.Regions[0].Results[i].Type;
            NtirType otherwise = op.Regions[1].Results[i].Type;
            // One branch may give an empty optional or sequence of which nothing is known.
            NtirType? either = TypeJoin.Either(then, otherwise);
            if (either is null)
            {
                inference.Note(op.Location.ToString(), NtirFault.TypeMismatch,
                    $"result {i} is {then} in one branch and {otherwise} in the other");
            }

            inference.Settle(op.Results[i], either ?? NtirType.Unknown);
        }
    }

    private static void InferLoop(ShapeInference inference, NtirOp op)
    {
        NtirRegion body = op.Regions[0];
        int carried = op.Operands.Count - 2;
        body.Parameters[0].Type = new TensorType(ElementType.Int64, SymbolicShape.Scalar);
        body.Parameters[1].Type = new TensorType(ElementType.Bool, SymbolicShape.Scalar);
        NtirType[] types = [.. op.Operands.Skip(2).Select(value => value?.Type ?? NtirType.Unknown)];
        Carry(inference, body, firstParameter: 2, firstResult: 1, types);
        for (int i = 0; i < op.Results.Count; i++)
        {
            NtirType made = body.Results[i + 1].Type;
            inference.Settle(op.Results[i], i < carried ? types[i] : Stacked(made, TripCount(inference, op)));
        }
    }

    // A loop that may end by its condition runs an unknown number of times.
    private static Dim TripCount(ShapeInference inference, NtirOp op)
    {
        bool runsToEnd = op.Operand(1) is null || IsTrue(op.Operand(1)!);
        bool stays = op.Regions[0].Results[0] is { } condition &&
            (IsTrue(condition) || (ReferenceEquals(condition, op.Regions[0].Parameters[1]) && runsToEnd));
        return runsToEnd && stays && op.Operand(0) is { } trips &&
            inference.ContentsOf(trips) is [{ } count]
            ? count.SymbolName is null ? Dim.Max(count, 0) : count
            : Dim.Unknown;
    }

    private static bool IsTrue(NtirValue value) =>
        value.TryGetConstant(out Nbc.Values.TensorValue? constant) && constant.Type == ElementType.Bool &&
        constant.Count == 1 && constant.Span<byte>()[0] != 0;

    private static void InferScan(ShapeInference inference, NtirOp op)
    {
        NtirRegion body = op.Regions[0];
        int scanned = (int)op.Attributes.Int("num_scan_inputs");
        int states = op.Operands.Count - scanned;
        long[]? axes = op.Attributes.Ints("scan_input_axes");
        Dim length = Dim.Unknown;
        for (int i = 0; i < scanned; i++)
        {
            if (op.Operands[states + i]?.Type is TensorType { Shape: { } shape } tensor)
            {
                long given = axes is null ? 0 : axes[i];
                if (given < -shape.Rank || given >= shape.Rank)
                {
                    inference.Note(op.Location.ToString(), NtirFault.ShapeMismatch,
                        $"axis {given} of scanned operand {i} is outside a tensor of rank {shape.Rank}");
                    continue;
                }

                int axis = Normal(given, shape.Rank);
                length = shape[axis].IsUnknown ? length : shape[axis];
                body.Parameters[states + i].Type =
                    new TensorType(tensor.Element, new SymbolicShape(shape.Where((_, at) => at != axis)));
            }
        }

        NtirType[] types = [.. op.Operands.Take(states).Select(value => value?.Type ?? NtirType.Unknown)];
        Carry(inference, body, 0, 0, types);
        long[]? outputAxes = op.Attributes.Ints("scan_output_axes");
        for (int i = 0; i < op.Results.Count; i++)
        {
            NtirType found = i < states
                ? types[i]
                : Stacked(body.Results[i].Type, length, outputAxes is null ? 0 : outputAxes[i - states]);
            inference.Settle(op.Results[i], found);
        }
    }

    private static void InferMap(ShapeInference inference, NtirOp op)
    {
        NtirRegion body = op.Regions[0];
        for (int i = 0; i < body.Parameters.Count; i++)
        {
            body.Parameters[i].Type = op.Operand(i)?.Type switch
            {
                SequenceType sequence => sequence.Element,
                { } type => type,
                null => NtirType.Unknown,
            };
        }

        inference.Walk(body);
        for (int i = 0; i < op.Results.Count; i++)
        {
            NtirType item = body.Results[i].Type;
            inference.Settle(op.Results[i], item == NtirType.Unknown ? item : new SequenceType(item));
        }
    }

    // A function that is called once gets its types from the call; one that is called often gets what all share.
    private static void InferCall(ShapeInference inference, NtirOp op)
    {
        if (inference.Module.FindFunction(op.Attributes.Text("callee")) is not { } function)
        {
            return; // the verifier says so
        }

        bool isFirst = inference.IsFirstCall(function), isWider = isFirst;
        for (int i = 0; i < Math.Min(function.Body.Parameters.Count, op.Operands.Count); i++)
        {
            NtirValue parameter = function.Body.Parameters[i];
            NtirType given = op.Operands[i]?.Type ?? NtirType.Unknown;
            NtirType type = isFirst ? given : TypeJoin.Either(parameter.Type, given) ?? NtirType.Unknown;
            isWider |= !type.Equals(parameter.Type);
            parameter.Type = type;
        }

        if (isWider)
        {
            inference.EnterCall(function);
        }

        for (int i = 0; i < Math.Min(op.Results.Count, function.Body.Results.Count); i++)
        {
            inference.Settle(op.Results[i], function.Body.Results[i].Type);
        }
    }

    // What a loop carries has a type that holds before the first round and after every one. When that is not found
    // soon, less is claimed, and in the end nothing: a body walked with a type that does not hold would be wrong.
    private static void Carry(
        ShapeInference inference, NtirRegion body, int firstParameter, int firstResult, NtirType[] types)
    {
        for (int round = 0; ; round++)
        {
            if (round == ShapeInference.MostRounds - 1 || inference.IsTired)
            {
                Array.Fill(types, NtirType.Unknown);
            }

            for (int i = 0; i < types.Length; i++)
            {
                body.Parameters[firstParameter + i].Type = types[i];
            }

            inference.Walk(body);
            bool isSettled = true;
            for (int i = 0; i < types.Length; i++)
            {
                NtirType after = body.Results[firstResult + i].Type;
                NtirType next = TypeJoin.Either(types[i], after) ?? NtirType.Unknown;
                isSettled &= next.Equals(types[i]);
                types[i] = next;
            }

            if (isSettled)
            {
                return;
            }

            // The last but one: ranks, too, may differ from round to round, but element types rarely do.
            if (round == ShapeInference.MostRounds - 3)
            {
                for (int i = 0; i < types.Length; i++)
                {
                    types[i] = types[i] is TensorType tensor ? tensor with { Shape = null } : types[i];
                }
            }
        }
    }

    private static NtirType Stacked(NtirType item, Dim length, long axis = 0)
    {
        if (item is not TensorType tensor)
        {
            return NtirType.Unknown;
        }

        if (tensor.Shape is null)
        {
            return tensor;
        }

        List<Dim> dims = [.. tensor.Shape];
        dims.Insert(Normal(axis, dims.Count + 1), length);
        return new TensorType(tensor.Element, new SymbolicShape(dims));
    }

    private static int Normal(long axis, int rank) => (int)Math.Clamp(axis < 0 ? axis + rank : axis, 0, rank - 1);
}
