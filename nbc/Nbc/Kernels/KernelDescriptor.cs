namespace Nbc.Kernels;

/// <summary>What a compiler may assume of a kernel.</summary>
[Flags]
public enum KernelTraits
{
    None = 0,

    /// <summary>Equal inputs give equal outputs, and nothing else happens.</summary>
    Pure = 1,

    /// <summary>Element i of the output needs only element i of the inputs (after broadcasting).</summary>
    Elementwise = 2,

    /// <summary>The output is the first input under another shape; nothing is copied.</summary>
    View = 4,

    /// <summary>Equal results for swapped inputs.</summary>
    Commutative = 8,

    /// <summary>May write its first output over its first input when nobody else reads that.</summary>
    InPlace = 16,

    /// <summary>Draws random numbers.</summary>
    Random = 32,

    /// <summary>The shape of an output depends on the values of an input (NonZero, Unique).</summary>
    DataDependentShape = 64,
}

/// <summary>What kind of value an attribute is.</summary>
public enum AttributeKind
{
    Int,
    Float,
    Text,
    Ints,
    Floats,
    Texts,
    Tensor,
    Tensors,
}

/// <summary>One attribute that an operator knows.</summary>
/// <param name="Default">What it is when it is not given; null when there is no default.</param>
public sealed record AttributeSpec(
    string Name, AttributeKind Kind, AttributeValue? Default = null, bool IsRequired = false);

/// <summary>One operator, as NTIR, the lowering and the verifier of NBC see it: never its code.</summary>
/// <remarks>
/// The same table serves NTIR's verifier (operands, attributes) and NBC's instruction set (opcode, mnemonic).
/// Operands that are not given are null; trailing ones may be left out.
/// </remarks>
public sealed record KernelDescriptor
{
    /// <summary>Name in NTIR: <c>conv</c>, <c>reduce_sum</c>, <c>ml.scaler</c>, <c>ms.fused_matmul</c>.</summary>
    public required string Name { get; init; }

    /// <summary>Number of the instruction. Frozen: a number once given is never given again.</summary>
    public required ushort Opcode { get; init; }

    /// <summary>Names of the operands in order; the last stands for all further ones when it ends in <c>...</c>,
    /// one that may be absent ends in <c>?</c>.</summary>
    public required string[] Inputs { get; init; }

    /// <summary>Names of the results in order, marked as <see cref="Inputs"/>.</summary>
    public required string[] Outputs { get; init; }

    public AttributeSpec[] Attributes { get; init; } = [];

    public KernelTraits Traits { get; init; } = KernelTraits.Pure;

    /// <summary>Instruction in assembler text, such as <c>TENSOR_REDUCE_SUM</c>.</summary>
    public string Mnemonic => "TENSOR_" + Name.Replace('.', '_').ToUpperInvariant();

    public bool IsVariadic => Inputs is [.., { } last] && last.EndsWith("...", StringComparison.Ordinal);

    public bool HasVariadicOutputs => Outputs is [.., { } last] && last.EndsWith("...", StringComparison.Ordinal);

    /// <summary>Operands that must be given.</summary>
    public int MinInputs => Inputs.TakeWhile(IsRequired).Count();

    public int MaxInputs => IsVariadic ? int.MaxValue : Inputs.Length;

    public int MinOutputs => Outputs.TakeWhile(IsRequired).Count();

    public int MaxOutputs => HasVariadicOutputs ? int.MaxValue : Outputs.Length;

    public bool Has(KernelTraits traits) => (Traits & traits) == traits;

    public AttributeSpec? FindAttribute(string name) => Array.Find(Attributes, spec => spec.Name == name);

    private static bool IsRequired(string name) =>
        !name.EndsWith('?') && !name.EndsWith("...", StringComparison.Ordinal);
}
