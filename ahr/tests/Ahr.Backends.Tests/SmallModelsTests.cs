using Ahr.Backends.Bytecode;
using Ahr.Backends.Conformance;
using Ahr.Ntir.Graph;
using Ahr.Ntir.Types;
using Nbc.Runtime.Machine;
using Nbc.Tensors;
using Nbc.Values;
using Noodle.Primitives;

namespace Ahr.Backends.Tests;

/// <summary>Small whole models, in Noodle's own engine and in ONNX Runtime.</summary>
[Collection("engine")]
public sealed class SmallModelsTests
{
    private static readonly string s_folder = Path.Combine(AppContext.BaseDirectory, "models");

    public static TheoryData<string, string[]> Models => new()
    {   // model        inputs: type and shape
        { "digits",      ["f 3,1,8,8"] },
        { "tiny_mlp",    ["f 5,8"] },
        { "tiny_cnn",    ["f 1,3,32,32"] },
        { "tiny_unet",   ["f 1,3,32,32"] },
        { "tiny_bilstm", ["f 2,12,8"] },
        { "tiny_bert",   ["i 2,9", "m 2,9", "t 2,9"] },
    };

    [Theory]
    [MemberData(nameof(Models))]
    public void Both_engines_give_the_same(string name, string[] inputs)
    {
        string path = Path.Combine(s_folder, name + ".onnx");
        using IConformanceModel own = new NbcSubject().Load(path), other = new OnnxRuntimeSubject().Load(path);
        for (ulong seed = 1; seed <= 3; seed++)
        {
            TensorValue[] given = Draw(inputs, seed);
            IReadOnlyList<NbcValue?> actual = own.Run(given), expected = other.Run(given);
            Assert.Equal(expected.Count, actual.Count);
            for (int i = 0; i < expected.Count; i++)
            {
                Assert.Null(ValueComparison.Difference(actual[i], expected[i], Tolerance.Float32));
            }
        }
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void A_run_with_known_shapes_allocates_nothing(string name, string[] inputs)
    {
        TensorValue[] given = Draw(inputs, 1);
        using NbcModel model = Load(Path.Combine(s_folder, name + ".onnx"), given);
        NbcValue?[] results = new NbcValue?[model.Outputs.Count];
        for (int i = 0; i < 3; i++)
        {
            model.Run(given, results, NbcRun.Default, CancellationToken.None);
        }

        NbcValue?[] first = [.. results];
        long before = GC.GetAllocatedBytesForCurrentThread();
        model.Run(given, results, NbcRun.Default, CancellationToken.None);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Equal(first, results); // the same objects, filled again
    }

    private static NbcModel Load(string path, TensorValue[] inputs)
    {
        (NtirModule module, _) = NbcCompilation.Import(path, allowFallback: false);
        for (int i = 0; i < inputs.Length; i++)
        {
            module.Main.Body.Parameters[i].Type = new TensorType(inputs[i].Type, SymbolicShape.Of(inputs[i].Shape));
        }

        return NbcRuntime.Load(NbcCompilation.Compile(module, "m"), new NbcLoadOptions { MaxRuns = 1 });
    }

    private static TensorValue[] Draw(string[] inputs, ulong seed)
    {
        Prng prng = new(seed);
        return Array.ConvertAll(inputs, input =>
        {
            long[] shape = Array.ConvertAll(input[2..].Split(','), long.Parse);
            TensorValue value = TensorValue.Allocate(input[0] == 'f' ? ElementType.Float32 : ElementType.Int64, shape);
            for (int i = 0; i < value.Count; i++)
            {
                if (input[0] == 'f')
                {
                    value.Span<float>()[i] = (float)((2 * prng.NextDouble()) - 1);
                    continue;
                }

                value.Span<long>()[i] = input[0] switch
                {
                    'm' => i % 4 == 3 ? 0 : 1,
                    't' => prng.Next(2),
                    _ => prng.Next(128),
                };
            }

            return value;
        });
    }
}
