using Nbc.Tensors;

namespace Ahr.Backends.OnnxRuntime;

/// <summary>Checks a call's inputs against the model before the engine sees them.</summary>
/// <param name="rankless">Inputs whose shape the model does not declare: any shape is taken.</param>
internal sealed class InputRule(string model, IReadOnlyList<TensorSpec> specs, IReadOnlySet<string> rankless)
{
    /// <summary>The inputs in the model's order.</summary>
    /// <exception cref="BackendException">One is missing, unknown, given twice, or does not fit.</exception>
    public Tensor[] Order(TensorSet inputs)
    {
        Tensor[] ordered = new Tensor[specs.Count];
        foreach (Tensor tensor in inputs.Tensors)
        {
            int at = IndexOf(tensor.Name);
            if (at < 0)
            {
                throw Invalid($"'{model}' has no input '{tensor.Name}', it takes {string.Join("; ", specs)}");
            }

            if (ordered[at] is not null)
            {
                throw Invalid($"input '{tensor.Name}' is given twice: give it once");
            }

            Check(specs[at], tensor);
            ordered[at] = tensor;
        }

        for (int i = 0; i < ordered.Length; i++)
        {
            if (ordered[i] is null)
            {
                throw Invalid($"input '{specs[i].Name}' is missing: '{model}' takes {string.Join("; ", specs)}");
            }
        }

        return ordered;
    }

    public static BackendException Invalid(string message) => new(BackendFault.InvalidInput, message);

    private int IndexOf(string name)
    {
        for (int i = 0; i < specs.Count; i++)
        {
            if (string.Equals(specs[i].Name, name, StringComparison.Ordinal))
            {
                return i;
            }
        }

        return -1;
    }

    private void Check(TensorSpec spec, Tensor tensor)
    {
        bool fits = rankless.Contains(spec.Name)
            ? tensor.Type == spec.Type
            : spec.Accepts(tensor.Type, tensor.Shape);
        if (!fits)
        {
            string shape = rankless.Contains(spec.Name) ? "of any shape" : $"[{string.Join(", ", spec.Dimensions)}]";
            throw Invalid(
                $"input '{spec.Name}' of '{model}' takes {ElementTypes.NameOf(spec.Type)} {shape}, " +
                $"got {ElementTypes.NameOf(tensor.Type)} [{string.Join(", ", tensor.Shape)}]");
        }

        if (!tensor.TryValidate(out string? fault))
        {
            throw Invalid($"input '{spec.Name}': {fault}");
        }

        if (tensor.Type == ElementType.Bool && tensor.Data.Span.ContainsAnyExceptInRange((byte)0, (byte)1))
        {
            throw Invalid($"input '{spec.Name}' is BOOL and has a byte that is neither 0 nor 1");
        }
    }
}
