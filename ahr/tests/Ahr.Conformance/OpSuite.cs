using System.Runtime.InteropServices;
using Ahr.Backends;
using Nbc.Tensors;
using static Ahr.Backends.Tests.OnnxBytes;

namespace Ahr.Conformance;

/// <summary>What every backend must answer alike: small models whose outputs were worked out by hand.</summary>
public static class OpSuite
{
    private const ElementType F32 = ElementType.Float32;
    private const ElementType I64 = ElementType.Int64;

    public static IReadOnlyList<SuiteCase> All { get; } =
    [
        Unary("negative numbers become zero", "Relu", [-1, 0, 2, -0.5f], [0, 0, 2, 0]),
        Unary("not a number and infinity pass through", "Abs",
            [float.NaN, float.NegativeInfinity, -3, 0], [float.NaN, float.PositiveInfinity, 3, 0]),
        new("sizes of one are stretched", Model(Graph(
            Node("Add", ["a", "b"], ["y"]), Input("a", F32, 2, 1), Input("b", F32, 3), Output("y", F32, 2, 3))),
            [Floats("a", [2, 1], 1, 10), Floats("b", [3], 1, 2, 3)], [Floats("y", [2, 3], 2, 3, 4, 11, 12, 13)]),
        new("matrices are multiplied", Model(Graph(
            Node("MatMul", ["a", "b"], ["y"]), Input("a", F32, "m", 2), Input("b", F32, 2, 2),
            Output("y", F32, "m", 2))),
            [Floats("a", [2, 2], 1, 2, 3, 4), Floats("b", [2, 2], 5, 6, 7, 8)], [Floats("y", [2, 2], 19, 22, 43, 50)]),
        new("a window slides over an image", Model(Graph(
            Node("Conv", ["x", "w"], ["y"]), Input("x", F32, 1, 1, 3, 3), Input("w", F32, 1, 1, 2, 2),
            Output("y", F32, 1, 1, 2, 2))),
            [Floats("x", [1, 1, 3, 3], 1, 2, 3, 4, 5, 6, 7, 8, 9), Floats("w", [1, 1, 2, 2], 1, 0, 0, 1)],
            [Floats("y", [1, 1, 2, 2], 6, 8, 12, 14)]),
        new("rows become weights that sum to one", Model(Graph(
            Node("Softmax", ["x"], ["y"]), Input("x", F32, 1, 2), Output("y", F32, 1, 2))),
            [Floats("x", [1, 2], 0, MathF.Log(3))], [Floats("y", [1, 2], 0.25f, 0.75f)]),
        new("rows are picked by number, from the end too", Model(Graph(
            Node("Gather", ["x", "i"], ["y"]), Input("x", F32, 3, 2), Input("i", I64, "n"), Output("y", F32, "n", 2))),
            [Floats("x", [3, 2], 1, 2, 3, 4, 5, 6), Longs("i", [2], -1, 0)], [Floats("y", [2, 2], 5, 6, 1, 2)]),
        new("a number that is no row is an error", Model(Graph(
            Node("Gather", ["x", "i"], ["y"]), Input("x", F32, 3, 2), Input("i", I64, "n"), Output("y", F32, "n", 2))),
            [Floats("x", [3, 2], 1, 2, 3, 4, 5, 6), Longs("i", [1], 3)], []) { Fault = BackendFault.RunFailed },
        new("tensors are put behind each other", Model(Graph(
            Node("Concat", ["a", "b"], ["y"], "", Attribute("axis", 0)),
            Input("a", I64, "n"), Input("b", I64, "m"), Output("y", I64, "k"))),
            [Longs("a", [2], 1, 2), Longs("b", [1], 3)], [Longs("y", [3], 1, 2, 3)]),
        new("a tensor falls into two outputs", Model(Graph(
            Node("Split", ["x"], ["a", "b"], "", Attribute("axis", 0)),
            Input("x", F32, 4), Output("a", F32, 2), Output("b", F32, 2))),
            [Floats("x", [4], 1, 2, 3, 4)], [Floats("a", [2], 1, 2), Floats("b", [2], 3, 4)]),
        new("the largest is found", Model(Graph(
            Node("ArgMax", ["x"], ["y"], "", Attribute("axis", 1), Attribute("keepdims", 0)),
            Input("x", F32, 2, 3), Output("y", I64, 2))),
            [Floats("x", [2, 3], 1, 5, 2, 9, 0, 3)], [Longs("y", [2], 1, 0)]),
        new("nothing passes through as nothing", Model(Graph(
            Node("Relu", ["x"], ["y"]), Input("x", F32, "n", 3), Output("y", F32, "n", 3))),
            [Floats("x", [0, 3])], [Floats("y", [0, 3])]),
        new("an output may be the input", Model(Graph(
            Node("Identity", ["x"], ["y"]), Input("x", F32, "n"), Output("y", F32, "n"))),
            [Floats("x", [3], 1, 2, 3)], [Floats("y", [3], 1, 2, 3)]),
        new("fractions become whole numbers", Model(Graph(
            Node("Cast", ["x"], ["y"], "", Attribute("to", (int)I64)), Input("x", F32, 3), Output("y", I64, 3))),
            [Floats("x", [3], 1.9f, -1.9f, 0)], [Longs("y", [3], 1, -1, 0)]),
        new("the condition chooses", Model(Graph(
            Node("Where", ["c", "a", "b"], ["y"]), Input("c", ElementType.Bool, 2), Input("a", F32, 2),
            Input("b", F32, 2), Output("y", F32, 2))),
            [new Tensor("c", ElementType.Bool, [2], new byte[] { 1, 0 }), Floats("a", [2], 1, 2),
                Floats("b", [2], 3, 4)],
            [Floats("y", [2], 1, 4)]),
        Strings(),
        Branches(true),
        Branches(false),
        Loop(),
    ];

