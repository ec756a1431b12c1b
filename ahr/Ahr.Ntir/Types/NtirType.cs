using Nbc.Tensors;

namespace Ahr.Ntir.Types;

/// <summary>The type of an SSA value.</summary>
public abstract record NtirType
{
    /// <summary>Nothing is known yet; inference replaces it.</summary>
    public static readonly NtirType Unknown = new UnknownType();

    private protected NtirType()
    {
    }

    private sealed record UnknownType : NtirType
    {
        public override string ToString() => "!ntir.unknown";
    }
}

/// <summary>A tensor.</summary>
/// <param name="Shape">Null when not even the rank is known.</param>
public sealed record TensorType(ElementType Element, SymbolicShape? Shape) : NtirType
{
    /// <summary>As MLIR writes it: <c>tensor&lt;?x3xf32&gt;</c>, names of symbolic sizes left out.</summary>
    public override string ToString() => Shape is null
        ? $"tensor<*x{ElementTypes.TextOf(Element)}>"
        : $"tensor<{string.Concat(Shape.Select(dim => (dim.IsConstant ? $"{dim}" : "?") + "x"))}" +
            $"{ElementTypes.TextOf(Element)}>";
}

/// <summary>A list of values of one type; their shapes may differ where <paramref name="Element"/> leaves them open.
/// </summary>
public sealed record SequenceType(NtirType Element) : NtirType
{
    public override string ToString() => $"!ntir.sequence<{Element}>";
}

/// <summary>A value or nothing.</summary>
public sealed record OptionalType(NtirType Element) : NtirType
{
    public override string ToString() => $"!ntir.optional<{Element}>";
}

/// <summary>Keys (Int64 or String) with values.</summary>
public sealed record MapType(ElementType Key, NtirType Value) : NtirType
{
    public override string ToString() => $"!ntir.map<{ElementTypes.TextOf(Key)}, {Value}>";
}
