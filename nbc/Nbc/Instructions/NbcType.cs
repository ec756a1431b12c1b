using Nbc.Tensors;

namespace Nbc.Instructions;

/// <summary>What kind of value a register holds. The numbers stand in containers and never change.</summary>
public enum NbcValueKind : byte
{
    /// <summary>Not said.</summary>
    Any = 0,
    Tensor = 1,
    Sequence = 2,
    Optional = 3,
    Map = 4,
}

/// <summary>The static type of a register, an input or an output.</summary>
/// <param name="Kind">What is known of the value.</param>
/// <param name="Element">Of a tensor; of a map the type of its keys.</param>
/// <param name="Dimensions">Of a tensor: -1 where any size will do; null when the rank is not known.</param>
/// <param name="Item">What a sequence or optional holds; of a map the type of its values.</param>
public sealed record NbcType(
    NbcValueKind Kind, ElementType Element = ElementType.Undefined, long[]? Dimensions = null, NbcType? Item = null)
{
    /// <summary>Types are nested no deeper.</summary>
    public const int MaxDepth = 16;

    /// <summary>Dimensions of a tensor, at most.</summary>
    public const int MaxRank = 64;

    /// <summary>Any value at all.</summary>
    public static NbcType Any { get; } = new(NbcValueKind.Any);

    /// <param name="dimensions">-1 where any size will do.</param>
    public static NbcType Tensor(ElementType element, params long[] dimensions) =>
        new(NbcValueKind.Tensor, element, dimensions);

    /// <summary>A tensor whose rank is not known.</summary>
    public static NbcType Unranked(ElementType element) => new(NbcValueKind.Tensor, element);

    public static NbcType Sequence(NbcType item) => new(NbcValueKind.Sequence, Item: item);

    public static NbcType Optional(NbcType item) => new(NbcValueKind.Optional, Item: item);

    public static NbcType Map(ElementType key, NbcType value) => new(NbcValueKind.Map, key, Item: value);

    public static NbcType Of(TensorSpec spec)
    {
        ArgumentNullException.ThrowIfNull(spec);
        return Tensor(spec.Type, [.. spec.Dimensions]);
    }

    /// <summary>Equal to the last dimension.</summary>
    public bool Equals(NbcType? other) => other is not null && Kind == other.Kind && Element == other.Element &&
        Dimensions is null == other.Dimensions is null && Dimensions.AsSpan().SequenceEqual(other.Dimensions) &&
        Equals(Item, other.Item);

    public override int GetHashCode() => HashCode.Combine(Kind, Element, Dimensions?.Length, Item);

    /// <summary>As the text form writes it: <c>f32 [2, -1]</c>, <c>f32 [*]</c>, <c>seq(f32 [*])</c>, <c>any</c>.
    /// </summary>
    public override string ToString() => Kind switch
    {
        NbcValueKind.Tensor when Dimensions is null => $"{ElementTypes.TextOf(Element)} [*]",
        NbcValueKind.Tensor => $"{ElementTypes.TextOf(Element)} {Shapes.Text(Dimensions)}",
        NbcValueKind.Sequence => $"seq({Item})",
        NbcValueKind.Optional => $"opt({Item})",
        NbcValueKind.Map => $"map({ElementTypes.TextOf(Element)}, {Item})",
        _ => "any",
    };
}
