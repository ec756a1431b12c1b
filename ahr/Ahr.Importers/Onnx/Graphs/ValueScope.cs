using Ahr.Ntir;
using Ahr.Ntir.Graph;

namespace Ahr.Importers.Onnx.Graphs;

/// <summary>Names of values that a graph sees: its own and, in the body of control flow, those around it.</summary>
internal sealed class ValueScope(ValueScope? outer)
{
    private readonly Dictionary<string, NtirValue> _values = new(StringComparer.Ordinal);

    public NtirValue? Find(string name)
    {
        for (ValueScope? scope = this; scope is not null; scope = scope.Outer)
        {
            if (scope._values.TryGetValue(name, out NtirValue? value))
            {
                return value;
            }
        }

        return null;
    }

    public ValueScope? Outer { get; } = outer;

    /// <exception cref="ImportException">The name is taken, here or around.</exception>
    public void Declare(string name, NtirValue value)
    {
        if (Outer?.Find(name) is not null)
        {
            throw new ImportException(
                NtirFault.Malformed, $"'{SafeText.Of(name)}' is the name of another value around this graph");
        }

        if (!_values.TryAdd(name, value))
        {
            throw new ImportException(NtirFault.Malformed, $"'{SafeText.Of(name)}' is the name of two values");
        }
    }
}
