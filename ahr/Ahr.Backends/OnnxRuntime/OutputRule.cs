using Nbc.Tensors;

namespace Ahr.Backends.OnnxRuntime;

/// <summary>Checks which outputs a call wants.</summary>
internal static class OutputRule
{
    /// <returns>The place of each wanted output in the model's order.</returns>
    /// <exception cref="BackendException">None is named, one is unknown, or one is named twice.</exception>
    public static int[] Find(string model, IReadOnlyList<TensorSpec> specs, IReadOnlyList<string> wanted)
    {
        int[] found = new int[wanted.Count];
        for (int i = 0; i < found.Length; i++)
        {
            found[i] = IndexOf(specs, wanted[i]);
            if (found[i] < 0)
            {
                throw InputRule.Invalid($"'{model}' has no output '{wanted[i]}', it has {Names(specs)}");
            }

            if (Array.IndexOf(found, found[i]) != i)
            {
                throw InputRule.Invalid($"output '{wanted[i]}' is asked for twice: name it once");
            }
        }

        return found.Length > 0
            ? found
            : throw InputRule.Invalid($"no output is asked for: name one of {Names(specs)}");
    }

    private static string Names(IReadOnlyList<TensorSpec> specs) => string.Join(", ", specs.Select(spec => spec.Name));

    private static int IndexOf(IReadOnlyList<TensorSpec> specs, string name)
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
}
