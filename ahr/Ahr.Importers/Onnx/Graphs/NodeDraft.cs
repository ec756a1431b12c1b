using Ahr.Importers.Onnx.Ops;
using Ahr.Importers.Onnx.Proto;
using Ahr.Ntir;
using Ahr.Ntir.Graph;
using Ahr.Ntir.Ops;
using Ahr.Ntir.Types;
using Nbc.Kernels;
using Nbc.Tensors;
using Nbc.Values;

namespace Ahr.Importers.Onnx.Graphs;

/// <summary>A node on its way into NTIR: rules change operands and attributes, add operations before and behind it, or
/// give its results themselves.</summary>
internal sealed class NodeDraft(GraphImport graph, OnnxOp op, int version, SourceLocation location)
{
    public GraphImport Graph { get; } = graph;

    public OnnxOp Op { get; } = op;

    /// <summary>The version of the operator, as the model asks for it.</summary>
    public int Version { get; } = version;

    public SourceLocation Location { get; } = location;

    /// <summary>The operation that it becomes.</summary>
    public string Name { get; set; } = op.NtirName;

    /// <summary>Null where an operand is not given.</summary>
    public List<NtirValue?> Operands { get; } = [];

    public SortedDictionary<string, AttributeValue> Attributes { get; } = new(StringComparer.Ordinal);

    /// <summary>Bodies, by attribute.</summary>
    public Dictionary<string, GraphProto> Bodies { get; } = new(StringComparer.Ordinal);

    /// <summary>Types that stand as attributes, by attribute.</summary>
    public Dictionary<string, NtirType> Types { get; } = new(StringComparer.Ordinal);

    /// <summary>Names of the results, empty where one is not wanted.</summary>
    public IReadOnlyList<string> ResultNames { get; init; } = [];

    /// <summary>Results as the node names them; null until they are given.</summary>
    public IReadOnlyList<NtirValue?>? Results { get; private set; }

    public NtirValue? Operand(int index) => index < Operands.Count ? Operands[index] : null;

    /// <summary>An operand that must be given.</summary>
    public NtirValue Required(int index) => Operand(index)
        ?? throw new ImportException(NtirFault.WrongCount, $"operand {index} is not given");

    /// <summary>Sets an operand behind those that there are; absent ones fill the gap.</summary>
    public void SetOperand(int index, NtirValue? value)
    {
        while (Operands.Count <= index)
        {
            Operands.Add(null);
        }

        Operands[index] = value;
    }

    public bool Wants(int result) => result < ResultNames.Count && ResultNames[result].Length > 0;

    /// <summary>Adds an operation with one result.</summary>
    public NtirValue Emit(string name, IEnumerable<NtirValue?> operands, KernelAttributes? attributes = null) =>
        EmitOp(name, operands, 1, attributes).Result;

    public NtirValue Emit(string name, params NtirValue?[] operands) => EmitOp(name, operands, 1, null).Result;

    public NtirOp EmitOp(
        string name, IEnumerable<NtirValue?> operands, int results, KernelAttributes? attributes = null)
    {
        OpDefinition? definition = Graph.Model.Options.FindOperation(name);
        int made = Math.Max(results, definition?.Descriptor.MinOutputs ?? 0); // a node may leave results out
        NtirOp op = new(name, operands, Enumerable.Repeat(NtirType.Unknown, made), attributes, Location);
        OpCheck.Check(op, definition);
        return Graph.Region.Add(op);
    }

    /// <summary>Adds the operation as it stands now.</summary>
    public NtirOp EmitSelf() => EmitSelf(Math.Max(ResultNames.Count, 1));

