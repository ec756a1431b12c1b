using System.Diagnostics.CodeAnalysis;
using Nbc.Tensors;

namespace Noodle.Client.Control;

/// <summary>One input or output of a model, as the Open Inference Protocol writes it.</summary>
public sealed record TensorInfo
{
    /// <summary>As the model names it.</summary>
    public required string Name { get; init; }

    /// <summary>Name of the element type, such as <c>FP32</c>.</summary>
    public required string Datatype { get; init; }

    /// <summary>Sizes from outermost to innermost; -1 where the model takes any size.</summary>
    public required IReadOnlyList<long> Shape { get; init; }

    /// <summary>As JSON carries it.</summary>
    public static TensorInfo From(TensorSpec spec)
    {
        ArgumentNullException.ThrowIfNull(spec);
        return new() { Name = spec.Name, Datatype = ElementTypes.NameOf(spec.Type), Shape = spec.Dimensions };
    }

    /// <summary>As the rest of Noodle handles it; false when the datatype is not one that Noodle knows.</summary>
    public bool TryGetSpec([NotNullWhen(true)] out TensorSpec? spec)
    {
        spec = ElementTypes.TryParse(Datatype, out ElementType type) ? new TensorSpec(Name, type, Shape) : null;
        return spec is not null;
    }
}
