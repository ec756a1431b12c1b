using Ahr.Ntir.Graph;
using Ahr.Ntir.Inference;
using Ahr.Ntir.Types;
using Nbc.Instructions;
using Nbc.Kernels;
using Nbc.Tensors;
using Nbc.Values;
using Nbc.Verification;

namespace Ahr.Lowering.Tests;

public sealed class LoweringTests
{
    private static readonly TensorType s_flag = new(ElementType.Bool, SymbolicShape.Scalar);

    private readonly NtirModule _module = new();

    private NtirRegion Body => _module.Main.Body;

    [Fact]
    public void Inputs_and_outputs_have_the_names_and_types_of_the_model()
    {
        NtirValue x = Body.AddParameter(Float(Dim.Symbol("n"), 3), "pixels");
        Body.AddParameter(new SequenceType(Float(2)));
        Body.AddParameter(new OptionalType(new TensorType(ElementType.Float32, null)));
        Body.AddParameter(new MapType(ElementType.Int64, Float(1)));
        Body.AddParameter(NtirType.Unknown);
        Body.AddResult(Op("relu", x));
        Body.AddResult(x);
        Body.Results[0].Name = "scores";
        _module.Metadata["producer"] = "test";
        NbcProgram program = Lower();
        Assert.Equal(["pixels", "input1", "input2", "input3", "input4"], program.Inputs.Select(port => port.Name));
        Assert.Equal(["scores", "pixels"], program.Outputs.Select(port => port.Name));
        Assert.Equal(
            ["f32 [-1, 3]", "seq(f32 [2])", "opt(f32 [*])", "map(si64, f32 [1])", "any"],
            program.Inputs.Select(port => $"{port.Type}"));
        Assert.Equal("test", program.Metadata.Single(pair => pair.Key == "producer").Value);
    }

    [Fact]
    public void A_value_is_let_go_directly_behind_its_last_use()
    {
        NtirValue x = Body.AddParameter(Float(8));
        NtirValue a = Op("exp", x), b = Op("transpose", a);
        Body.AddResult(Op("add", a, b));
        Assert.Equal(
            ["TENSOR_EXP", "TENSOR_DESTROY", "TENSOR_TRANSPOSE", "TENSOR_ADD", "TENSOR_DESTROY", "MOVE",
                "TENSOR_DESTROY", "RET"],
            Mnemonics(Lower()));
    }

    [Fact]
    public void A_chain_of_kernels_that_may_write_over_their_operand_needs_one_place()
    {
        NtirValue y = Op("transpose", Body.AddParameter(Float(100)));
        for (int i = 0; i < 10; i++)
        {
            y = Op("exp", y);
        }

        Body.AddResult(Op("reduce_sum", y));
        NbcFunction main = Lower().Functions[0];
        Assert.Equal(448, main.ArenaBytes); // 400 bytes, aligned to 64
        Assert.Equal(11, main.Registers.Count(register => register.IsPlanned));
    }

    [Fact]
    public void What_is_read_again_is_not_written_over()
    {
        NtirValue y = Op("transpose", Body.AddParameter(Float(16)));
        NtirValue z = Op("exp", y);
        Body.AddResult(Op("reduce_sum", Op("add", z, y)));
        NbcFunction main = Lower().Functions[0];
        Assert.Equal(128, main.ArenaBytes);
        CheckPlan(main);
    }

    [Fact]
    public void A_view_keeps_the_place_of_what_it_shows()
    {
        NtirValue x = Body.AddParameter(Float(16));
        NtirValue y = Op("exp", x);
        NtirValue view = Body.Add(new NtirOp(
            "reshape", [y, Ints(4, 4)], [NtirType.Unknown])).Result;
        NtirValue other = Op("neg", x); // y is gone by name, but not its elements
        Body.AddResult(Op("reduce_sum", Op("add", Op("reshape", other, Ints(4, 4)), view)));
        NbcFunction main = Lower().Functions[0];
        CheckPlan(main);
        Assert.Equal(3, main.Registers.Count(register => register.IsPlanned));
        Assert.True(main.ArenaBytes >= 128);
    }

    [Fact]
    public void Results_and_what_sequences_keep_are_not_planned()
    {
        NtirValue x = Body.AddParameter(Float(16));
        NtirValue y = Op("exp", x);
        NtirValue kept = Op("exp", y);
        Body.AddResult(Body.Add(new NtirOp("sequence_construct", [kept], [new SequenceType(Float(16))])).Result);
        Body.AddResult(Op("neg", y));
        NbcFunction main = Lower().Functions[0];
        Assert.Single(main.Registers, register => register.IsPlanned);
    }

    [Fact]
    public void Unknown_sizes_are_not_planned()
    {
        NtirValue x = Body.AddParameter(Float(Dim.Symbol("n")));
        Body.AddResult(Op("reduce_sum", Op("exp", x)));
        Assert.Equal(0, Lower().Functions[0].ArenaBytes);
    }

