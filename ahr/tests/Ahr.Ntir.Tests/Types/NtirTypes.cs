using Ahr.Ntir.Types;
using Nbc.Tensors;

namespace Ahr.Ntir.Tests.Types;

/// <summary>Types that tests often name.</summary>
internal static class NtirTypes
{
    public static readonly TensorType Scalar = Float();
    public static readonly TensorType Flag = new(ElementType.Bool, SymbolicShape.Scalar);
    public static readonly TensorType Number = new(ElementType.Int64, SymbolicShape.Scalar);

    public static TensorType Float(params Dim[] sizes) => new(ElementType.Float32, new SymbolicShape(sizes));

    public static TensorType Int(params Dim[] sizes) => new(ElementType.Int64, new SymbolicShape(sizes));
}