    public NtirOp EmitSelf(int results)
    {
        while (Operands is [.., null])
        {
            Operands.RemoveAt(Operands.Count - 1);
        }

        foreach (string odd in Bodies.Keys.Concat(Types.Keys))
        {
            throw new ImportException(
                NtirFault.WrongAttribute, $"attribute {SafeText.Of(odd)} is unknown, or is a graph or type by mistake");
        }

        if (results < ResultNames.Count)
        {
            throw new ImportException(
                NtirFault.WrongCount, $"it has {ResultNames.Count} results, {results} are made");
        }

        return EmitOp(Name, Operands, results, new KernelAttributes(Attributes));
    }

    public void Give(params IReadOnlyList<NtirValue?> results) => Results = results;

    /// <summary>Gives the results of a rule that has taken every attribute it knows.</summary>
    /// <exception cref="ImportException">One is left, which the operator does not have.</exception>
    public void GiveMade(params IReadOnlyList<NtirValue?> results)
    {
        if (Attributes.Count > 0)
        {
            throw new ImportException(NtirFault.WrongAttribute,
                $"it has an attribute {SafeText.Of(Attributes.Keys.First())}, which is not known");
        }

        Give(results);
    }

    public NtirValue Constant(TensorValue value) => Graph.Region.Add(NtirOp.Constant(value, null, Location)).Result;

    /// <summary>A constant of int64 with one dimension.</summary>
    public NtirValue Numbers(params ReadOnlySpan<long> values) =>
        Constant(TensorValue.From(ElementType.Int64, values, values.Length));

    /// <summary>A constant of int64 without dimensions.</summary>
    public NtirValue Number(long value) => Constant(TensorValue.From<long>(ElementType.Int64, [value]));

    /// <summary>A float constant without dimensions, in the type of another value.</summary>
    public NtirValue FloatLike(double value, NtirValue like)
    {
        ElementType type = ElementOf(like);
        NtirValue constant = Constant(TensorValue.From<float>(ElementType.Float32, [(float)value]));
        return type switch
        {
            ElementType.Float32 => constant,
            ElementType.Undefined => Emit("cast_like", constant, like),
            _ => Emit("cast", [constant], KernelAttributes.Of(("to", (long)type))),
        };
    }

    /// <summary>What the model states of a value's elements; a wrong statement ends as a refusal by a kernel.</summary>
    public ElementType ElementOf(NtirValue value) => StatedType(value)?.Element ?? ElementType.Undefined;

    /// <summary>Null when the model does not state it.</summary>
    public int? RankOf(NtirValue value) => StatedType(value)?.Shape?.Rank;

    private TensorType? StatedType(NtirValue value) => value.Type as TensorType
        ?? (value.Name is { } name ? TypeReader.Read(Graph.StatedType(name)) as TensorType : null);

    /// <summary>The sizes of a value: int64 of one dimension.</summary>
    public NtirValue ShapeOf(NtirValue value) => Emit("shape", value);

    public long TakeInt(string name, long otherwise) => Take(name, AttributeKind.Int)?.Int ?? otherwise;

    public double TakeFloat(string name, double otherwise) => Take(name, AttributeKind.Float)?.Float ?? otherwise;

    public string TakeText(string name, string otherwise) => Take(name, AttributeKind.Text)?.Text ?? otherwise;

    public long[]? TakeInts(string name) => Take(name, AttributeKind.Ints)?.Ints;

    public double[]? TakeFloats(string name) => Take(name, AttributeKind.Floats)?.Floats;

    public GraphProto TakeBody(string name) => Bodies.Remove(name, out GraphProto? body)
        ? body
        : throw new ImportException(NtirFault.WrongAttribute, $"attribute {name} is missing");

    /// <summary>Sets an attribute that the node does not have.</summary>
    public void Default(string name, AttributeValue value) => Attributes.TryAdd(name, value);

    private AttributeValue? Take(string name, AttributeKind kind)
    {
        if (!Attributes.Remove(name, out AttributeValue? value))
        {
            return null;
        }

        return value.Kind == kind
            ? value
            : throw new ImportException(NtirFault.WrongAttribute, $"attribute {name} is {value.Kind}, not {kind}");
    }
}
