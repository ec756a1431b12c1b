using Ahr.Ntir.Graph;
using Ahr.Ntir.Inference;
using Ahr.Ntir.Tests.Types;
using Ahr.Ntir.Types;
using Nbc.Kernels;
using Nbc.Tensors;
using Nbc.Values;

namespace Ahr.Ntir.Tests.Inference;

public sealed class RegionInferenceTests
{
    private readonly NtirModule _module = new();

    private NtirRegion Body => _module.Main.Body;

    [Fact]
    public void An_if_gives_what_both_branches_share()
    {
        NtirOp branch = If(NtirTypes.Float(2, 3), NtirTypes.Float(2, 4));
        Run();
        Assert.Equal(NtirTypes.Float(2, Dim.Unknown), branch.Result.Type);
    }

    [Fact]
    public void An_if_of_two_ranks_keeps_the_element_type()
    {
        NtirOp branch = If(NtirTypes.Float(2, 3), NtirTypes.Float(2));
        Run();
        Assert.Equal(new TensorType(ElementType.Float32, null), branch.Result.Type);
    }

    [Fact]
    public void An_if_of_two_kinds_is_a_fault()
    {
        NtirOp branch = If(NtirTypes.Float(2), NtirTypes.Int(2));
        Diagnostic fault = Assert.Single(ShapeInference.Run(_module));
        Assert.Equal(NtirFault.TypeMismatch, fault.Fault);
        Assert.Contains("in one branch and tensor<2xsi64> in the other", fault.Detail, StringComparison.Ordinal);
        Assert.Equal(NtirType.Unknown, branch.Result.Type);
    }

    [Fact]
    public void Shapes_that_do_not_go_together_are_no_fault_in_a_branch_and_are_one_outside()
    {
        NtirOp branch = If(NtirTypes.Float(2), NtirTypes.Float(2));
        NtirValue two = Body.AddParameter(NtirTypes.Float(2)), three = Body.AddParameter(NtirTypes.Float(3));
        branch.Regions[0].Add(Op("add", [two, three]));
        Run();
        Body.Add(Op("add", [two, three]));
        Assert.Equal(NtirFault.ShapeMismatch, Assert.Single(ShapeInference.Run(_module)).Fault);
    }

    [Fact]
    public void Sequences_and_optionals_join_by_their_items()
    {
        NtirOp sequences = If(new SequenceType(NtirTypes.Float(2)), new SequenceType(NtirTypes.Float(3)));
        NtirOp optionals = If(new OptionalType(NtirTypes.Float(2)), new OptionalType(NtirTypes.Float(2)));
        MapType map = new(ElementType.Int64, NtirTypes.Scalar);
        NtirOp maps = If(map, map with { });
        Run();
        Assert.Equal(new SequenceType(NtirTypes.Float(Dim.Unknown)), sequences.Result.Type);
        Assert.Equal(new OptionalType(NtirTypes.Float(2)), optionals.Result.Type);
        Assert.Equal(map, maps.Result.Type);
    }

    [Fact]
    public void What_a_loop_carries_has_a_type_that_holds_in_every_round()
    {
        NtirValue x = Body.AddParameter(NtirTypes.Float(2, 3));
        NtirOp loop = Loop(Number(5), x);
        NtirRegion body = loop.Regions[0];
        body.AddResult(body.Parameters[1]);
        NtirOp longer = body.Add(Op("concat", [body.Parameters[2], x], ("axis", 0L)));
        body.AddResult(longer.Result);
        Run();
        Assert.Equal(NtirTypes.Float(Dim.Unknown, 3), loop.Results[0].Type);
        Assert.Equal(NtirTypes.Float(Dim.Unknown, 3), body.Parameters[2].Type);
    }

    [Fact]
    public void A_loop_whose_types_do_not_settle_claims_nothing()
    {
        NtirValue x = Body.AddParameter(NtirTypes.Float(2));
        NtirOp loop = Loop(Number(9), x, x, x, x, x, x);
        NtirRegion body = loop.Regions[0];
        body.AddResult(body.Parameters[1]);
        for (int i = 3; i < 8; i++)
        {
            body.AddResult(body.Parameters[i]); // each takes what its neighbour had
        }

        NtirValue axes = body.Add(NtirOp.Constant(TensorValue.From<long>(ElementType.Int64, [0], 1))).Result;
        body.AddResult(body.Add(Op("unsqueeze", [body.Parameters[7], axes])).Result);
        Run();
        Assert.All(loop.Results, result => Assert.True(
            result.Type == NtirType.Unknown || result.TensorType is { Shape: null }, $"{result.Type}"));
        Assert.All(body.Parameters.Skip(2), value => Assert.True(
            value.Type == NtirType.Unknown || value.TensorType is { Shape: null }, $"{value.Type}"));
    }

