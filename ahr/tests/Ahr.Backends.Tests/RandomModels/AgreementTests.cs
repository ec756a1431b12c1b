using Ahr.Backends.Conformance;
using Nbc.Values;

namespace Ahr.Backends.Tests.RandomModels;

/// <summary>Noodle's own engine and ONNX Runtime on the same random graphs.</summary>
public sealed class AgreementTests(ITestOutputHelper output)
{
    private const int Seed = 20_240_501;
    private const int Graphs = 1000;

    // Of numbers too small to be normal ONNX Runtime makes 0 where it computes by a polynomial (Tanh of 1e-45).
    private static readonly Tolerance s_tolerance = Tolerance.Float32 with { Absolute = 1.2e-38 };

    [Fact]
    public void A_thousand_random_graphs_give_what_onnx_runtime_gives()
    {
        output.WriteLine($"seeds {Seed} to {Seed + Graphs - 1}");
        using Scene scene = new();
        int refused = 0, nodes = 0;
        List<string> failures = [];
        for (int seed = Seed; seed < Seed + Graphs; seed++)
        {
            GraphSpec graph = GraphMaker.Make(seed);
            nodes += graph.Nodes.Count;
            Outcome outcome = scene.Try(graph, seed % 2 == 0);
            refused += outcome.IsRefused ? 1 : 0;
            if (outcome.Difference is { } difference && failures.Count < 10)
            {
                GraphSpec small = scene.Shrink(graph, seed % 2 == 0);
                failures.Add($"seed {seed}: {scene.Try(small, seed % 2 == 0).Difference ?? difference}\n{small}");
            }
        }

        output.WriteLine($"{Graphs} graphs, {nodes} nodes, {refused} refused by ONNX Runtime");
        Assert.True(failures.Count == 0, string.Join("\n\n", failures));
        Assert.InRange(refused, 0, Graphs / 50);
    }

    [Fact]
    public void A_graph_that_fails_shrinks_to_the_node_that_does()
    {
        GraphSpec graph = Enumerable.Range(0, 1000).Select(GraphMaker.Make)
            .First(each => each.Nodes.Count > 5 && each.Nodes.Skip(3).Any(node => node.Op == "Transpose"));
        using Scene scene = new() { IsBroken = node => node.Op == "Transpose" };
        GraphSpec small = scene.Shrink(graph, false);
        Assert.Equal("Transpose", Assert.Single(small.Nodes).Op);
    }

    /// <param name="Difference">What is wrong; null when nothing is.</param>
    private readonly record struct Outcome(string? Difference, string? Where = null, bool IsRefused = false);

    private sealed class Scene : IDisposable
    {
        private readonly string _folder = Directory.CreateTempSubdirectory("noodle-random-").FullName;
        private readonly NbcSubject _nbc = new();
        private readonly OnnxRuntimeSubject _runtime = new();
        private int _files;

        /// <summary>Nodes that count as wrong whatever they give, to see how a fault shrinks.</summary>
        public Func<NodeSpec, bool> IsBroken { get; init; } = _ => false;

        public Outcome Try(GraphSpec graph, bool isOpen)
        {
            if (graph.Nodes.FirstOrDefault(IsBroken) is { } broken)
            {
                return new Outcome("broken", broken.Outputs[0].Name);
            }

            string path = Path.Combine(_folder, $"{_files++}.onnx");
            File.WriteAllBytes(path, graph.ToOnnx(isOpen));
            try
            {
                if (Expected(graph, path) is not { } expected)
                {
                    return new Outcome(null, null, IsRefused: true);
                }

                return Compare(graph, path, expected);
            }
            finally
            {
                File.Delete(path);
            }
        }

        public GraphSpec Shrink(GraphSpec graph, bool isOpen)
        {
            // The first result that differs, without what it does not need.
            if (Try(graph, isOpen).Where is { } name)
            {
                GraphSpec first = graph.UpTo(
                    graph.Nodes.First(node => node.Outputs.Any(result => result.Name == name)));
                graph = Try(first, isOpen).Difference is null ? graph : first;
            }

            // Then what is between becomes an input, from the first node on, as long as the fault stays.
            foreach (NodeSpec node in graph.Nodes.SkipLast(1).ToArray())
            {
                if (graph.Nodes.Contains(node) && Values(graph, isOpen) is { } values)
                {
                    GraphSpec less = node.Outputs.Aggregate(graph, (each, made) => each.Nodes.Contains(node) ||
                        each.Nodes.Any(other => other.Inputs.Contains(made.Name))
                            ? Feed(each, made.Name, values) : each);
                    graph = Try(less, isOpen).Difference is null ? graph : less;
                }
            }

            return graph;
        }

        public void Dispose() => Directory.Delete(_folder, recursive: true);

        private static GraphSpec Feed(GraphSpec graph, string name, Dictionary<string, TensorValue> values) =>
            graph.Nodes.Any(node => node.Outputs.Any(made => made.Name == name))
                ? graph.Feed(name, values[name])
                : graph with { Inputs = [.. graph.Inputs, (name, values[name])] };

        private Dictionary<string, TensorValue>? Values(GraphSpec graph, bool isOpen)
        {
            string path = Path.Combine(_folder, $"{_files++}.onnx");
            File.WriteAllBytes(path, graph.ToOnnx(isOpen));
            IReadOnlyList<NbcValue?>? values = Expected(graph, path);
            return values is null ? null : graph.Outputs.Zip(values).ToDictionary(
                pair => pair.First.Name, pair => (TensorValue)pair.Second!);
        }

        private IReadOnlyList<NbcValue?>? Expected(GraphSpec graph, string path)
        {
            try
            {
                using IConformanceModel model = _runtime.Load(path);
                return model.Run([.. graph.Inputs.Select(input => input.Value)]);
            }
            catch (BackendException)
            {
                return null;
            }
        }

        private Outcome Compare(GraphSpec graph, string path, IReadOnlyList<NbcValue?> expected)
        {
            try
            {
                using IConformanceModel model = _nbc.Load(path);
                IReadOnlyList<NbcValue?> actual = model.Run([.. graph.Inputs.Select(input => input.Value)]);
                (string Name, Nbc.Tensors.ElementType)[] outputs = [.. graph.Outputs];
                for (int i = 0; i < outputs.Length; i++)
                {
                    if (ValueComparison.Difference(actual[i], expected[i], s_tolerance) is { } difference)
                    {
                        return new Outcome($"{outputs[i].Name}: {difference}", outputs[i].Name);
                    }
                }

                return default;
            }
            catch (BackendException refused)
            {
                return new Outcome(refused.Message);
            }
        }
    }
}
