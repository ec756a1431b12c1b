using System.Text;
using Ahr.Ntir.Graph;
using Ahr.Ntir.Text;
using Nbc.Values;

namespace Ahr.Ntir.Tests.Text;

public sealed class RoundTripTests
{
    [Fact]
    public void What_is_printed_reads_back_and_prints_the_same() => Gen.Int[0, 1_000_000].Sample(seed =>
    {
        string text = NtirPrinter.Print(RandomModules.Make(seed));
        NtirReadResult read = NtirParser.Parse(text);
        Assert.True(read.Fault is null, $"{read.Fault}\n{text}");
        Assert.Equal(text, NtirPrinter.Print(read.Module!));
    }, iter: 300);

    [Fact]
    public void Names_types_and_places_are_those_of_the_module() => Gen.Int[0, 1_000_000].Sample(seed =>
    {
        NtirModule module = RandomModules.Make(seed);
        NtirModule read = NtirParser.Parse(NtirPrinter.Print(module)).Module!;
        Assert.Equal(module.Metadata, read.Metadata);
        Assert.Equal(module.OutputNames, read.OutputNames);
        Assert.Equal(module.Functions.Select(each => each.Name), read.Functions.Select(each => each.Name));
        foreach ((NtirFunction mine, NtirFunction other) in module.Functions.Zip(read.Functions))
        {
            Assert.Equal(mine.Body.Parameters.Select(each => (each.Name, each.Type)),
                other.Body.Parameters.Select(each => (each.Name, each.Type)));
            Assert.Equal(mine.Body.AllOps().Select(Describe), other.Body.AllOps().Select(Describe));
        }
    }, iter: 200);

    private static string Describe(NtirOp op) =>
        $"{op.Name} {op.Location.Path} {op.Location.Kind} {op.FusionGroup} {op.Operands.Count} {op.Regions.Count} " +
        string.Join(' ', op.Results.Select(result => $"{result.Name} {result.Type} {result.Uses.Count}")) +
        string.Join(' ', op.Attributes.All.Select(pair => $"{pair.Key} {pair.Value.Kind}"));

    [Fact]
    public void Large_tensors_may_lie_elsewhere()
    {
        NtirModule module = new();
        TensorValue weights = TensorValue.From<float>(Nbc.Tensors.ElementType.Float32, [1, 2, 3], 3);
        module.Main.Body.AddResult(module.Main.Body.Add(NtirOp.Constant(weights)).Result);
        string text = NtirPrinter.Print(module, new NtirTextOptions { MostInlineBytes = 8 });
        Assert.Contains("#ntir.content<f32, [3], \"", text, StringComparison.Ordinal);

        NtirReadResult lost = NtirParser.Parse(text);
        Assert.Equal(NtirFault.MissingContent, lost.Fault!.Value.Fault);
        NtirModule read = NtirParser.Parse(text, new Elsewhere(weights)).Module!;
        Assert.Equal(NtirPrinter.Print(module), NtirPrinter.Print(read));
        TensorValue shorter = TensorValue.From<float>(Nbc.Tensors.ElementType.Float32, [1, 2], 2);
        Assert.Equal(NtirFault.MissingContent, NtirParser.Parse(text, new Elsewhere(shorter)).Fault!.Value.Fault);
    }

    [Fact]
    public void Locations_are_left_out_on_demand()
    {
        NtirModule module = new();
        module.Main.Body.Add(new NtirOp("anything", [], [], null, new SourceLocation("a/b", "K")));
        Assert.Contains("loc(\"a/b\"(\"K\"))", NtirPrinter.Print(module), StringComparison.Ordinal);
        Assert.DoesNotContain("loc(", NtirPrinter.Print(module, new NtirTextOptions { WithLocations = false }),
            StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_used_before_it_is_made_cannot_be_printed()
    {
        NtirModule module = new();
        NtirOp late = new("late", [], [Types.NtirTypes.Scalar]);
        module.Main.Body.Add(new NtirOp("early", [late.Result], []));
        module.Main.Body.Add(late);
        InvalidOperationException refused =
            Assert.Throws<InvalidOperationException>(() => NtirPrinter.Print(module));
        Assert.Contains("before it is made", refused.Message, StringComparison.Ordinal);
    }

    private sealed class Elsewhere(TensorValue tensor) : INtirContent
    {
        public TensorMemory? Find(string sha256)
        {
            Assert.Equal(64, Encoding.UTF8.GetByteCount(sha256));
            return tensor.Memory;
        }
    }
}
