using Nbc.Instructions;
using Nbc.Tensors;
using Nbc.Values;
using Noodle.Primitives;

namespace Nbc.Tests.Assembly;

/// <summary>Programs with fields in their ranges; most are not legal otherwise.</summary>
internal static class RandomPrograms
{
    private static readonly ElementType[] s_types = [.. ElementTypes.All];

    public static NbcProgram Make(int seed)
    {
        Prng prng = new((ulong)seed);
        NbcProgramBuilder program = new();
        int constants = Below(prng, 4) + 1;
        for (int i = 0; i < constants; i++)
        {
            program.AddConstant(MakeTensor(prng), i % 2 == 0 ? $"c{i}" : $"odd \"{i}\"");
        }

        program.AddGlobal("g", Scalar(prng));
        NbcFunctionBuilder[] functions = [program.AddFunction("main"), program.AddFunction("2nd")];
        foreach (NbcFunctionBuilder function in functions)
        {
            for (int i = 0; i < 4; i++)
            {
                function.AddRegister(i == 3 ? new NbcRegister(NbcType.Unranked(ElementType.Int8), 64, 8)
                    : new NbcRegister(i == 0 ? NbcType.Any : NbcType.Tensor(ElementType.Float32, i, -1)));
            }

            function.ArenaBytes = 128;
            function.LocalCount = Below(prng, 3);
            NbcLabel label = function.NewLabel();
            int count = Below(prng, 20);
            for (int i = 0; i < count; i++)
            {
                Step(prng, program, function, functions, constants, label);
            }

            function.Mark(label);
            function.Emit(NbcOpcode.Ret);
        }

        return program.Build();
    }

    private static void Step(
        Prng prng, NbcProgramBuilder program, NbcFunctionBuilder function, NbcFunctionBuilder[] functions,
        int constants, NbcLabel label)
    {
        InstructionDescriptor row = InstructionTable.Own[Below(prng, InstructionTable.Own.Count)];
        NbcOpcode opcode = (NbcOpcode)row.Opcode;
        string? location = Below(prng, 3) == 0 ? $"node \\ {Below(prng, 3)}" : null;
        switch (row.Format)
        {
            case NbcFormat.Plain: function.Emit(opcode, location: location); break;
            case NbcFormat.Scalar: function.Push(Scalar(prng), location); break;
            case NbcFormat.Target: function.Jump(opcode, label, location); break;
            case NbcFormat.Name: function.Emit(opcode, program.AddName("n\n"), location: location); break;
            case NbcFormat.Frame: function.Emit(opcode, program.AddName("frame"), 2, location); break;
            case NbcFormat.Global: function.Emit(opcode, 0, location: location); break;
            case NbcFormat.Values:
                int[] inputs = new int[Math.Min(row.MaxInputs, Math.Max(row.MinInputs, Below(prng, 3)))];
                for (int i = 0; i < inputs.Length; i++)
                {
                    inputs[i] = Below(prng, 4 + constants) - constants is >= 0 and int register
                        ? register
                        : NbcOperand.Constant(Below(prng, constants));
                }

                int[] outputs = [.. Enumerable.Range(0, Math.Min(row.MaxOutputs, row.MinOutputs + 1))
                    .Select(i => i == 1 ? NbcOperand.Absent : i)];
                int detail = row.Detail switch
                {
                    NbcDetail.Function => functions[Below(prng, 2)].Index,
                    NbcDetail.Name => program.AddName("channel"),
                    NbcDetail.ElementType => (int)s_types[Below(prng, s_types.Length)],
                    NbcDetail.ScalarKind => 1 + Below(prng, 4),
                    _ => -1,
                };
                function.Values(opcode, inputs, outputs, detail, location);
                break;
            default: function.Emit(opcode, 1 + Below(prng, 3), location: location); break;
        }
    }

    private static TensorValue MakeTensor(Prng prng)
    {
        ElementType type = s_types[Below(prng, s_types.Length)];
        TensorValue tensor = TensorValue.Allocate(type, Below(prng, 3), 2);
        if (type == ElementType.String)
        {
            for (int i = 0; i < tensor.Count; i++)
            {
                tensor.Strings[i] = BitConverter.GetBytes(prng.NextDouble());
            }
        }
        else
        {
            foreach (ref byte value in tensor.Bytes())
            {
                value = (byte)Below(prng, 256);
            }
        }

        return tensor;
    }

    private static NbcScalar Scalar(Prng prng) => Below(prng, 5) switch
    {
        0 => NbcScalar.Null,
        1 => (long)(prng.NextDouble() * long.MaxValue),
        2 => BitConverter.Int64BitsToDouble((long)(prng.NextDouble() * long.MaxValue)),
        3 => true,
        _ => "tex\t\"",
    };

    private static int Below(Prng prng, int bound) => (int)(prng.NextDouble() * bound);
}
