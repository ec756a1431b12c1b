using Ahr.Backends.Bytecode;
using Ahr.Lowering;
using Ahr.Ntir.Graph;
using Ahr.Ntir.Inference;
using Ahr.Ntir.Passes;
using Ahr.Ntir.Text;
using Ahr.Ntir.Types;
using Ahr.Ntir.Verification;
using Nbc.Instructions;
using Nbc.Runtime.Machine;
using Nbc.Tensors;
using Nbc.Values;
using Nbc.Verification;

namespace Ahr.Backends.Tests.RandomModels;

/// <summary>What every pass and the lowering promise: the same answers, bit by bit.</summary>
public sealed class PassLawTests
{
    private const int Programs = 250;

    public static TheoryData<string> Passes =>
        [.. s_passes.Keys];

    private static readonly Dictionary<string, Action<NtirModule>> s_passes = new(StringComparer.Ordinal)
    {
        ["nothing"] = _ => { },
        ["shape folding"] = module => ShapeFolding.Run(module),
        ["constant folding"] = module => new ConstantFolding(KernelFolding.Instance).Run(module),
        ["canonicalisation"] = module => Canonicalization.Run(module),
        ["common subexpressions"] = module => SubexpressionElimination.Run(module),
        ["dead code"] = module => DeadCode.Run(module),
        ["fusion marks"] = module => FusionMarks.Run(module),
        ["all of them"] = module => Assert.Empty(NtirOptimizer.Run(module, KernelFolding.Instance)),
    };

    [Theory]
    [MemberData(nameof(Passes))]
    public void A_pass_changes_no_answer(string pass)
    {
        for (int seed = 0; seed < Programs; seed++)
        {
            (NtirModule module, TensorValue[] inputs) = RandomPrograms.Make(seed);
            NtirModule changed = RegionCopy.Copy(module);
            Assert.Empty(Verifier.Check(changed));
            Assert.Empty(ShapeInference.Run(changed));
            s_passes[pass](changed);
            Assert.Empty(Verifier.Check(changed));
            Compare(module, inputs, changed, Interpreter.Run(changed, inputs), seed);
        }
    }

    [Fact]
    public void What_inference_says_is_so()
    {
        for (int seed = 0; seed < Programs; seed++)
        {
            (NtirModule module, TensorValue[] inputs) = RandomPrograms.Make(seed);
            module.Main.Body.Ops.SelectMany(op => op.Results).ToList().ForEach(module.Main.Body.AddResult);
            NtirModule typed = RegionCopy.Copy(module);
            Assert.Empty(ShapeInference.Run(typed));
            NbcValue?[] values = Interpreter.Run(module, inputs);
            for (int i = 0; i < values.Length; i++)
            {
                NtirValue result = typed.Main.Body.Results[i];
                TensorValue value = (TensorValue)values[i]!;
                if (value.Count == 0 && result.Producer?.Name is "loop" or "scan")
                {
                    continue; // without a round, its sizes are what inference says
                }

                Assert.True(
                    result.Type == NtirType.Unknown || (result.TensorType!.Element == value.Type &&
                    (result.TensorType.Shape is not { } shape || (shape.Rank == value.Rank && Holds(shape, value)))),
                    $"seed {seed}: {result.Producer} is {result.Type}, and {value}\n{NtirPrinter.Print(typed)}");
            }
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_program_gives_what_the_module_says(bool isOptimised)
    {
        for (int seed = 0; seed < Programs * 2; seed++)
        {
            (NtirModule module, TensorValue[] inputs) = RandomPrograms.Make(seed);
            NtirModule lowered = RegionCopy.Copy(module);
            Assert.Empty(ShapeInference.Run(lowered));
            if (isOptimised)
            {
                NtirOptimizer.Run(lowered, KernelFolding.Instance);
            }

            NbcProgram program = NtirLowering.Lower(lowered).Program!;
            Assert.Empty(NbcVerifier.Verify(program));
            using NbcModel model = NbcRuntime.Load(program, new NbcLoadOptions { MaxRuns = 1 });
            byte[][] before = [.. inputs.Select(input => input.Bytes().ToArray())];
            for (int twice = 0; twice < 2; twice++) // the second run finds the memory of the first
            {
                Compare(module, inputs, lowered, model.Run(inputs), seed);
            }

            Assert.Equal(before, inputs.Select(input => input.Bytes().ToArray()));
        }
    }

    private static bool Holds(SymbolicShape shape, TensorValue value)
    {
        for (int i = 0; i < shape.Rank; i++)
        {
            // The symbol n3 stands for the size 3.
            Dim size = shape[i].Substitute(name => long.Parse(name.AsSpan(1), null));
            if (size.IsConstant && size.Value != value.Shape[i])
            {
                return false;
            }
        }

        return true;
    }

    private static void Compare(
        NtirModule module, TensorValue[] inputs, NtirModule changed, NbcValue?[] actual, int seed)
    {
        NbcValue?[] expected = Interpreter.Run(module, inputs);
        for (int i = 0; i < expected.Length; i++)
        {
            TensorValue a = (TensorValue)actual[i]!, e = (TensorValue)expected[i]!;
            Assert.True(Same(a, e), $"seed {seed}: result {i} is {Text(a)}, not {Text(e)}\n" +
                $"{NtirPrinter.Print(module)}\nbecame\n{NtirPrinter.Print(changed)}");
        }
    }

    // NaN is NaN, whatever it carries: which operand's payload goes on is not the graph's to say.
    private static bool Same(TensorValue a, TensorValue e)
    {
        if (a.Type != e.Type || !a.Shape.SequenceEqual(e.Shape))
        {
            return false;
        }

        for (int i = 0; i < a.Count; i++)
        {
            if (a.Type == ElementType.Float32
                ? !Same(a.Span<float>()[i], e.Span<float>()[i])
                : a.Type == ElementType.Int64 && a.Span<long>()[i] != e.Span<long>()[i])
            {
                return false;
            }
        }

        return true;
    }

    private static bool Same(float a, float e) => (float.IsNaN(a) && float.IsNaN(e)) ||
        BitConverter.SingleToInt32Bits(a) == BitConverter.SingleToInt32Bits(e);

    private static string Text(TensorValue value) => $"{value} {(value.Type == ElementType.Float32
        ? string.Join(' ', value.Span<float>().ToArray())
        : Convert.ToHexString(value.Bytes()))}";
}
