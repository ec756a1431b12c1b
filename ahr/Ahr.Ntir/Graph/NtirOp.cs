using Ahr.Ntir.Types;
using Nbc.Kernels;
using Nbc.Values;

namespace Ahr.Ntir.Graph;

/// <summary>Where in the model an operation comes from: <c>encoder/block3/Concat_7</c>.</summary>
/// <param name="Path">Names of the surrounding functions and bodies, then the node's own.</param>
/// <param name="Kind">The node's operator as the model's format names it, such as <c>ai.onnx.Conv</c>.</param>
public sealed record SourceLocation(string Path, string Kind = "")
{
    public static readonly SourceLocation None = new("");

    public override string ToString() => Path.Length > 0 ? Path : "(made by a pass)";
}

/// <summary>One operation: operands in, results out, with attributes and regions.</summary>
public sealed class NtirOp
{
    public const string ConstantName = "constant";

    private readonly List<NtirValue?> _operands = [];
    private readonly NtirValue[] _results;

    /// <param name="operands">Null where an optional operand is absent.</param>
    /// <param name="resultTypes">One for each result.</param>
    public NtirOp(
        string name,
        IEnumerable<NtirValue?> operands,
        IEnumerable<NtirType> resultTypes,
        KernelAttributes? attributes = null,
        SourceLocation? location = null)
    {
        Name = name;
        Attributes = attributes ?? KernelAttributes.None;
        Location = location ?? SourceLocation.None;
        _results = [.. resultTypes.Select((type, index) => new NtirValue(type, null, this, null, index))];
        foreach (NtirValue? operand in operands)
        {
            _operands.Add(operand);
            operand?.AddUse(this, _operands.Count - 1);
        }
    }

    /// <summary>As in <see cref="KernelTable"/>, or one of NTIR's own: constant, if, loop, scan, call...</summary>
    public string Name { get; }

    public KernelAttributes Attributes { get; set; }

    public SourceLocation Location { get; set; }

    /// <summary>Operations with the same number may run as one; a hint, free of any layout. Null: alone.</summary>
    public int? FusionGroup { get; set; }

    public IReadOnlyList<NtirValue?> Operands => _operands;

    public IReadOnlyList<NtirValue> Results => _results;

    public NtirValue Result => _results[0];

    /// <summary>Bodies of control flow; each sees the values around it.</summary>
    public IReadOnlyList<NtirRegion> Regions => _regions;

    /// <summary>The region it stands in; null before it is added and after it is removed.</summary>
    public NtirRegion? Region { get; internal set; }

    private readonly List<NtirRegion> _regions = [];

    public static NtirOp Constant(TensorValue value, string? name = null, SourceLocation? location = null)
    {
        ArgumentNullException.ThrowIfNull(value);
        NtirOp op = new(
            ConstantName,
            [],
            [new TensorType(value.Type, SymbolicShape.Of(value.Shape))],
            KernelAttributes.Of(("value", value)),
            location);
        op.Result.Name = name;
        return op;
    }

    public NtirRegion AddRegion()
    {
        NtirRegion region = new(this);
        _regions.Add(region);
        return region;
    }

    public void SetOperand(int index, NtirValue? value)
    {
        _operands[index]?.RemoveUse(this, index);
        _operands[index] = value;
        value?.AddUse(this, index);
    }

    /// <summary>Adds an operand behind the last.</summary>
    public void AddOperand(NtirValue? value)
    {
        _operands.Add(value);
        value?.AddUse(this, _operands.Count - 1);
    }

    /// <summary>Takes the last operand away.</summary>
    public void RemoveLastOperand()
    {
        SetOperand(_operands.Count - 1, null);
        _operands.RemoveAt(_operands.Count - 1);
    }

    public NtirValue? Operand(int index) => index < _operands.Count ? _operands[index] : null;

    /// <summary>Lets go of every operand, here and in its regions: the operation is taken out for good.</summary>
    internal void DropOperands()
    {
        for (int i = 0; i < _operands.Count; i++)
        {
            SetOperand(i, null);
        }

        foreach (NtirRegion region in _regions)
        {
            region.DropAll();
        }
    }

    public override string ToString() => $"{Name} at {Location}";
}
