using Ahr.Importers.Onnx.Fallback;
using Ahr.Importers.Onnx.Ops;
using Ahr.Importers.Onnx.Proto;
using Ahr.Importers.Onnx.Tensors;
using Ahr.Ntir;
using Ahr.Ntir.Graph;
using Ahr.Ntir.Types;
using Nbc.Values;

namespace Ahr.Importers.Onnx.Graphs;

/// <summary>Imports one graph, or the nodes of one function, into one region.</summary>
internal sealed class GraphImport(ModelImport model, NtirRegion region, ValueScope scope, OperatorSets sets)
{
    private readonly Dictionary<string, TypeProto> _statedTypes = new(StringComparer.Ordinal);

    public ModelImport Model { get; } = model;

    public NtirRegion Region { get; } = region;

    public ValueScope Scope { get; } = scope;

    public OperatorSets Sets { get; } = sets;

    /// <summary>True for the graph that is the model: its inputs may have a value in the file.</summary>
    public bool IsMain { get; init; }

    /// <summary>What stands before the name of each node: names of the nodes around, each with a slash.</summary>
    public string Path { get; init; } = "";

    public int Depth { get; init; }

    /// <summary>Inside a function: the attributes of the call.</summary>
    public CallFrame? Frame { get; init; }

    /// <summary>The graph around this one; null for the model's own and for a function.</summary>
    public GraphImport? Outer { get; init; }

    /// <summary>A body of a node of this graph.</summary>
    public GraphImport Inner(NtirRegion body, string name)
    {
        CheckDepth();
        return new GraphImport(Model, body, new ValueScope(Scope), Sets)
        {
            Path = name + "/",
            Depth = Depth + 1,
            Frame = Frame,
            Outer = this,
        };
    }

    /// <summary>The body of a function that a node of this graph calls.</summary>
    public GraphImport Called(OperatorSets itsSets, string name, CallFrame frame)
    {
        CheckDepth();
        return new GraphImport(Model, Region, new ValueScope(null), itsSets)
        {
            Path = name + "/",
            Depth = Depth + 1,
            Frame = frame,
        };
    }

    public void Import(GraphProto graph)
    {
        AddStatedTypes(graph.ValueInfo.Concat(graph.Input).Concat(graph.Output));
        HashSet<string> filled = new(StringComparer.Ordinal);
        filled.UnionWith(graph.Initializer.Select(tensor => tensor.Name));
        filled.UnionWith(graph.SparseInitializer.Select(tensor => tensor.Values?.Name ?? ""));
        foreach (ValueInfoProto input in graph.Input)
        {
            if (!IsMain || !filled.Contains(input.Name))
            {
                At(input.Name, () => Scope.Declare(
                    Named(input.Name), Region.AddParameter(TypeReader.Read(input.Type), input.Name)));
            }
        }

        foreach (TensorProto tensor in graph.Initializer)
        {
            At(tensor.Name, () => AddConstant(tensor.Name, TensorReader.Read(tensor, Model.External)));
            if (Frame is null)
            {
                tensor.ClearRawData(); // it is not read twice: let go of one of two copies
            }
        }

        foreach (SparseTensorProto tensor in graph.SparseInitializer)
        {
            string name = tensor.Values?.Name ?? "";
            At(name, () => AddConstant(name, Model.Sparse.Expand(tensor, Model.External)));
        }

        ImportNodes(graph.Node, graph.Output.Select(output => output.Name));
        foreach (ValueInfoProto output in graph.Output)
        {
            At(output.Name, () => AddResult(output));
        }
    }

    /// <param name="results">Names that are read of these nodes behind them.</param>
    public void ImportNodes(IReadOnlyList<NodeProto> nodes, IEnumerable<string> results)
    {
        IReadOnlyList<NodeProto> sorted = NodeOrder.Sort(nodes);
        IEnumerable<ImportUnit> units = Model.Options.AllowFallback
            ? FallbackPlan.Of(this, sorted)
            : sorted.Select(node => new ImportUnit([node], []));
        foreach (ImportUnit unit in units)
        {
            if (Model.IsFull)
            {
                return;
            }

            if (unit.Reasons.Count == 0)
            {
                NodeImport.Import(this, unit.Nodes[0]);
                continue;
            }

            HashSet<string> needed = new(results, StringComparer.Ordinal);
            HashSet<NodeProto> inside = new(unit.Nodes, ReferenceEqualityComparer.Instance);
            needed.UnionWith(nodes.Where(node => !inside.Contains(node)).SelectMany(FreeNames.Of));
            At(unit.Nodes[0].Name, () => FallbackPart.Import(this, unit, needed));
        }
    }

    public void AddStatedTypes(IEnumerable<ValueInfoProto> values)
    {
        foreach (ValueInfoProto value in values.Where(value => value.Type is not null))
        {
            _statedTypes[value.Name] = value.Type;
        }
    }

    /// <summary>The type that the file states of a value; null when it states none.</summary>
    /// <remarks>Nothing relies on it but shorter forms and parts for another engine: it may be wrong.</remarks>
    public TypeProto? StatedType(string name) => _statedTypes.GetValueOrDefault(name) ?? Outer?.StatedType(name);

    /// <exception cref="ImportException">There is no such value here or around.</exception>
    public NtirValue Find(string name) => Scope.Find(name)
        ?? throw new ImportException(NtirFault.NotDominated, $"there is no value '{SafeText.Of(name)}'");

    private void AddResult(ValueInfoProto output)
    {
        NtirValue value = Find(output.Name);
        if (value.Type == NtirType.Unknown)
        {
            value.Type = TypeReader.ReadElements(output.Type);
        }

        Region.AddResult(value);
        if (IsMain)
        {
            Model.Module.OutputNames.Add(output.Name);
        }
    }

    private void AddConstant(string name, TensorValue value) => Scope.Declare(
        Named(name), Region.Add(NtirOp.Constant(value, name, new SourceLocation(Path + SafeText.Of(name)))).Result);

    private static string Named(string name) => name.Length > 0
        ? name
        : throw new ImportException(NtirFault.Malformed, "an input or a constant has no name");

    private void CheckDepth()
    {
        if (Depth >= Model.Options.MaxDepth)
        {
            throw new ImportException(
                NtirFault.TooLarge, $"graphs and functions are more than {Model.Options.MaxDepth} inside each other");
        }
    }

    private void At(string name, Action action)
    {
        try
        {
            action();
        }
        catch (ImportException refused)
        {
            Model.Add(refused, Path + SafeText.Of(name));
            if (Scope.Find(name) is null)
            {
                Scope.Declare(name, NodeImport.Nothing()); // so that one fault does not bring others
            }
        }
    }
}
