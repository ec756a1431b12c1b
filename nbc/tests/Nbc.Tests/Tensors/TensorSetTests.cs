using Nbc.Tensors;

namespace Nbc.Tests.Tensors;

public sealed class TensorSetTests
{
    [Fact]
    public void A_tensor_is_found_by_its_exact_name()
    {
        using var set = new TensorSet([Bytes("a", 3), Bytes("A", 5)]);
        Assert.True(set.TryGet("A", out Tensor? found));
        Assert.Equal(5, found.Data.Length);
        Assert.False(set.TryGet("b", out _));
        Assert.Equal(8, set.ByteCount);
    }

    [Fact]
    public void Memory_is_given_back_once()
    {
        var memory = new Counted();
        var set = new TensorSet([], memory);
        set.Dispose();
        set.Dispose();
        Assert.Equal(1, memory.Disposals);
    }

    [Fact]
    public void A_set_needs_tensors() => Assert.Throws<ArgumentNullException>(() => new TensorSet(null!));

    public static TheoryData<ElementType, long[], bool> Offers => new()
    {   // to image FP32 [-1, 3]
        { ElementType.Float32, [1, 3], true },
        { ElementType.Float32, [0, 3], true },
        { ElementType.Float64, [1, 3], false },
        { ElementType.Float32, [1, 4], false },
        { ElementType.Float32, [3], false },
        { ElementType.Float32, [1, 1, 3], false },
    };

    [Theory]
    [MemberData(nameof(Offers))]
    public void A_spec_accepts_its_type_and_shape_alone(ElementType type, long[] shape, bool accepted)
    {
        var spec = new TensorSpec("image", ElementType.Float32, [-1, 3]);
        Assert.Equal(accepted, spec.Accepts(type, shape));
        Assert.Equal("image FP32 [-1, 3]", spec.ToString());
    }

    private static Tensor Bytes(string name, int size) => new(name, ElementType.UInt8, [size], new byte[size]);

    private sealed class Counted : IDisposable
    {
        public int Disposals { get; private set; }

        public void Dispose() => Disposals++;
    }
}
