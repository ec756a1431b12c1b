using Google.Protobuf.Collections;
using Nbc.Tensors;
using Noodle.Node.Talk;
using NoodleNet.Talk;

namespace Noodle.Node.Tests.Talk;

public sealed class TensorWireTests
{
    private static readonly ElementType[] s_types =
        [ElementType.Float32, ElementType.UInt8, ElementType.Int64, ElementType.Float16, ElementType.Bool];

    private static readonly Gen<Tensor> s_tensor =
        from type in Gen.Int[0, s_types.Length - 1].Select(index => s_types[index])
        from shape in Gen.Long[0, 5].Array[0, 4]
        from name in Gen.String
        let size = ElementTypes.SizeOf(type) * (int)shape.Aggregate(1L, (product, next) => product * next)
        from data in Gen.Byte.Array[size]
        select new Tensor(name, type, shape, data);

    public static TheoryData<string, TensorHead, int> Hostile => new()
    {
        { "an unknown datatype", new TensorHead { Name = "t", Datatype = "FP7", SizeBytes = 4, Shape = { 1 } }, 4 },
        { "no datatype", new TensorHead { Name = "t", SizeBytes = 0 }, 0 },
        { "more bytes than there are", new TensorHead { Name = "t", Datatype = "FP32", SizeBytes = 8, Shape = { 2 } },
            4 },
        { "more bytes than memory has", new TensorHead { Name = "t", Datatype = "FP32", SizeBytes = ulong.MaxValue,
            Shape = { 1 } }, 4 },
        { "a negative size", new TensorHead { Name = "t", Datatype = "FP32", SizeBytes = 4, Shape = { -1 } }, 4 },
        { "sizes whose product overflows", new TensorHead { Name = "t", Datatype = "FP32", SizeBytes = 4, Shape =
            { long.MaxValue, 4 } }, 4 },
        { "a shape of another size", new TensorHead { Name = "t", Datatype = "FP32", SizeBytes = 4, Shape = { 2 } },
            4 },
        { "bytes that belong to nothing", new TensorHead { Name = "t", Datatype = "FP32", SizeBytes = 4, Shape =
            { 1 } }, 5 },
        { "a string longer than its data", new TensorHead { Name = "t", Datatype = "BYTES", SizeBytes = 4, Shape =
            { 1 } }, 4 },
        { "the undefined type", new TensorHead { Name = "t", Datatype = "UNDEFINED", SizeBytes = 0, Shape = { 0 } },
            0 },
    };

    [Fact]
    public void What_is_written_is_read_back() => s_tensor.Array[0, 6].Sample(tensors =>
    {
        var heads = new RepeatedField<TensorHead>();
        ReadOnlyMemory<byte>[] bodies = TensorWire.Write(tensors, heads);
        byte[] body = [.. bodies.SelectMany(part => part.ToArray())];
        Tensor[]? read = TensorWire.Read(heads, body, out string? fault);
        Assert.Null(fault);
        Assert.Equal(tensors.Length, read!.Length);
        foreach ((Tensor sent, Tensor got) in tensors.Zip(read))
        {
            Assert.Equal((sent.Name, sent.Type), (got.Name, got.Type));
            Assert.Equal(sent.Shape, got.Shape);
            Assert.True(sent.Data.Span.SequenceEqual(got.Data.Span));
        }
    });

    [Theory]
    [MemberData(nameof(Hostile))]
    public void A_head_that_lies_is_refused_with_a_sentence(string what, TensorHead head, int bodyBytes)
    {
        Assert.NotEmpty(what);
        byte[] body = Enumerable.Repeat((byte)0xFF, bodyBytes).ToArray();
        Assert.Null(TensorWire.Read([head], body, out string? fault));
        Assert.EndsWith(".", fault, StringComparison.Ordinal);
    }

    [Fact]
    public void More_tensors_than_a_message_may_have_are_refused()
    {
        var heads = new RepeatedField<TensorHead>();
        heads.AddRange(Enumerable.Repeat(new TensorHead { Datatype = "FP32", Shape = { 0 } },
            TensorWire.MaxTensors + 1));
        Assert.Null(TensorWire.Read(heads, default, out string? fault));
        Assert.Contains("1025", fault, StringComparison.Ordinal);
    }

    [Fact]
    public void No_heads_at_all_make_it_throw() => Gen.Select(
        Gen.Int[0, 4].Select(index => new[] { "FP32", "BYTES", "BOOL", "", "X" }[index]), Gen.Long.Array[0, 3],
            Gen.ULong[0, 40], Gen.Byte.Array[0, 32])
        .Sample((datatype, shape, size, body) =>
        {
            var head = new TensorHead { Name = "t", Datatype = datatype, SizeBytes = size };
            head.Shape.AddRange(shape);
            Tensor[]? read = TensorWire.Read([head], body, out string? fault);
            Assert.Equal(read is null, fault is not null);
        });
}