    private static SuiteCase Unary(string name, string op, float[] x, float[] y) => new(
        name, Model(Graph(Node(op, ["x"], ["y"]), Input("x", F32, "n"), Output("y", F32, "n"))),
        [Floats("x", [x.Length], x)], [Floats("y", [y.Length], y)]);

    private static SuiteCase Strings()
    {
        byte[] data = [2, 0, 0, 0, 0xFF, 0xFE, 0, 0, 0, 0];
        return new("strings keep every byte", Identity(ElementType.String, "n"),
            [new Tensor("x", ElementType.String, [2], data)], [new Tensor("y", ElementType.String, [2], data)]);
    }

    private static SuiteCase Branches(bool isTrue)
    {
        byte[] then = Graph(Node("Neg", ["x"], ["t"]), Value(12, "t", 1, [2]));
        byte[] otherwise = Graph(Node("Abs", ["x"], ["e"]), Value(12, "e", 1, [2]));
        return new($"the branch for {isTrue} runs", Model(Graph(
            Node("If", ["c"], ["y"], "", Body("then_branch", then), Body("else_branch", otherwise)),
            Input("c", ElementType.Bool), Input("x", F32, 2), Output("y", F32, 2))),
            [new Tensor("c", ElementType.Bool, [], new[] { isTrue ? (byte)1 : (byte)0 }), Floats("x", [2], 1, -2)],
            [isTrue ? Floats("y", [2], -1, 2) : Floats("y", [2], 1, 2)]);
    }

    private static SuiteCase Loop()
    {
        byte[] body = Graph(
            Node("Identity", ["go"], ["go2"]), Node("Add", ["v", "v"], ["v2"]),
            Value(11, "i", 7, []), Value(11, "go", 9, []), Value(11, "v", 1, []),
            Value(12, "go2", 9, []), Value(12, "v2", 1, []));
        return new("a loop doubles five times", Model(Graph(
            Node("Loop", ["trips", "on", "x"], ["y"], "", Body("body", body)),
            Value(11, "trips", 7, []), Value(11, "on", 9, []), Value(11, "x", 1, []), Value(12, "y", 1, []))),
            [Longs("trips", [], 5), new Tensor("on", ElementType.Bool, [], new byte[] { 1 }), Floats("x", [], 3)],
            [Floats("y", [], 96)]);
    }

    private static byte[] Attribute(string name, long value) =>
        Bytes(5, Join(Text(1, name), Int(3, value), Int(20, 2)));

    private static byte[] Body(string name, byte[] graph) => Bytes(5, Join(Text(1, name), Bytes(6, graph), Int(20, 5)));

    private static Tensor Floats(string name, long[] shape, params float[] values) =>
        new(name, F32, shape, MemoryMarshal.AsBytes(values.AsSpan()).ToArray());

    private static Tensor Longs(string name, long[] shape, params long[] values) =>
        new(name, I64, shape, MemoryMarshal.AsBytes(values.AsSpan()).ToArray());
}