    [Fact]
    public void Nested_loops_do_not_multiply_the_time()
    {
        NtirValue x = Body.AddParameter(NtirTypes.Float(2));
        NtirRegion region = Body;
        for (int depth = 0; depth < 40; depth++)
        {
            NtirOp loop = region.Add(new NtirOp("loop", [Number(2), null, x, x], [NtirType.Unknown, NtirType.Unknown]));
            region = loop.AddRegion();
            region.AddParameter(NtirTypes.Number);
            region.AddParameter(NtirTypes.Flag);
            region.AddParameter(x.Type);
            region.AddParameter(x.Type);
            region.AddResult(region.Parameters[1]);
        }

        for (NtirRegion? each = region; each?.Owner is { } owner; each = owner.Region)
        {
            NtirOp longer = each.Add(Op("concat", [each.Parameters[2], x], ("axis", 0L)));
            each.AddResult(each.Parameters[3]);
            each.AddResult(longer.Result);
        }

        Run(); // 4 to the power of 40 walks would not end
    }

    [Theory]
    [InlineData(true, 4)]
    [InlineData(false, null)]
    public void What_a_loop_scans_is_as_long_as_its_trips_when_those_are_sure(bool isSure, int? length)
    {
        NtirValue x = Body.AddParameter(NtirTypes.Float(3));
        NtirValue flag = Body.AddParameter(NtirTypes.Flag);
        NtirOp loop = new("loop", [Number(4), null], [NtirType.Unknown]);
        NtirRegion body = loop.AddRegion();
        body.AddParameter(NtirTypes.Number);
        body.AddParameter(NtirTypes.Flag);
        body.AddResult(isSure ? body.Parameters[1] : flag);
        body.AddResult(x);
        Body.Add(loop);
        Run();
        Assert.Equal(NtirTypes.Float(length ?? Dim.Unknown, 3), loop.Result.Type);
        Assert.Equal(NtirTypes.Number, body.Parameters[0].Type);
    }

    [Fact]
    public void A_negative_trip_count_is_no_length()
    {
        NtirOp loop = new("loop", [Number(-2), null], [NtirType.Unknown]);
        NtirRegion body = loop.AddRegion();
        body.AddParameter(NtirTypes.Number);
        body.AddParameter(NtirTypes.Flag);
        body.AddResult(body.Parameters[1]);
        body.AddResult(body.Parameters[0]);
        Body.Add(loop);
        Run();
        Assert.Equal(NtirTypes.Int(0), loop.Result.Type);
    }

