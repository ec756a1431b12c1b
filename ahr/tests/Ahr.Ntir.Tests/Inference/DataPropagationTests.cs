using Ahr.Ntir.Graph;
using Ahr.Ntir.Inference;
using Ahr.Ntir.Passes;
using Ahr.Ntir.Tests.Types;
using Ahr.Ntir.Types;
using Nbc.Kernels;
using Nbc.Tensors;
using Nbc.Values;

namespace Ahr.Ntir.Tests.Inference;

public sealed class DataPropagationTests
{
    private readonly NtirModule _module = new();

    private NtirRegion Body => _module.Main.Body;

    [Fact]
    public void Sizes_are_followed_from_shape_to_reshape()
    {
        Dim batch = Dim.Symbol("batch");
        NtirValue x = Body.AddParameter(NtirTypes.Float(batch, 3, 4));
        NtirValue shape = Add("shape", [x]);
        NtirValue first = Add("gather", [shape, Ints(0)], ("axis", 0L));
        NtirValue target = Add("concat", [first, Ints(12)], ("axis", 0L));
        NtirValue y = Add("reshape", [x, target]);
        Assert.Empty(ShapeInference.Run(_module));
        Assert.Equal(NtirTypes.Float(batch, 12), y.Type);
    }

    [Fact]
    public void Arithmetic_on_sizes_is_followed()
    {
        Dim n = Dim.Symbol("n");
        NtirValue x = Body.AddParameter(NtirTypes.Float(n, 6));
        NtirValue shape = Add("shape", [x]);
        NtirValue half = Add("mul", [shape, Ints(2, 1)]);
        NtirValue y = Add("constant_of_shape", [half]);
        Assert.Empty(ShapeInference.Run(_module));
        Assert.Equal(NtirTypes.Float(n * 2, 6).Shape, y.TensorType!.Shape);
    }

    [Fact]
    public void What_is_known_to_the_last_element_becomes_a_constant()
    {
        NtirValue x = Body.AddParameter(NtirTypes.Float(Dim.Unknown, 3, 4));
        NtirValue part = Add("slice", [Add("shape", [x]), Ints(1), Ints(3)]);
        Body.AddResult(part);
        Assert.Empty(ShapeInference.Run(_module));
        Assert.Equal(1, ShapeFolding.Run(_module));
        Assert.True(Body.Results[0].TryGetConstant(out TensorValue? constant));
        Assert.Equal([3, 4], constant.Span<long>().ToArray());
    }

    [Fact]
    public void A_symbol_is_no_constant()
    {
        NtirValue x = Body.AddParameter(NtirTypes.Float(Dim.Symbol("n"), 3));
        Body.AddResult(Add("shape", [x]));
        Assert.Empty(ShapeInference.Run(_module));
        Assert.Equal(0, ShapeFolding.Run(_module));
    }

    [Fact]
    public void Sizes_inside_a_loop_are_those_of_every_round()
    {
        NtirValue x = Body.AddParameter(NtirTypes.Float(2));
        NtirOp loop = new("loop", [null, null, x], [NtirType.Unknown]);
        NtirRegion body = loop.AddRegion();
        body.AddParameter(NtirTypes.Number);
        body.AddParameter(NtirTypes.Flag);
        body.AddParameter(x.Type);
        NtirOp size = body.Add(new NtirOp("shape", [body.Parameters[2]], [NtirType.Unknown]));
        NtirOp grown = body.Add(new NtirOp(
            "concat", [body.Parameters[2], x], [NtirType.Unknown], KernelAttributes.Of(("axis", 0L))));
        body.AddResult(body.Parameters[1]);
        body.AddResult(grown.Result);
        Body.Add(loop);
        Body.AddResult(loop.Result);
        body.Add(new NtirOp("neg", [size.Result], [NtirType.Unknown]));
        Assert.Empty(ShapeInference.Run(_module));
        Assert.Equal(0, ShapeFolding.Run(_module)); // it is 2 in the first round only
    }

    private NtirValue Ints(params long[] numbers) =>
        Body.Add(NtirOp.Constant(TensorValue.From<long>(ElementType.Int64, numbers, numbers.Length))).Result;

    private NtirValue Add(string name, NtirValue?[] operands, params (string, AttributeValue)[] attributes) =>
        Body.Add(new NtirOp(name, operands, [NtirType.Unknown], KernelAttributes.Of(attributes))).Result;
}