    [Fact]
    public void Random_straight_lines_never_lie_over_each_other() => Gen.Int[0, 1_000_000].Sample(seed =>
    {
        Random random = new(seed);
        NtirModule module = new();
        List<NtirValue> seen = [module.Main.Body.AddParameter(Float(1 + random.Next(200)))];
        for (int i = random.Next(30); i >= 0; i--)
        {
            NtirValue x = seen[random.Next(seen.Count)];
            string name = random.Next(5) switch { 0 => "transpose", 1 => "identity", 2 => "mul", _ => "exp" };
            NtirOp op = new(name, name == "mul" ? [x, x] : [x], [NtirType.Unknown]);
            seen.Add(module.Main.Body.Add(op).Result);
        }

        module.Main.Body.AddResult(seen[random.Next(seen.Count)]);
        Assert.Empty(ShapeInference.Run(module));
        CheckPlan(NtirLowering.Lower(module).Program!.Functions[0]);
    }, iter: 300);

    [Fact]
    public void An_if_jumps_to_one_of_two_branches()
    {
        NtirValue x = Body.AddParameter(Float(4));
        NtirOp branch = new("if", [Body.AddParameter(s_flag)], [NtirType.Unknown, NtirType.Unknown]);
        foreach (string name in (string[])["exp", "neg"])
        {
            NtirRegion region = branch.AddRegion();
            region.AddResult(region.Add(new NtirOp(name, [x], [NtirType.Unknown])).Result);
            region.AddResult(x); // a value from around it
        }

        Body.Add(branch);
        Body.AddResult(branch.Results[0]); // the second nobody uses
        string[] all = Mnemonics(Lower());
        Assert.Equal(1, all.Count(each => each == "JZ"));
        Assert.Equal(1, all.Count(each => each == "JMP"));
        Assert.Contains("TENSOR_EXP", all);
        Assert.Contains("TENSOR_NEG", all);
    }

    [Theory]
    [InlineData(true, true)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(false, false)]
    public void A_loop_may_have_no_trip_count_or_no_condition(bool hasTrips, bool hasCondition)
    {
        NtirValue x = Body.AddParameter(Float(4));
        NtirOp loop = new(
            "loop",
            [hasTrips ? Body.AddParameter(new TensorType(ElementType.Int64, SymbolicShape.Scalar)) : null,
                hasCondition ? Body.AddParameter(s_flag) : null, x, x],
            [NtirType.Unknown, NtirType.Unknown, NtirType.Unknown]);
        NtirRegion body = loop.AddRegion();
        body.AddParameter(NtirType.Unknown);
        body.AddParameter(NtirType.Unknown);
        body.AddParameter(NtirType.Unknown);
        body.AddParameter(NtirType.Unknown);
        body.AddResult(body.Parameters[1]);
        body.AddResult(body.Parameters[3]); // they change places
        body.AddResult(body.Parameters[2]);
        body.AddResult(body.Add(new NtirOp("exp", [body.Parameters[2]], [NtirType.Unknown])).Result);
        Body.Add(loop);
        loop.Results.ToList().ForEach(Body.AddResult);
        string[] all = Mnemonics(Lower());
        Assert.Equal(hasTrips ? 1 : 0, all.Count(each => each == "JNZ"));
        Assert.Equal(1, all.Count(each => each == "TENSOR_COLLECT_BEGIN"));
        Assert.Equal(1, all.Count(each => each == "TENSOR_COLLECT_APPEND"));
        Assert.Equal(1, all.Count(each => each == "TENSOR_COLLECT_END"));
    }

    [Fact]
    public void A_scan_cuts_its_inputs_and_a_map_takes_items()
    {
        NtirValue x = Body.AddParameter(Float(4, 3));
        NtirOp scan = new("scan", [x], [NtirType.Unknown], KernelAttributes.Of(
            ("num_scan_inputs", 1L), ("scan_input_directions", new long[] { 1 })));
        NtirRegion body = scan.AddRegion();
        body.AddResult(body.AddParameter(NtirType.Unknown));
        Body.Add(scan);
        NtirValue items = Body.AddParameter(new SequenceType(Float(3)));
        NtirOp map = new("sequence_map", [items, x], [NtirType.Unknown]);
        NtirRegion each = map.AddRegion();
        each.AddParameter(NtirType.Unknown);
        each.AddParameter(NtirType.Unknown);
        each.AddResult(each.Add(new NtirOp("add", each.Parameters, [NtirType.Unknown])).Result);
        Body.Add(map);
        Body.AddResult(scan.Result);
        Body.AddResult(map.Result);
        string[] all = Mnemonics(Lower());
        Assert.Contains("TENSOR_GATHER", all);
        Assert.Contains("TENSOR_SEQUENCE_AT", all);
        Assert.Contains("TENSOR_SEQUENCE_LENGTH", all);
    }