    [Fact]
    public void A_scan_takes_an_axis_away_and_puts_one_back()
    {
        NtirValue state = Body.AddParameter(NtirTypes.Float(3));
        NtirValue x = Body.AddParameter(NtirTypes.Float(3, Dim.Symbol("t"), 5));
        NtirOp scan = new("scan", [state, x], [NtirType.Unknown, NtirType.Unknown], KernelAttributes.Of(
            ("num_scan_inputs", 1L), ("scan_input_axes", new long[] { 1 }), ("scan_output_axes", new long[] { -1 })));
        NtirRegion body = scan.AddRegion();
        body.AddParameter(NtirType.Unknown);
        body.AddParameter(NtirType.Unknown);
        body.AddResult(body.Parameters[0]);
        body.AddResult(body.Parameters[1]);
        Body.Add(scan);
        Run();
        Assert.Equal(NtirTypes.Float(3), scan.Results[0].Type);
        Assert.Equal(NtirTypes.Float(3, 5), body.Parameters[1].Type);
        Assert.Equal(NtirTypes.Float(3, 5, Dim.Symbol("t")), scan.Results[1].Type);
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 7)]
    public void A_scan_over_an_axis_that_is_not_there_is_a_fault(int rank, long axis)
    {
        NtirValue x = Body.AddParameter(NtirTypes.Float([.. Enumerable.Repeat((Dim)2, rank)]));
        NtirOp scan = new("scan", [x], [], KernelAttributes.Of(
            ("num_scan_inputs", 1L), ("scan_input_axes", new[] { axis })));
        scan.AddRegion().AddParameter(NtirType.Unknown);
        Body.Add(scan);
        Assert.Equal(NtirFault.ShapeMismatch, Assert.Single(ShapeInference.Run(_module)).Fault);
    }

    [Fact]
    public void A_map_over_a_sequence_gives_a_sequence()
    {
        NtirValue x = Body.AddParameter(new SequenceType(NtirTypes.Float(2, 3)));
        NtirValue y = Body.AddParameter(NtirTypes.Float(3));
        NtirOp map = new("sequence_map", [x, y], [NtirType.Unknown]);
        NtirRegion body = map.AddRegion();
        body.AddParameter(NtirType.Unknown);
        body.AddParameter(NtirType.Unknown);
        body.AddResult(body.Add(Op("transpose", [body.Parameters[0]])).Result);
        Body.Add(map);
        Run();
        Assert.Equal(NtirTypes.Float(3), body.Parameters[1].Type);
        Assert.Equal(new SequenceType(NtirTypes.Float(3, 2)), map.Result.Type);
    }

    [Fact]
    public void A_function_called_with_two_shapes_knows_what_they_share()
    {
        NtirFunction f = _module.AddFunction("f");
        NtirValue p = f.Body.AddParameter(NtirType.Unknown);
        f.Body.AddResult(f.Body.Add(Op("transpose", [p])).Result);
        NtirOp first = Call(Body.AddParameter(NtirTypes.Float(2, 3)));
        NtirOp second = Call(Body.AddParameter(NtirTypes.Float(2, 4)));
        Run();
        Assert.Equal(NtirTypes.Float(3, 2), first.Result.Type);
        Assert.Equal(NtirTypes.Float(Dim.Unknown, 2), second.Result.Type);
        Assert.Equal(NtirTypes.Float(2, Dim.Unknown), p.Type);
    }

    [Fact]
    public void Functions_that_call_twice_do_not_multiply_the_time()
    {
        for (int i = 0; i < 50; i++)
        {
            NtirFunction function = _module.AddFunction($"f{i}");
            NtirValue p = function.Body.AddParameter(NtirType.Unknown);
            for (int twice = 0; twice < 2 && i < 49; twice++)
            {
                function.Body.Add(new NtirOp("call", [p], [NtirType.Unknown],
                    KernelAttributes.Of(("callee", $"f{i + 1}"))));
            }

            function.Body.AddResult(p);
        }

        Body.Add(new NtirOp("call", [Body.AddParameter(NtirTypes.Scalar)], [NtirType.Unknown],
            KernelAttributes.Of(("callee", "f0"))));
        Run();
        Assert.Equal(NtirTypes.Scalar, _module.FindFunction("f49")!.Body.Parameters[0].Type);
    }

    [Fact]
    public void A_rule_is_right_against_what_the_model_declares()
    {
        NtirOp op = new("transpose", [Body.AddParameter(NtirTypes.Float(2, Dim.Unknown))],
            [NtirTypes.Float(Dim.Symbol("n"), 9)]);
        Body.Add(op);
        Run();
        Assert.Equal(NtirTypes.Float(Dim.Symbol("n"), 2), op.Result.Type);
    }

    private void Run() => Assert.Empty(ShapeInference.Run(_module));

    private NtirOp If(NtirType then, NtirType otherwise)
    {
        NtirOp branch = new("if", [Body.AddParameter(NtirTypes.Flag)], [NtirType.Unknown]);
        branch.AddRegion().AddResult(Body.AddParameter(then));
        branch.AddRegion().AddResult(Body.AddParameter(otherwise));
        return Body.Add(branch);
    }

    private NtirOp Loop(NtirValue trips, params NtirValue[] carried)
    {
        NtirOp loop = new("loop", [trips, null, .. carried], carried.Select(_ => NtirType.Unknown));
        NtirRegion body = loop.AddRegion();
        body.AddParameter(NtirTypes.Number);
        body.AddParameter(NtirTypes.Flag);
        foreach (NtirValue _ in carried)
        {
            body.AddParameter(NtirType.Unknown);
        }

        return Body.Add(loop);
    }

    private NtirOp Call(NtirValue operand) => Body.Add(new NtirOp(
        "call", [operand], [NtirType.Unknown], KernelAttributes.Of(("callee", "f"))));

    private NtirValue Number(long value) =>
        Body.Add(NtirOp.Constant(TensorValue.From<long>(ElementType.Int64, [value]))).Result;

    private static NtirOp Op(string name, NtirValue?[] operands, params (string, AttributeValue)[] attributes) =>
        new(name, operands, [NtirType.Unknown], KernelAttributes.Of(attributes));
}
