using Ahr.Backends.Bytecode;
using Ahr.Backends.Conformance;
using Ahr.Ntir.Graph;
using Ahr.Ntir.Passes;
using Ahr.Ntir.Types;
using Nbc.Instructions;
using Nbc.Runtime.Errors;
using Nbc.Runtime.Machine;
using Nbc.Runtime.Tracing;
using Nbc.Tensors;
using Nbc.Values;

namespace Ahr.Backends.Tests.Conformance;

/// <summary>ONNX's own backend tests, from Debian's libonnx-testdata.</summary>
[Collection("engine")]
public sealed class OnnxDataTests
{
    private const string Folder = "/usr/share/libonnx-testdata/data";

    private static readonly string[] s_groups = ["node", "simple", "pytorch-operator", "pytorch-converted"];

    private static IReadOnlyList<ConformanceCase> Cases
    {
        get
        {
            Assert.SkipUnless(
                Directory.Exists(Folder), $"ONNX's test data is not there: Debian's libonnx-testdata brings {Folder}");
            return [.. ConformanceCase.Find(Folder).Where(test => s_groups.Contains(test.Name.Split('/')[0]))];
        }
    }

    [Fact]
    public void Noodles_own_engine_passes_nearly_all_fails_none_and_passes_more_than_ONNX_Runtime()
    {
        IReadOnlyList<ConformanceCase> cases = Cases;
        ConformanceReport own = Run(new NbcSubject(), cases);
        ConformanceReport other = Run(new OnnxRuntimeSubject(), cases);
        Assert.DoesNotContain(own.Cases, outcome => outcome.Verdict == Verdict.Failed);
        Assert.True(
            own.Passed + own.Random >= 0.98 * own.Total && own.Passed >= 0.98 * (own.Total - own.Random),
            $"{own.Passed} of {own.Total} passed, {own.Refused} refused, {own.Random} random");
        Assert.True(own.Passed > other.Passed, $"{own.Passed} passed, ONNX Runtime passed {other.Passed}");
    }

    [Fact]
    public void Every_size_that_inference_promises_is_the_size_that_comes()
    {
        List<string> broken = [];
        int promised = 0;
        foreach (ConformanceCase test in Cases)
        {
            promised += Check(test, broken);
        }

        Assert.Empty(broken);
        Assert.InRange(promised, 1_000, int.MaxValue);
    }

    [Fact]
    public void The_check_of_sizes_sees_a_promise_that_is_not_kept()
    {
        NtirModule module = new();
        NtirValue x = module.Main.Body.AddParameter(new TensorType(ElementType.Float32, SymbolicShape.Of(2)), "x");
        NtirOp relu = module.Main.Body.Add(new NtirOp(
            "relu", [x], [new TensorType(ElementType.Float32, SymbolicShape.Of(2))]));
        module.Main.Body.AddResult(relu.Result);
        NbcProgram program = NbcCompilation.Compile(module, "m");
        Promises promises = new("m");
        using NbcModel model = NbcRuntime.Load(program, new NbcLoadOptions { MaxRuns = 1 });
        promises.Lie();
        model.Run(
            [TensorValue.From(ElementType.Float32, [1f, 2f], 2)], new NbcValue?[1],
            new NbcRun { Observer = promises }, TestContext.Current.CancellationToken);
        Assert.NotEmpty(promises.Broken);
    }

    private static ConformanceReport Run(IConformanceSubject subject, IReadOnlyList<ConformanceCase> cases)
    {
        ConformanceRun run = new(subject, Tolerance.Onnx);
        return new ConformanceReport([.. cases.Select(run.Run)]);
    }

    // What cannot be loaded or run is the other test's business, and so are inputs that the model does not declare.
    private static int Check(ConformanceCase test, List<string> broken)
    {
        try
        {
            (NtirModule module, _) = NbcCompilation.Import(test.ModelPath, allowFallback: false);
            NbcProgram program = NbcCompilation.Compile(RegionCopy.Copy(module), test.Name);
            Promises promises = new(test.Name);
            using NbcModel model = NbcRuntime.Load(program, new NbcLoadOptions { MaxRuns = 1 });
            ModelSignature signature = ModelSignature.Of(module);
            foreach (ConformanceDataSet set in test.DataSets)
            {
                NbcValue?[] inputs = [.. Enumerable.Range(0, program.Inputs.Length).Select(i =>
                    i < set.Inputs.Count ? ConformanceRun.Read(set.Inputs[i], signature.Inputs, i) : null)];
                model.Run(
                    inputs, new NbcValue?[program.Outputs.Length], new NbcRun { Observer = promises },
                    TestContext.Current.CancellationToken);
            }

            broken.AddRange(promises.Broken);
            return promises.Kept;
        }
        catch (Exception reason) when (reason is NbcException or BackendException)
        {
            return 0;
        }
    }

    /// <summary>Compares each result with what its register is said to hold.</summary>
    private sealed class Promises(string name) : INbcObserver
    {
        private long _lie;

        public int Kept { get; private set; }

        public List<string> Broken { get; } = [];

        public void Lie() => _lie = 1;

        public void Executed(in NbcStep step)
        {
            if (step.Descriptor.Format != NbcFormat.Values)
            {
                return;
            }

            ReadOnlySpan<int> registers = step.Function.OutputsOf(step.Function.Instructions[step.Index]);
            for (int i = 0; i < step.Outputs.Length; i++)
            {
                if (step.Outputs[i] is TensorValue actual && registers[i] >= 0 &&
                    step.Function.Registers[registers[i]].Type is
                        { Kind: NbcValueKind.Tensor, Dimensions: { } promised } type)
                {
                    Compare(step.Location ?? step.Descriptor.Mnemonic, type, promised, actual);
                }
            }
        }

        private void Compare(string where, NbcType type, long[] promised, TensorValue actual)
        {
            bool isKept = type.Element == actual.Type && promised.Length == actual.Rank;
            for (int i = 0; isKept && i < promised.Length; i++)
            {
                isKept = promised[i] < 0 || promised[i] + _lie == actual.Shape[i];
            }

            Kept += isKept ? 1 : 0;
            if (!isKept)
            {
                Broken.Add($"{name} at {where}: {type} was promised, {actual} came");
            }
        }
    }
}