    [Fact]
    public void A_fallback_is_a_call_of_another_engine_whose_unused_results_are_let_go()
    {
        NtirValue x = Body.AddParameter(Float(4));
        NtirOp fallback = Body.Add(new NtirOp("fallback", [x], [Float(4), Float(4)], KernelAttributes.Of(
            ("engine", "onnxruntime"), ("model", "bytes"), ("inputs", AttributeValue.FromTexts(["a"u8.ToArray()])),
            ("outputs", AttributeValue.FromTexts(["b"u8.ToArray()])))));
        Body.AddResult(fallback.Results[0]);
        NbcProgram program = Lower();
        NbcInstruction call = program.Functions[0].Instructions[0];
        Assert.Equal(KernelTable.Find("engine_call")!.Opcode, call.Opcode);
        int unused = program.Functions[0].OutputsOf(call)[1];
        Assert.Contains(program.Functions[0].Instructions, instruction =>
            instruction.Opcode == (ushort)NbcOpcode.TensorDestroy &&
            program.Functions[0].InputsOf(instruction).Contains(unused));
    }

    [Fact]
    public void What_no_kernel_runs_is_refused_with_its_place()
    {
        NtirOp call = new(
            "call", [], [NtirType.Unknown], KernelAttributes.Of(("callee", "f")), new SourceLocation("a/b"));
        Body.Add(call);
        Body.AddResult(call.Result);
        LoweringResult result = NtirLowering.Lower(_module);
        Assert.Null(result.Program);
        Assert.Equal("NTIR104 at a/b: there is no kernel call", Assert.Single(result.Diagnostics).ToString());
    }

    private static TensorType Float(params Dim[] sizes) => new(ElementType.Float32, new SymbolicShape(sizes));

    private NtirValue Ints(params long[] numbers) =>
        Body.Add(NtirOp.Constant(TensorValue.From<long>(ElementType.Int64, numbers, numbers.Length))).Result;

    private NtirValue Op(string name, params NtirValue[] operands) =>
        Body.Add(new NtirOp(name, operands, [NtirType.Unknown])).Result;

    private NbcProgram Lower()
    {
        Assert.Empty(Ahr.Ntir.Verification.Verifier.Check(_module));
        Assert.Empty(ShapeInference.Run(_module));
        LoweringResult result = NtirLowering.Lower(_module);
        Assert.Empty(result.Diagnostics);
        Assert.Empty(NbcVerifier.Verify(result.Program!));
        return result.Program!;
    }

    private static string[] Mnemonics(NbcProgram program) =>
        [.. program.Functions[0].Instructions.Select(each => InstructionTable.Find(each.Opcode)!.Mnemonic)];

    // Goes through a function without jumps: what is planned and alive does not overlap, but for a kernel that takes
    // over the place of an operand which ends directly behind it. A view lives in the place of what it shows.
    private static void CheckPlan(NbcFunction function)
    {
        Dictionary<int, int> places = []; // each register that is alive: whose place it lies in
        for (int i = 0; i < function.Instructions.Length; i++)
        {
            NbcInstruction code = function.Instructions[i];
            if (code.Opcode == (ushort)NbcOpcode.TensorDestroy)
            {
                function.InputsOf(code).ToArray().ToList().ForEach(register => places.Remove(register));
            }

            KernelDescriptor? kernel = KernelTable.All.FirstOrDefault(each => each.Opcode == code.Opcode);
            if (kernel is null)
            {
                continue;
            }

            int[] inputs = function.InputsOf(code).ToArray(), outputs = function.OutputsOf(code).ToArray();
            NbcInstruction next = function.Instructions[i + 1];
            int[] dying = next.Opcode == (ushort)NbcOpcode.TensorDestroy ? function.InputsOf(next).ToArray() : [];
            foreach (int output in outputs.Where(NbcOperand.IsRegister))
            {
                if (kernel.Has(KernelTraits.View) && places.TryGetValue(inputs[0], out int source))
                {
                    places[output] = source;
                    continue;
                }

                NbcRegister mine = function.Registers[output];
                places[output] = output;
                foreach ((int other, int place) in places.Where(_ => mine.IsPlanned))
                {
                    NbcRegister theirs = function.Registers[place];
                    bool isOver = theirs.IsPlanned && mine.ArenaOffset < theirs.ArenaOffset + theirs.ArenaBytes &&
                        theirs.ArenaOffset < mine.ArenaOffset + mine.ArenaBytes;
                    Assert.False(isOver && other != output &&
                        !(kernel.Has(KernelTraits.InPlace) && other == inputs[0] && dying.Contains(other)),
                        $"register {output} lies over {other}");
                }
            }
        }
    }
}
