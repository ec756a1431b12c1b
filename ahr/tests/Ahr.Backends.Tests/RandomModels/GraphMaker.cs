using System.Globalization;
using Nbc.Tensors;
using Nbc.Values;

namespace Ahr.Backends.Tests.RandomModels;

/// <summary>A value of a graph that is being made, and what may be done with it.</summary>
/// <param name="IsExact">Two engines have the same bits: no sum of many, no exp, no sin. Others go only where a last
/// bit cannot become a different answer (a comparison, a rounding, a difference of equals).</param>
/// <param name="IsTame">Small, finite, no NaN: what may go where ONNX leaves the answer for others open.</param>
internal sealed record GraphValue(string Name, ElementType Type, long[] Shape, bool IsExact, bool IsTame)
{
    public long Count => Shapes.Product(Shape);

    public bool IsFloat => Type is ElementType.Float32 or ElementType.Float64;
}

/// <summary>Makes random graphs of ONNX: operators, shapes, element types, broadcasts, edge values, empty tensors and
/// scalars. The same seed makes the same graph.</summary>
internal sealed class GraphMaker
{
    private static readonly ElementType[] s_types =
    [
        ElementType.Float32, ElementType.Float32, ElementType.Float32, ElementType.Float64, ElementType.Int32,
        ElementType.Int64, ElementType.Bool,
    ];

    private readonly List<(string, TensorValue)> _inputs = [];
    private readonly List<(string, TensorValue)> _constants = [];
    private readonly List<NodeSpec> _nodes = [];

    public GraphMaker(int seed) => Random = new Random(seed);

    public Random Random { get; }

    public List<GraphValue> Values { get; } = [];

    public static GraphSpec Make(int seed)
    {
        GraphMaker maker = new(seed);
        for (int i = 1 + maker.Random.Next(3); i > 0; i--)
        {
            maker.AddInput();
        }

        int wanted = 1 + maker.Random.Next(8);
        for (int tries = 0; maker._nodes.Count < wanted && tries < 100; tries++)
        {
            maker.Pick(GraphOps.All)(maker);
        }

        return new GraphSpec(maker._inputs, maker._constants, maker._nodes);
    }

    public T Pick<T>(IReadOnlyList<T> items) => items[Random.Next(items.Count)];

    /// <summary>A value for which this holds; null when there is none.</summary>
    public GraphValue? Find(Func<GraphValue, bool> isWanted)
    {
        GraphValue[] fitting = [.. Values.Where(isWanted)];
        return fitting.Length == 0 ? null : Pick(fitting);
    }

    public GraphValue Constant(TensorValue value, bool isTame = true)
    {
        string name = string.Create(CultureInfo.InvariantCulture, $"c{_constants.Count}");
        _constants.Add((name, value));
        return new GraphValue(name, value.Type, value.Shape.ToArray(), true, isTame);
    }

    public GraphValue Ints(params long[] numbers) =>
        Constant(TensorValue.From<long>(ElementType.Int64, numbers, numbers.Length));

    /// <summary>A constant or an input of this shape.</summary>
    public GraphValue Fresh(ElementType type, long[] shape, bool isTame)
    {
        TensorValue value = Fill(type, shape, isTame);
        if (Random.Next(2) == 0)
        {
            return Constant(value, isTame);
        }

        string name = string.Create(CultureInfo.InvariantCulture, $"x{_inputs.Count}");
        _inputs.Add((name, value));
        GraphValue input = new(name, type, shape, true, isTame);
        Values.Add(input);
        return input;
    }

    public void Node(
        string op, GraphValue?[] inputs, (ElementType Type, long[] Shape)[] outputs, bool isExact, bool isTame,
        params (string Name, object Value)[] attributes)
    {
        GraphValue[] made = [.. outputs.Select((output, i) => new GraphValue(
            string.Create(CultureInfo.InvariantCulture, $"v{_nodes.Count}_{i}"), output.Type, output.Shape,
            isExact, isTame))];
        _nodes.Add(new NodeSpec(
            op,
            [.. inputs.Select(input => input?.Name ?? "")],
            [.. made.Select(value => (value.Name, value.Type))],
            [.. attributes.Select(attribute => OnnxBytes.Bytes(5, Attribute(attribute.Name, attribute.Value)))],
            string.Concat(attributes.Select(attribute => $" {attribute.Name}=" +
                (attribute.Value is long[] list ? $"[{string.Join(' ', list)}]" : $"{attribute.Value}")))));
        Values.AddRange(made);
    }

    public long[] Sizes(int rank) =>
        [.. Enumerable.Range(0, rank).Select(_ => Random.Next(15) == 0 ? 0L : 1 + Random.Next(4))];

    private void AddInput()
    {
        string name = string.Create(CultureInfo.InvariantCulture, $"x{_inputs.Count}");
        bool isTame = Random.Next(2) == 0;
        TensorValue value = Fill(Pick(s_types), Sizes(Random.Next(5)), isTame);
        _inputs.Add((name, value));
        Values.Add(new GraphValue(name, value.Type, value.Shape.ToArray(), true, isTame));
    }

    private TensorValue Fill(ElementType type, long[] shape, bool isTame)
    {
        TensorValue value = TensorValue.Allocate(type, shape);
        for (int i = 0; i < value.Count; i++)
        {
            double tame = Random.Next(5) - 2 + (Random.Next(2) * 0.25);
            switch (type)
            {
                case ElementType.Float32:
                    value.Span<float>()[i] = (float)(isTame ? tame : Pick([tame, float.NaN, float.PositiveInfinity,
                        float.NegativeInfinity, -0f, 0f, 1e30f, -3e38f, float.Epsilon, 1e-38f]));
                    break;
                case ElementType.Float64:
                    value.Span<double>()[i] = isTame ? tame : Pick([tame, double.NaN, double.PositiveInfinity,
                        double.NegativeInfinity, -0d, 1e300, double.Epsilon]);
                    break;
                case ElementType.Int32:
                    value.Span<int>()[i] = isTame ? (int)tame : Pick([(int)tame, int.MaxValue, int.MinValue, 0]);
                    break;
                case ElementType.Int64:
                    value.Span<long>()[i] = isTame ? (long)tame : Pick([(long)tame, long.MaxValue, long.MinValue, 0]);
                    break;
                default:
                    value.Bytes()[i] = (byte)Random.Next(2);
                    break;
            }
        }

        return value;
    }

    private static byte[] Attribute(string name, object value) => OnnxBytes.Join(OnnxBytes.Text(1, name), value switch
    {
        long number => OnnxBytes.Join(OnnxBytes.Int(3, number), OnnxBytes.Int(20, 2)),
        float number => OnnxBytes.Join([(2 << 3) | 5, .. BitConverter.GetBytes(number)], OnnxBytes.Int(20, 1)),
        string text => OnnxBytes.Join(OnnxBytes.Text(4, text), OnnxBytes.Int(20, 3)),
        long[] list => OnnxBytes.Join([.. list.Select(each => OnnxBytes.Int(8, each)), OnnxBytes.Int(20, 7)]),
        _ => throw new NotSupportedException($"{value.GetType()}"),
    });
}
