using Nbc.Instructions;
using Nbc.Kernels;
using Nbc.Tensors;
using Nbc.Values;
using Nbc.Verification;

namespace Nbc.Tests.Instructions;

public sealed class BuilderTests
{
    [Fact]
    public void A_built_program_is_legal_and_shares_what_is_equal()
    {
        NbcProgramBuilder program = new();
        NbcFunctionBuilder main = program.AddFunction("main");
        NbcFunctionBuilder inner = program.AddFunction("inner");
        int x = main.AddRegister(NbcType.Tensor(ElementType.Float32, 2));
        int y = main.AddRegister(NbcType.Any);
        int c = program.AddConstant(TensorValue.From<float>(ElementType.Float32, [1, 2], 2), "c");
        int d = program.AddConstant(TensorValue.From<float>(ElementType.Float32, [1, 2], 2), "c");
        main.Parameters = [x];
        main.Results = [y];
        NbcLabel end = main.NewLabel();
        main.Kernel("add", KernelAttributes.None, [x, c], [y], "node/1");
        main.Kernel("add", null, [y, d], [y], "node/1");
        main.Push(1L);
        main.Push(1L);
        main.Emit(NbcOpcode.Eq);
        main.Jump(NbcOpcode.Jnz, end);
        main.Call(inner, [y], [y]);
        main.TensorToScalar(ScalarKind.Int, c);
        main.Emit(NbcOpcode.Store, main.AddLocal());
        main.ScalarToTensorOf(x);
        main.Mark(end);
        main.Move(y, y);
        main.Emit(NbcOpcode.Ret);
        int p = inner.AddRegister(new NbcRegister(NbcType.Any));
        inner.Parameters = [p];
        inner.Results = [p];
        inner.SetRegister(p, new NbcRegister(NbcType.Unranked(ElementType.Float32)));
        inner.Destroy();
        inner.Emit(NbcOpcode.Ret);
        program.Inputs.Add(new NbcPort("x", NbcType.Of(new TensorSpec("x", ElementType.Float32, [2]))));
        program.Outputs.Add(new NbcPort("y", NbcType.Any));
        program.AddGlobal("g", 1L);
        program.Metadata["producer"] = "test";
        NbcProgram built = program.Build();
        Assert.Equal(["c", "c.1"], built.Constants.Select(each => each.Name));
        Assert.Equal((2, 1), (built.Scalars.Length, built.Names.Length));
        Assert.Equal("node/1", built.LocationOf(built.Functions[0], 1));
        Assert.Null(built.LocationOf(built.Functions[0], 2));
        Assert.Null(built.LocationOf(built.Functions[1], 0));
        ProgramFault only = Assert.Single(NbcVerifier.Verify(built)); // DESTROY without a register
        Assert.Equal((FaultKind.WrongOperand, "inner"), (only.Kind, only.Function));
    }

    [Fact]
    public void Labels_that_are_never_marked_and_unknown_operators_are_mistakes()
    {
        NbcProgramBuilder program = new();
        NbcFunctionBuilder main = program.AddFunction("main");
        Assert.Throws<ArgumentException>(() => main.Kernel("no_such", null, [], []));
        main.Jump(NbcOpcode.Jmp, main.NewLabel());
        Assert.Throws<InvalidOperationException>(program.Build);
    }

    [Fact]
    public void Constants_keep_their_memory_and_are_never_exclusive()
    {
        TensorValue value = TensorValue.From<float>(ElementType.Float32, [1, 2], 2);
        NbcConstant constant = NbcConstant.Of("c", value);
        value.Release();
        Assert.Equal([1f, 2], constant.Value!.Span<float>().ToArray());
        Assert.False(constant.Value.Memory!.IsExclusive);
        Assert.Equal([1L], NbcConstant.Of("s", TensorValue.FromStrings([[1]], 1)).Shape);
        Assert.Throws<ArgumentException>(() => NbcConstant.InBlob("s", ElementType.String, [], "b", 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => NbcConstant.InBlob("s", ElementType.Int8, [], "b", -1));
    }

    [Fact]
    public void Types_read_as_the_text_form_writes_them()
    {
        NbcType map = NbcType.Map(ElementType.Int64, NbcType.Sequence(NbcType.Optional(
            NbcType.Tensor(ElementType.Float32, 2, -1))));
        Assert.Equal("map(si64, seq(opt(f32 [2, -1])))", map.ToString());
        Assert.Equal("f32 [*]", NbcType.Unranked(ElementType.Float32).ToString());
        Assert.Equal(map, NbcType.Map(ElementType.Int64, NbcType.Sequence(NbcType.Optional(
            NbcType.Tensor(ElementType.Float32, 2, -1)))));
        Assert.NotEqual(NbcType.Unranked(ElementType.Float32), NbcType.Tensor(ElementType.Float32));
        Assert.Equal(NbcType.Any.GetHashCode(), new NbcType(NbcValueKind.Any).GetHashCode());
    }
}

internal static class BuilderSteps
{
    public static void ScalarToTensorOf(this NbcFunctionBuilder function, int register)
    {
        function.Push(2L);
        function.ScalarToTensor(ElementType.Float32, register);
    }
}
