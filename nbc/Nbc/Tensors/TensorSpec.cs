namespace Nbc.Tensors;

/// <summary>One input or output of a model: its name, what it holds, how it is shaped.</summary>
/// <param name="Name">As the model names it.</param>
/// <param name="Type">What one element is.</param>
/// <param name="Dimensions">Sizes from outermost to innermost; -1 where the model takes any size.</param>
public sealed record TensorSpec(string Name, ElementType Type, IReadOnlyList<long> Dimensions)
{
    /// <summary>True when a tensor of this type and shape can be given here.</summary>
    public bool Accepts(ElementType type, ReadOnlySpan<long> shape)
    {
        if (type != Type || shape.Length != Dimensions.Count)
        {
            return false;
        }

        for (int i = 0; i < shape.Length; i++)
        {
            if (Dimensions[i] >= 0 && Dimensions[i] != shape[i])
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>As people read it: <c>image FP32 [-1, 1, 8, 8]</c>.</summary>
    public override string ToString() => $"{Name} {ElementTypes.NameOf(Type)} [{string.Join(", ", Dimensions)}]";
}
