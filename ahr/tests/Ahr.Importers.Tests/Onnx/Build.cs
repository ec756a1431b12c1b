using Ahr.Importers.Onnx;
using Ahr.Importers.Onnx.Proto;
using Ahr.Importers.Onnx.Tensors;
using Ahr.Ntir;
using Ahr.Ntir.Graph;
using Google.Protobuf;
using Nbc.Tensors;
using Nbc.Values;

namespace Ahr.Importers.Tests.Onnx;

/// <summary>Builds small models in words: <c>Model(17, [Input("x"), …], [Output("y")], Node("Relu", "x", "y"))</c>.
/// </summary>
internal static class Build
{
    public static ModelProto Model(long opset, GraphProto graph) => new()
    {
        IrVersion = 8,
        ProducerName = "tests",
        Graph = graph,
        OpsetImport =
        {
            new OperatorSetIdProto { Domain = "", Version = opset },
            new OperatorSetIdProto { Domain = OnnxNames.MachineLearning, Version = 3 },
            new OperatorSetIdProto { Domain = OnnxNames.Microsoft, Version = 1 },
        },
    };

    /// <param name="inputs">Names by commas; all FLOAT of unknown rank.</param>
    public static GraphProto Graph(string inputs, string outputs, params NodeProto[] nodes)
    {
        GraphProto graph = new() { Name = "g" };
        graph.Input.AddRange(Split(inputs).Select(name => Value(name)));
        graph.Output.AddRange(Split(outputs).Select(name => Value(name)));
        graph.Node.AddRange(nodes);
        return graph;
    }

    public static ValueInfoProto Value(string name, ElementType type = ElementType.Float32, params object[]? dims)
    {
        TensorTypeProto tensor = new() { ElemType = (int)type };
        if (dims is { Length: > 0 })
        {
            tensor.Shape = new TensorShapeProto();
            tensor.Shape.Dim.AddRange(dims.Select(dim => dim is string any
                ? new DimensionProto { DimParam = any }
                : new DimensionProto { DimValue = Convert.ToInt64(dim) }));
        }

        return new ValueInfoProto { Name = name, Type = new TypeProto { TensorType = tensor } };
    }

    /// <param name="inputs">Names by commas; an empty one is not given.</param>
    public static NodeProto Node(string op, string inputs, string outputs, params (string Name, object Value)[] more)
    {
        NodeProto node = new() { OpType = op.Split('.')[^1] };
        if (op.Contains('.'))
        {
            node.Domain = op[..op.LastIndexOf('.')];
        }

        node.Input.AddRange(Split(inputs));
        node.Output.AddRange(Split(outputs));
        node.Attribute.AddRange(more.Select(attribute => Attribute(attribute.Name, attribute.Value)));
        return node;
    }

    public static AttributeProto Attribute(string name, object value)
    {
        AttributeProto proto = new() { Name = name };
        switch (value)
        {
            case int or long:
                (proto.Type, proto.I) = (2, Convert.ToInt64(value));
                break;
            case float or double:
                (proto.Type, proto.F) = (1, Convert.ToSingle(value));
                break;
            case string text:
                (proto.Type, proto.S) = (3, ByteString.CopyFromUtf8(text));
                break;
            case TensorValue tensor:
                (proto.Type, proto.T) = (4, TensorWriter.Write(tensor, ""));
                break;
            case GraphProto graph:
                (proto.Type, proto.G) = (5, graph);
                break;
            case long[] ints:
                proto.Type = 7;
                proto.Ints.AddRange(ints);
                break;
            case float[] floats:
                proto.Type = 6;
                proto.Floats.AddRange(floats);
                break;
            case string[] texts:
                proto.Type = 8;
                proto.Strings.AddRange(texts.Select(ByteString.CopyFromUtf8));
                break;
            case AttributeProto reference:
                return reference;
            default:
                throw new ArgumentException($"{value.GetType()} is no attribute", nameof(value));
        }

        return proto;
    }

    public static TensorProto Tensor(string name, ElementType type, long[] shape, params byte[] raw)
    {
        TensorProto tensor = new() { Name = name, DataType = (int)type, RawData = ByteString.CopyFrom(raw) };
        tensor.Dims.AddRange(shape);
        return tensor;
    }

    public static ImportResult Import(ModelProto model, OnnxImportOptions? options = null, IModelFiles? files = null) =>
        OnnxImporter.Import(model.ToByteArray(), files ?? NoModelFiles.Instance, options ?? Loose.Options);

    public static NtirModule Module(ModelProto model, OnnxImportOptions? options = null)
    {
        ImportResult result = Import(model, options);
        Assert.Empty(result.Diagnostics);
        return result.Module!;
    }

    /// <summary>The one thing that is wrong with a model.</summary>
    public static Diagnostic Fault(ModelProto model, OnnxImportOptions? options = null, IModelFiles? files = null)
    {
        ImportResult result = Import(model, options, files);
        Assert.Null(result.Module);
        return Assert.Single(result.Diagnostics);
    }

    private static string[] Split(string names) => names.Length == 0 ? [] : names.Split(',');
}
