using Nbc.Tensors;
using Nbc.Values;
using static Nbc.Kernels.Tests.Movement.Give;

namespace Nbc.Kernels.Tests.Movement;

public sealed class AllocationTests
{
    public static TheoryData<string> Names =>
    [
        "reshape", "transpose", "slice", "split", "concat", "expand", "tile", "pad", "gather", "gather_elements",
        "gather_nd", "scatter_elements", "scatter_nd", "tensor_scatter", "compress", "one_hot", "non_zero", "trilu",
        "depth_to_space", "center_crop_pad", "shape", "range", "hann_window", "dft", "stft", "resize", "grid_sample",
        "affine_grid", "roi_align", "det", "col2_im", "random_normal", "random_uniform_like", "multinomial",
        "bernoulli", "dropout",
    ];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_run_takes_nothing_from_the_managed_heap(string name)
    {
        (KernelAttributes attributes, NbcValue?[] inputs) = Operands(name);
        Kernel kernel = KernelRegistry.Create(name, attributes);
        ReusedContext context = new(inputs);
        for (int i = 0; i < 3; i++)
        {
            context.Restart();
            kernel.Run(context);
        }

        context.Restart();
        long before = GC.GetAllocatedBytesForCurrentThread();
        kernel.Run(context);
        long after = GC.GetAllocatedBytesForCurrentThread();

        Assert.Equal(before, after);
        GC.KeepAlive(context); // its memory goes with it, and a running kernel no longer needs the object itself
    }

    private static (KernelAttributes Attributes, NbcValue?[] Inputs) Operands(string name)
    {
        KernelAttributes none = KernelAttributes.None;
        TensorValue x = Counting(2, 3, 4), picture = Counting(1, 4, 2, 2);
        return name switch
        {
            "reshape" => (none, [x, Longs(4, -1)]),
            "slice" => (none, [x, Longs(0), Longs(2), Longs(2)]),
            "split" => (Attributes(("axis", 1)), [x, Longs(1, 2)]),
            "concat" => (Attributes(("axis", 1)), [x, x]),
            "expand" => (none, [x, Longs(2, 1, 1, 1)]),
            "tile" => (none, [x, Longs(2, 1, 2)]),
            "pad" => (Attributes(("mode", "reflect")), [x, Longs(1, 1, 1, 1, 1, 1)]),
            "gather" => (none, [x, Longs(1)]),
            "gather_elements" => (none, [x, Tensor<long>([1, 1, 2], 0, 1)]),
            "gather_nd" => (none, [x, Tensor<long>([1, 2], 0, 1)]),
            "scatter_elements" => (Attributes(("reduction", "add")), [x, Tensor([1, 1, 1], 0L), Tensor([1, 1, 1], 9f)]),
            "scatter_nd" => (none, [x, Tensor([1, 3], 0L, 1, 2), Row(9f)]),
            "tensor_scatter" => (none, [x, Counting(2, 1, 4), Longs(0, 2)]),
            "compress" => (Attributes(("axis", 0)), [x, Row(true, false)]),
            "one_hot" => (none, [Longs(1, 2), One(3L), Row(0f, 1)]),
            "depth_to_space" => (Attributes(("blocksize", 2)), [picture]),
            "center_crop_pad" => (none, [x, Longs(1, 4, 4)]),
            "range" => (none, [One(1), One(9), One(2)]),
            "hann_window" => (none, [One(7L)]),
            "dft" => (none, [Counting(1, 6, 1)]),
            "stft" => (none, [Counting(1, 6, 1), One(2L), null, One(3L)]),
            "resize" => (Attributes(("mode", "cubic")), [picture, null, Row(1f, 1, 2, 2)]),
            "grid_sample" => (none, [picture, Counting(1, 2, 2, 2)]),
            "affine_grid" => (none, [Counting(1, 2, 3), Longs(1, 1, 2, 2)]),
            "roi_align" => (none, [picture, Counting(1, 4), Longs(0)]),
            "det" => (none, [Counting(2, 3, 3)]),
            "random_normal" => (Attributes(("shape", new long[] { 2, 3 })), []),
            "multinomial" => (Attributes(("sample_size", 5)), [Counting(2, 3)]),
            "dropout" => (none, [x, One(0.5f), One(true)]),
            "col2_im" => (none, [Counting(1, 2, 2), Longs(3), Longs(2)]),
            _ => (none, [x]),
        };
    }

    /// <summary>Gives the same tensors and the same memory at every run.</summary>
    private sealed class ReusedContext(NbcValue?[] inputs) : KernelContext
    {
        private const int RoomBytes = 1 << 16;

        private readonly TensorValue[] _results = [new(), new()];
        private readonly HeapMemory[] _memories = [new(RoomBytes), new(RoomBytes)];
        private readonly byte[] _scratch = GC.AllocateArray<byte>(RoomBytes, pinned: true);
        private int _taken;

        public override int InputCount => inputs.Length;

        public override int OutputCount => _results.Length;

        public void Restart() => _taken = 0;

        public override NbcValue? Value(int input) => inputs[input];

        public override bool Wants(int output) => true;

        public override TensorValue Output(int output, ElementType type, params ReadOnlySpan<long> shape)
        {
            _results[output].Reset(type, shape, _memories[output], 0);
            return _results[output];
        }

        public override TensorValue OutputOver(
            int output, int input, ElementType type, params ReadOnlySpan<long> shape) => Output(output, type, shape);

        public override void View(int output, int input, params ReadOnlySpan<long> shape) =>
            _results[output].ResetView(Input(input), shape);

        public override void ViewPart(int output, int input, long first, params ReadOnlySpan<long> shape)
        {
            TensorValue source = Input(input);
            _results[output].ResetView(source, first * ElementTypes.SizeOf(source.Type), source.Type, shape);
        }

        public override void Give(int output, NbcValue value) => throw new NotSupportedException();

        public override Span<byte> Scratch(long bytes)
        {
            int start = _taken;
            _taken += (int)((bytes + TensorMemory.Alignment - 1) / TensorMemory.Alignment * TensorMemory.Alignment);
            return _scratch.AsSpan(start, (int)bytes);
        }

        public override void ThrowIfCancelled()
        {
        }

        public override ulong NextSeed() => 1;
    }
}
