using System.Diagnostics.CodeAnalysis;

namespace Nbc.Tensors;

/// <summary>The inputs or the outputs of one run, together with the memory they lie in.</summary>
/// <remarks>Whoever is handed a set disposes it, once; after that no tensor of it may be read.</remarks>
public sealed class TensorSet : IDisposable
{
    private IDisposable? _memory;

    /// <param name="tensors">In the model's order.</param>
    /// <param name="memory">What is given back at the end; null when the garbage collector does it.</param>
    public TensorSet(IReadOnlyList<Tensor> tensors, IDisposable? memory = null)
    {
        ArgumentNullException.ThrowIfNull(tensors);
        Tensors = tensors;
        _memory = memory;
    }

    public IReadOnlyList<Tensor> Tensors { get; }

    /// <summary>Short name of the engine that made them; null when nobody said.</summary>
    public string? Engine { get; init; }

    /// <summary>Bytes of data in all tensors.</summary>
    public long ByteCount
    {
        get
        {
            long sum = 0;
            foreach (Tensor tensor in Tensors)
            {
                sum += tensor.Data.Length;
            }

            return sum;
        }
    }

    /// <summary>Finds a tensor by name (ordinal).</summary>
    public bool TryGet(string name, [NotNullWhen(true)] out Tensor? tensor)
    {
        foreach (Tensor candidate in Tensors)
        {
            if (string.Equals(candidate.Name, name, StringComparison.Ordinal))
            {
                tensor = candidate;
                return true;
            }
        }

        tensor = null;
        return false;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _memory?.Dispose();
        _memory = null;
    }
}
