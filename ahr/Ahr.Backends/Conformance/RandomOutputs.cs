using Nbc.Tensors;
using Nbc.Values;

namespace Ahr.Backends.Conformance;

/// <summary>What can be said of outputs that are random by definition: type, shape, possible values.</summary>
internal static class RandomOutputs
{
    public static string? Difference(
        ModelSignature signature, NbcValue? actual, NbcValue? expected, IReadOnlyList<NbcValue?> inputs)
    {
        if (actual is not TensorValue a || expected is not TensorValue e || a.Type != e.Type ||
            !a.Shape.SequenceEqual(e.Shape))
        {
            return $"it is {actual}, not {expected}";
        }

        if (signature.IsBernoulli || a.Type == ElementType.Bool)
        {
            return All(a, (value, _) => value is 0 or 1, "neither 0 nor 1");
        }

        return signature.IsDropout && inputs[0] is TensorValue x
            ? All(a, (value, i) => value == 0 || Math.Sign(value) == Math.Sign(ValueComparison.Number(x, i)),
                "neither 0 nor the input scaled")
            : All(a, (value, _) => double.IsFinite(value), "no number");
    }

    private static string? All(TensorValue tensor, Func<double, int, bool> holds, string otherwise)
    {
        for (int i = 0; i < tensor.Count; i++)
        {
            if (!holds(ValueComparison.Number(tensor, i), i))
            {
                return $"element {i} is {otherwise}";
            }
        }

        return null;
    }
}
