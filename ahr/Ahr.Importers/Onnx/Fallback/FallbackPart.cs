using Ahr.Importers.Onnx.Graphs;
using Ahr.Importers.Onnx.Proto;
using Ahr.Importers.Onnx.Tensors;
using Ahr.Ntir;
using Ahr.Ntir.Graph;
using Ahr.Ntir.Types;
using Google.Protobuf;
using Nbc.Kernels;
using Nbc.Values;

namespace Ahr.Importers.Onnx.Fallback;

/// <summary>Nodes as a model of their own for ONNX Runtime, and the operation of NTIR that runs it.</summary>
internal sealed class FallbackPart
{
    public const string Engine = "onnxruntime";

    // A model file ends at 2 GiB; larger constants stay outside and go in as operands.
    private const long MostConstantBytes = 1L << 30;

    private readonly GraphImport _around;
    private readonly ImportUnit _unit;
    private readonly ModelProto _model;
    private readonly List<(string Name, NtirValue Value)> _inputs = [];
    private NtirOp? _op;

    private FallbackPart(GraphImport around, ImportUnit unit)
    {
        _around = around;
        _unit = unit;
        _model = new ModelProto
        {
            IrVersion = around.Model.Model.IrVersion,
            ProducerName = "noodle",
            Graph = new GraphProto { Name = "part" },
        };
        _model.OpsetImport.AddRange(around.Sets.ToProto());
        _model.Functions.AddRange(around.Model.Model.Functions);
        _model.Graph.Node.AddRange(unit.Nodes.Select(node => AttributeReferences.Resolve(node, around.Frame)));
    }

    /// <summary>Adds the operation, and names its results in the graph around.</summary>
    /// <param name="needed">Names that other nodes and the results of the graph use.</param>
    public static void Import(GraphImport around, ImportUnit unit, IReadOnlySet<string> needed)
    {
        FallbackPart part = new(around, unit);
        part.AddInputs();
        part.AddOp(needed);
        around.Model.Parts.Add(part);
        around.Model.Report.Fallbacks.Add(new FallbackRegion(unit.Reasons, unit.Nodes.Count));
    }

    /// <summary>Writes the model once the types of what goes into it are known.</summary>
    /// <exception cref="ImportException">The type of an operand cannot be known.</exception>
    public void Complete()
    {
        foreach ((string name, NtirValue value) in _inputs)
        {
            TypeProto? type = TypeWriter.Write(value.Type)
                ?? TypeWriter.Write(TypeReader.ReadElements(_around.StatedType(name)));
            _model.Graph.Input.Add(new ValueInfoProto
            {
                Name = name,
                Type = type ?? throw new ImportException(NtirFault.TypeMismatch,
                    $"the type of '{SafeText.Of(name)}', which goes to {Engine}, is not known", _unit.Reasons[0].Path),
            });
        }

        _op!.Attributes = KernelAttributes.Of(
            ("engine", Engine),
            ("model", AttributeValue.FromText(_model.ToByteArray())),
            ("inputs", Names(_inputs.Select(input => input.Name))),
            ("outputs", Names(_model.Graph.Output.Select(output => output.Name))));
    }

    private void AddInputs()
    {
        HashSet<string> made = [.. _unit.Nodes.SelectMany(node => node.Output)];
        long bytesLeft = MostConstantBytes;
        foreach (string name in _unit.Nodes.SelectMany(FreeNames.Of).Distinct(StringComparer.Ordinal))
        {
            if (made.Contains(name))
            {
                continue;
            }

            NtirValue value = _around.Find(name);
            if (value.TryGetConstant(out TensorValue? constant) && constant.ByteCount <= bytesLeft)
            {
                bytesLeft -= constant.ByteCount;
                _model.Graph.Initializer.Add(TensorWriter.Write(constant, name));
            }
            else
            {
                _inputs.Add((name, value));
            }
        }
    }

    private void AddOp(IReadOnlySet<string> needed)
    {
        string[] outputs = [.. _unit.Nodes.SelectMany(node => node.Output).Where(needed.Contains)];
        NtirType[] types = [.. outputs.Select(name => TypeReader.ReadElements(
            _around.StatedType(name)))];
        FallbackReason reason = _unit.Reasons[0];
        _op = _around.Region.Add(new NtirOp(
            "fallback",
            _inputs.Select(input => input.Value),
            types,
            null,
            new SourceLocation(reason.Path, $"{reason.Domain}.{reason.Operator}")));
        for (int i = 0; i < outputs.Length; i++)
        {
            _op.Results[i].Name = outputs[i];
            _around.Scope.Declare(outputs[i], _op.Results[i]);
            _model.Graph.Output.Add(new ValueInfoProto { Name = outputs[i], Type = TypeWriter.Write(types[i]) });
        }
    }

    private static AttributeValue Names(IEnumerable<string> names) =>
        AttributeValue.FromTexts([.. names.Select(System.Text.Encoding.UTF8.GetBytes)]);
}
