using System.Globalization;
using Ahr.Backends.Conformance;
using Nbc.Tensors;
using Nbc.Values;

namespace Ahr.Backends.Tests.RandomModels;

/// <summary>What is needed to write a small ONNX graph, and to take nodes out of it again.</summary>
internal sealed record GraphSpec(
    IReadOnlyList<(string Name, TensorValue Value)> Inputs,
    IReadOnlyList<(string Name, TensorValue Value)> Constants,
    IReadOnlyList<NodeSpec> Nodes)
{
    private const int Opset = 17;

    /// <summary>Results of nodes, all of which the model gives.</summary>
    public IEnumerable<(string Name, ElementType Type)> Outputs => Nodes.SelectMany(node => node.Outputs);

    /// <summary>The model as ONNX writes it. Inputs have their sizes, or where <paramref name="isOpen"/> names for
    /// them, so that an engine cannot plan with them.</summary>
    public byte[] ToOnnx(bool isOpen) => OnnxBytes.Model(OnnxBytes.Graph(
        [
            .. Nodes.Select(node => OnnxBytes.Node(
                node.Op, node.Inputs, [.. node.Outputs.Select(output => output.Name)], "", node.Attributes)),
            .. Constants.Select(constant => OnnxBytes.Bytes(5, Tensor(constant.Name, constant.Value))),
            .. Inputs.Select(input => OnnxBytes.Input(input.Name, input.Value.Type,
                [.. input.Value.Shape.ToArray().Select(size => isOpen ? (object)$"n{size}" : size)])),
            .. Outputs.Select(output => OnnxBytes.Value(12, output.Name, (int)output.Type, null)),
        ]), Opset);

    /// <summary>Only this node, and what it needs.</summary>
    public GraphSpec UpTo(NodeSpec last)
    {
        HashSet<string> needed = [.. last.Inputs];
        List<NodeSpec> kept = [last];
        foreach (NodeSpec node in Nodes.TakeWhile(node => node != last).Reverse())
        {
            if (node.Outputs.Any(output => needed.Contains(output.Name)))
            {
                needed.UnionWith(node.Inputs);
                kept.Insert(0, node);
            }
        }

        return this with { Nodes = kept, Constants = [.. Constants.Where(each => needed.Contains(each.Name))] };
    }

    /// <summary>A value between becomes an input: what made it is not part of the fault.</summary>
    public GraphSpec Feed(string name, TensorValue value)
    {
        NodeSpec maker = Nodes.First(node => node.Outputs.Any(output => output.Name == name));
        return (this with { Inputs = [.. Inputs, (name, value)], Nodes = [.. Nodes.Where(node => node != maker)] })
            .UpTo(Nodes[^1]);
    }

    public override string ToString() => string.Join('\n',
    [
        .. Inputs.Select(input => $"input {input.Name} = {Text(input.Value)}"),
        .. Constants.Select(constant => $"const {constant.Name} = {Text(constant.Value)}"),
        .. Nodes.Select(node => node.ToString()),
    ]);

    private static byte[] Tensor(string name, TensorValue value) => OnnxBytes.Join(
    [
        .. value.Shape.ToArray().Select(size => OnnxBytes.Int(1, size)),
        OnnxBytes.Int(2, (int)value.Type), OnnxBytes.Text(8, name), OnnxBytes.Bytes(9, value.Bytes().ToArray()),
    ]);

    private static string Text(TensorValue value) => $"{value} " + string.Join(' ', Enumerable.Range(0, value.Count)
        .Select(i => ValueComparison.Number(value, i).ToString("R", CultureInfo.InvariantCulture)));
}

/// <summary>One node; an empty name is an operand that is not given.</summary>
/// <param name="Attributes">Each as the bytes of its field in NodeProto.</param>
/// <param name="Note">The attributes for people.</param>
internal sealed record NodeSpec(
    string Op, string[] Inputs, (string Name, ElementType Type)[] Outputs, byte[][] Attributes, string Note)
{
    public override string ToString() =>
        $"{string.Join(", ", Outputs.Select(output => output.Name))} = {Op}({string.Join(", ", Inputs)}){Note}";
}
