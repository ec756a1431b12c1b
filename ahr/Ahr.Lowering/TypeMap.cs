using Ahr.Ntir.Types;
using Nbc.Instructions;
using Nbc.Tensors;

namespace Ahr.Lowering;

/// <summary>Types of NTIR as NBC says them: symbols become "any size".</summary>
internal static class TypeMap
{
    public static NbcType Of(NtirType type) => type switch
    {
        TensorType { Element: ElementType.Undefined } => NbcType.Any,
        TensorType { Shape: null } tensor => NbcType.Unranked(tensor.Element),
        TensorType { Shape: { } shape } tensor => NbcType.Tensor(
            tensor.Element, [.. shape.Select(dim => dim is { IsConstant: true, Value: >= 0 } ? dim.Value : -1)]),
        SequenceType sequence => NbcType.Sequence(Of(sequence.Element)),
        OptionalType optional => NbcType.Optional(Of(optional.Element)),
        MapType map => NbcType.Map(map.Key, Of(map.Value)),
        _ => NbcType.Any,
    };

    /// <summary>Bytes of a tensor whose every size is known; -1 otherwise, and for strings.</summary>
    public static long StaticBytes(NtirType type)
    {
        if (type is not TensorType { Shape: { } shape } tensor || shape.ToStatic() is not { } sizes ||
            ElementTypes.SizeOf(tensor.Element) == 0 || !Tensor.TryCount(sizes, out long count) || count > int.MaxValue)
        {
            return -1;
        }

        return count * ElementTypes.SizeOf(tensor.Element);
    }
}
