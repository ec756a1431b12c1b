using Ahr.Ntir.Graph;
using Ahr.Ntir.Types;
using Nbc.Kernels;
using Nbc.Tensors;
using Nbc.Values;

namespace Ahr.Ntir.Inference;

/// <summary>Works out what an operation gives from what it gets; see <see cref="InferenceContext"/>.</summary>
public delegate void InferRule(InferenceContext context);

/// <summary>What a rule of shape inference sees of one operation, and where it puts what it finds.</summary>
/// <remarks>
/// A rule says what is known and nothing else: a size that cannot be known is <see cref="Dim.Unknown"/>, a shape of
/// unknown rank null, and an operand that is not typed yet makes the rule return without a word. It calls
/// <see cref="Fail"/> only where the operands can never go together, whatever the unknown sizes are.
/// </remarks>
public sealed class InferenceContext
{
    private readonly Func<NtirValue, IReadOnlyList<Dim>?> _contents;
    private readonly List<Diagnostic> _diagnostics;

    internal InferenceContext(
        NtirOp op, Func<NtirValue, IReadOnlyList<Dim>?> contents, List<Diagnostic> diagnostics)
    {
        Op = op;
        _contents = contents;
        _diagnostics = diagnostics;
        Types = [.. op.Results.Select(_ => NtirType.Unknown)];
        Contents = new IReadOnlyList<Dim>?[op.Results.Count];
    }

    public NtirOp Op { get; }

    public KernelAttributes Attributes => Op.Attributes;

    public int InputCount => Op.Operands.Count;

    public int OutputCount => Op.Results.Count;

    /// <summary>What was found for each result.</summary>
    internal NtirType[] Types { get; }

    /// <summary>What was found of the elements of each result.</summary>
    internal IReadOnlyList<Dim>?[] Contents { get; }

    /// <summary>True when the operand is given.</summary>
    public bool Has(int input) => Op.Operand(input) is not null;

    /// <summary>The operand's type; null when it is absent or not known yet.</summary>
    public NtirType? Input(int input) =>
        Op.Operand(input)?.Type is { } type && type != NtirType.Unknown ? type : null;

    public TensorType? Tensor(int input) => Input(input) as TensorType;

    /// <summary>Null when the operand is absent, no tensor, or of unknown rank.</summary>
    public SymbolicShape? Shape(int input) => Tensor(input)?.Shape;

    public ElementType Element(int input) => Tensor(input)?.Element ?? ElementType.Undefined;

    /// <summary>The operand's content when it is a constant.</summary>
    public TensorValue? Constant(int input) =>
        Op.Operand(input) is { } value && value.TryGetConstant(out TensorValue? constant) ? constant : null;

    /// <summary>
    /// The elements of an operand of whole numbers with at most one dimension, as far as they are known: those of a
    /// constant, or what was computed from shapes. Null when nothing is known.
    /// </summary>
    public IReadOnlyList<Dim>? Elements(int input) => Op.Operand(input) is { } value ? _contents(value) : null;

    /// <summary>As <see cref="Elements"/> when every element is a number.</summary>
    public long[]? Numbers(int input) =>
        Elements(input) is { } elements && elements.All(dim => dim.IsConstant)
            ? [.. elements.Select(dim => dim.Value)]
            : null;

    /// <param name="shape">Null when not even the rank is known.</param>
    public void Give(int output, ElementType element, SymbolicShape? shape) =>
        Give(output, new TensorType(element, shape));

    public void Give(int output, NtirType type)
    {
        if (output < Types.Length)
        {
            Types[output] = type;
        }
    }

    /// <summary>Says what the elements of a result are; for whole numbers with at most one dimension.</summary>
    public void GiveElements(int output, IReadOnlyList<Dim> elements)
    {
        if (output < Contents.Length)
        {
            Contents[output] = elements;
        }
    }

    /// <summary>The operands can never go together.</summary>
    /// <param name="detail">Expected and found, with the shapes.</param>
    public void Fail(NtirFault fault, string detail) =>
        _diagnostics.Add(new Diagnostic(fault, Op.Location.ToString(), detail));

    public void FailShape(string detail) => Fail(NtirFault.ShapeMismatch, detail);
}
