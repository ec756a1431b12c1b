using Ahr.Ntir.Types;

namespace Ahr.Ntir.Inference;

/// <summary>What is known of a value that is one of two, and what when two descriptions hold at once.</summary>
internal static class TypeJoin
{
    /// <summary>The most that can be said of a value which has either type: <c>[2, 3]</c> or <c>[2, 4]</c> is
    /// <c>[2, ?]</c>.</summary>
    /// <returns>Null when no type covers both.</returns>
    public static NtirType? Either(NtirType left, NtirType right) => (left, right) switch
    {
        _ when left == NtirType.Unknown || right == NtirType.Unknown => NtirType.Unknown,
        (TensorType a, TensorType b) => a.Element == b.Element
            ? new TensorType(a.Element, Either(a.Shape, b.Shape))
            : null,
        (SequenceType a, SequenceType b) => Either(a.Element, b.Element) is { } item ? new SequenceType(item) : null,
        (OptionalType a, OptionalType b) => Either(a.Element, b.Element) is { } item ? new OptionalType(item) : null,
        (MapType a, MapType b) => a == b ? a : null,
        _ => null,
    };

    /// <summary>What both say together; where they contradict each other, <paramref name="found"/> is right.</summary>
    /// <param name="found">What a rule worked out.</param>
    /// <param name="declared">What the model says of itself, which may be stale.</param>
    public static NtirType Both(NtirType found, NtirType declared) => (found, declared) switch
    {
        _ when found == NtirType.Unknown => declared,
        (TensorType { Shape: null } a, TensorType b) when a.Element == b.Element => b,
        (TensorType { Shape: { } x } a, TensorType { Shape: { } y } b)
            when a.Element == b.Element && x.Rank == y.Rank => a with
            {
                Shape = new SymbolicShape(x.Zip(y, (mine, theirs) => mine.IsUnknown ? theirs : mine)),
            },
        (SequenceType a, SequenceType b) => new SequenceType(Both(a.Element, b.Element)),
        (OptionalType a, OptionalType b) => new OptionalType(Both(a.Element, b.Element)),
        _ => found,
    };

    private static SymbolicShape? Either(SymbolicShape? left, SymbolicShape? right) =>
        left is null || right is null || left.Rank != right.Rank
            ? null
            : new SymbolicShape(left.Zip(right, (a, b) => Dim.IsSame(a, b) ? a : Dim.Unknown));
}
