using System.Collections;

namespace Ahr.Ntir.Types;

/// <summary>The sizes of a tensor of known rank; each is a number, an expression of symbols, or unknown.</summary>
public sealed class SymbolicShape(IEnumerable<Dim> dims) : IReadOnlyList<Dim>, IEquatable<SymbolicShape>
{
    private readonly Dim[] _dims = [.. dims];

    public static readonly SymbolicShape Scalar = new([]);

    public static SymbolicShape Of(params ReadOnlySpan<long> sizes)
    {
        List<Dim> dims = [];
        foreach (long size in sizes)
        {
            dims.Add(size);
        }

        return new SymbolicShape(dims);
    }

    /// <summary>A shape of this rank of which nothing else is known.</summary>
    public static SymbolicShape OfRank(int rank) => new(Enumerable.Repeat(Dim.Unknown, rank));

    public int Count => _dims.Length;

    public int Rank => _dims.Length;

    public Dim this[int index] => _dims[index];

    /// <summary>True when every size is a number.</summary>
    public bool IsStatic => Array.TrueForAll(_dims, dim => dim.IsConstant);

    /// <summary>Elements in all, as an expression.</summary>
    public Dim Product => _dims.Aggregate((Dim)1, (product, dim) => product * dim);

    /// <summary>The sizes as numbers; null unless all are.</summary>
    public long[]? ToStatic() => IsStatic ? Array.ConvertAll(_dims, dim => dim.Value) : null;

    /// <summary>The same with one size replaced.</summary>
    public SymbolicShape With(int index, Dim size) => new(_dims.Select((dim, i) => i == index ? size : dim));

    public bool Equals(SymbolicShape? other) => other is not null && _dims.AsSpan().SequenceEqual(other._dims);

    public override bool Equals(object? obj) => Equals(obj as SymbolicShape);

    public override int GetHashCode() => _dims.Aggregate(17, (hash, dim) => HashCode.Combine(hash, dim));

    public IEnumerator<Dim> GetEnumerator() => ((IEnumerable<Dim>)_dims).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => _dims.GetEnumerator();

    public override string ToString() => $"[{string.Join(", ", (IEnumerable<Dim>)_dims)}]";
}
