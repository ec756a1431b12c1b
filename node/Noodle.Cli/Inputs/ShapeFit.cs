using Nbc.Tensors;

namespace Noodle.Cli.Inputs;

/// <summary>Finds the shape under which given data suits an input, without ever turning rows into columns.</summary>
internal static class ShapeFit
{
    /// <summary>Fits data to an input.</summary>
    /// <remarks>
    /// Meaning: a shape that suits stays; a missing batch size becomes 1; a flat list takes the model's shape when at
    /// most one size is open. Anything else would be a guess.
    /// </remarks>
    /// <exception cref="InputException">No shape suits, or more than one.</exception>
    public static long[] Fit(InputSource source, TensorSpec spec, long[] shape)
    {
        long[]? fitted =
            Accepts(spec, shape) ? shape
            : shape.Length == spec.Dimensions.Count - 1 && Accepts(spec, [1, .. shape]) ? [1, .. shape]
            : shape.Length <= 1 ? Unflatten(spec.Dimensions, shape.Length == 0 ? 1 : shape[0])
            : null;
        return fitted ?? throw new InputException(
            $"{source.Label} has shape [{string.Join(", ", shape)}], input {spec} does not take that; reshape it.");
    }

    private static bool Accepts(TensorSpec spec, long[] shape) => spec.Accepts(spec.Type, shape);

    private static long[]? Unflatten(IReadOnlyList<long> dimensions, long count)
    {
        long known = 1;
        int open = -1;
        for (int i = 0; i < dimensions.Count; i++)
        {
            if (dimensions[i] >= 0)
            {
                known = dimensions[i] == 0 || known > long.MaxValue / dimensions[i] ? 0 : known * dimensions[i];
            }
            else if (open >= 0)
            {
                return null;
            }
            else
            {
                open = i;
            }
        }

        if (open < 0)
        {
            return known == count ? [.. dimensions] : null;
        }

        if (known == 0 || count % known != 0)
        {
            return null;
        }

        long[] shape = [.. dimensions];
        shape[open] = count / known;
        return shape;
    }
}
