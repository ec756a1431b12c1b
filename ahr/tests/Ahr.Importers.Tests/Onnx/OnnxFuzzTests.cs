using Ahr.Importers.Onnx.Proto;
using Google.Protobuf;
using Nbc.Tensors;
using Nbc.Values;
using Noodle.Primitives;

namespace Ahr.Importers.Tests.Onnx;

/// <summary>Some seconds of the fuzz target; the bench runs it for longer.</summary>
public sealed class OnnxFuzzTests
{
    private const int Steps = 3_000;
    private const long MostBytes = 64 << 20;

    [Fact]
    public void Changed_models_end_in_a_module_or_in_diagnostics()
    {
        byte[][] samples = [.. Samples().Select(model => model.ToByteArray())];
        for (int step = 0; step < Steps; step++)
        {
            Prng prng = new((ulong)step);
            long before = GC.GetAllocatedBytesForCurrentThread();
            string? problem = OnnxFuzz.Step(prng, samples[step % samples.Length]);
            Assert.True(problem is null, $"seed {step}: {problem}");
            Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < MostBytes, $"seed {step}: too much memory");
        }
    }

    [Fact]
    public void The_samples_themselves_are_good() => Assert.All(Samples(), model =>
        Assert.Empty(Build.Import(model, Loose.Options with { AllowFallback = true }).Diagnostics));

    [Fact]
    public void A_seed_gives_the_same_bytes_again()
    {
        byte[] sample = Samples().First().ToByteArray();
        Assert.Equal(OnnxFuzz.Mutate(new Prng(7), sample), OnnxFuzz.Mutate(new Prng(7), sample));
        Assert.NotEqual(OnnxFuzz.Mutate(new Prng(8), sample), OnnxFuzz.Mutate(new Prng(7), sample));
    }

    private static IEnumerable<ModelProto> Samples()
    {
        GraphProto plain = Build.Graph("x,s", "y,z", Build.Node("Conv", "x,w", "a", ("kernel_shape", new long[] { 1 })),
            Build.Node("Softmax", "a", "b", ("axis", 1)), Build.Node("Resize", "b,,s", "y", ("mode", "linear")),
            Build.Node("Split", "x", "z,", ("axis", 0)), Build.Node("Constant", "", "k",
                ("value", TensorValue.From<long>(ElementType.Int64, [1, 2, 3], 3))));
        plain.Initializer.Add(Build.Tensor("w", ElementType.Int4, [3, 1], 0x21, 0x03));
        plain.SparseInitializer.Add(new SparseTensorProto
        {
            Values = Build.Tensor("v", ElementType.Bool, [1], 1),
            Indices = Build.Tensor("", ElementType.Int64, [1], [1, 0, 0, 0, 0, 0, 0, 0]),
            Dims = { 2, 3 },
        });
        yield return Build.Model(12, plain);

        GraphProto then = Build.Graph("", "t", Build.Node("Neg", "x", "t"));
        GraphProto body = Build.Graph("i,k,v", "k,w", Build.Node("Add", "v,i", "w"));
        yield return Build.Model(17, Build.Graph("c,x,n", "y,z",
            Build.Node("If", "c", "y", ("then_branch", then), ("else_branch", Build.Graph("", "x"))),
            Build.Node("Loop", "n,,y", "z", ("body", body))));

        ModelProto calls = Build.Model(17, Build.Graph("x", "y", Build.Node("com.example.F", "x", "a", ("alpha", 2.5f)),
            Build.Node("com.example.Foo", "x", "b"), Build.Node("Abs", "b", "d"),
            Build.Node("com.example.Foo", "d,a", "y")));
        calls.OpsetImport.Add(new OperatorSetIdProto { Domain = "com.example", Version = 2 });
        FunctionProto function = new() { Name = "F", Domain = "com.example", Input = { "a" }, Output = { "b" } };
        function.Attribute.Add("alpha");
        function.Node.Add(Build.Node("LeakyRelu", "a", "b",
            ("alpha", new AttributeProto { Name = "alpha", Type = 1, RefAttrName = "alpha" })));
        calls.Functions.Add(function);
        calls.Graph.ValueInfo.Add(Build.Value("a"));
        yield return calls;

        yield return Build.Model(6, Build.Graph("a,b", "y,z",
            Build.Node("Add", "a,b", "y", ("broadcast", 1), ("axis", 1)),
            Build.Node("Upsample", "a", "z", ("height_scale", 2f), ("width_scale", 2f))));
    }
}
