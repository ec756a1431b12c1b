using Nbc.Tensors;
using Nbc.Values;

namespace Nbc.Kernels.Tests.Elementwise;

/// <summary>Every operator of these groups in the memory of its operand, and without the managed heap.</summary>
public sealed class InPlaceTests
{
    // Of these groups; 0x1400 to 0x1BFF are moved and neural ones.
    private static bool IsOfTheseGroups(KernelDescriptor descriptor) =>
        descriptor.Opcode is < 0x1400 or (>= 0x1C00 and < 0x2000) or (>= 0x2800 and < 0x3000);

    public static TheoryData<string> Names =>
        [.. KernelTable.All.Where(IsOfTheseGroups).Select(descriptor => descriptor.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_result_over_its_operand_is_the_same_and_nothing_is_allocated(string name)
    {
        (KernelAttributes attributes, NbcValue?[] operands) = Case(name);
        int count = Math.Min(KernelTable.Find(name)!.Outputs.Length, 3);
        NbcValue?[] expected = KernelEvaluator.Evaluate(name, attributes, operands, count);
        Kernel kernel = KernelRegistry.Create(name, attributes);
        kernel.Prepare(new TensorValue?[operands.Length]);
        OverContext context = new([.. operands.Select(operand => Copy((TensorValue?)operand))], count);
        kernel.Run(context);
        bool isRandom = KernelTable.Find(name)!.Has(KernelTraits.Random);
        for (int i = 0; i < count && !isRandom; i++)
        {
            Assert.Equal(Numbers.Back(expected[i]), Numbers.Back(context.Results[i]));
        }

        AssertNoAllocation(kernel, operands, count);
    }

    private static void AssertNoAllocation(Kernel kernel, NbcValue?[] operands, int count)
    {
        OverContext context = new(operands, count) { IsOver = false };
        long least = long.MaxValue;
        for (int run = 0; run < 12 && least > 0; run++) // the runtime itself may allocate in an early run
        {
            context.Restart();
            long before = GC.GetAllocatedBytesForCurrentThread();
            kernel.Run(context);
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        Assert.Equal(0, least);
    }

    private static TensorValue? Copy(TensorValue? tensor)
    {
        if (tensor is null)
        {
            return null;
        }

        TensorValue copy = TensorValue.Allocate(tensor.Type, tensor.Shape);
        tensor.Bytes().CopyTo(copy.Bytes());
        return copy;
    }

    private static (KernelAttributes Attributes, NbcValue?[] Operands) Case(string name)
    {
        KernelAttributes none = KernelAttributes.None;
        TensorValue x = Numbers.Of(ElementType.Float32, [0.5, -0.25, 0.75, 0.125, 0.875, -0.5], 1, 2, 3, 1);
        TensorValue row = Numbers.Of(ElementType.Float32, [2, 3, 4], 3, 1);
        TensorValue two = Numbers.Float(1, 2);
        TensorValue bytes = Numbers.Of(ElementType.UInt8, [1, 2, 3, 4, 5, 6, 7, 8, 9], 1, 1, 3, 3);
        TensorValue zero = Numbers.Of(ElementType.UInt8, [3]);
        TensorValue one = Numbers.Float(0.5);
        TensorValue bits = Numbers.Of(ElementType.Bool, [1, 0, 1]);
        TensorValue axis = Numbers.Scalar(ElementType.Int64, 2);
        TensorValue square = Numbers.Of(ElementType.UInt8, [1, 2, 3, 4], 2, 2);
        return name switch
        {
            "and" or "or" or "xor" => (none, [bits, bits]),
            "not" => (none, [bits]),
            "bit_shift" => (KernelAttributes.Of(("direction", "LEFT")), [bytes, zero]),
            "bitwise_not" => (none, [bytes]),
            "cast" => (KernelAttributes.Of(("to", 7L)), [x]),
            "bit_cast" => (KernelAttributes.Of(("to", (long)ElementType.Int32)), [x]),
            "clip" => (none, [x, Numbers.Float(0), Numbers.Float(0.5)]),
            "where" => (none, [Numbers.Of(ElementType.Bool, [1, 0, 1], 3, 1), x, row]),
            "dropout" => (KernelAttributes.Of(("seed", 1L)), [x, one, Numbers.Bools(true)]),
            "top_k" => (none, [Numbers.Float(3, 1, 2), Numbers.Of(ElementType.Int64, [2])]),
            "cum_sum" or "cum_prod" or "cast_like" => (none, [x, axis]),
            "layer_normalization" => (none, [x, one, one]),
            "rms_normalization" => (none, [x, one]),
            "group_normalization" => (KernelAttributes.Of(("num_groups", 1L)), [x, two, two]),
            "instance_normalization" => (none, [x, two, two]),
            "batch_normalization" => (KernelAttributes.Of(("training_mode", 1L)), [x, two, two, two, two]),
            "lrn" => (KernelAttributes.Of(("size", 3L)), [x]),
            "training.momentum" => (KernelAttributes.Of(("alpha", 0.5), ("beta", 0.5),
                ("norm_coefficient", 0.1), ("mode", "nesterov")), Optimizer(x, 1)),
            "training.adagrad" => (none, Optimizer(x, 1)),
            "training.adam" => (KernelAttributes.Of(("epsilon", 1e-6)), Optimizer(x, 2)),
            "negative_log_likelihood_loss" or "softmax_cross_entropy_loss" =>
                (none, [Numbers.Of(ElementType.Float32, [1, 2, 3, 4], 2, 2), Numbers.Of(ElementType.Int64, [1, 0])]),
            "quantize_linear" or "ms.quantize_linear" => (none, [x, one, zero]),
            "dequantize_linear" or "ms.dequantize_linear" => (none, [bytes, one, zero]),
            "matmul_integer" => (none, [square, square, zero, zero]),
            "conv_integer" => (none, [bytes, Numbers.Of(ElementType.UInt8, [1, 2, 3, 4], 1, 1, 2, 2), zero]),
            "qlinear_matmul" => (none, [square, one, zero, square, one, zero, one, zero]),
            "qlinear_conv" => (none,
                [bytes, one, zero, Numbers.Of(ElementType.UInt8, [1], 1, 1, 1, 1), one, zero, one, zero]),
            "ms.qlinear_add" or "ms.qlinear_mul" => (none, [bytes, one, zero, bytes, one, zero, one, zero]),
            "ms.qlinear_where" => (none, [bits, bytes, one, zero, bytes, one, zero, one, zero]),
            "ms.qlinear_concat" => (KernelAttributes.Of(("axis", 0L)), [one, zero, bytes, one, zero, bytes, one, zero]),
            "ms.qlinear_average_pool" => (KernelAttributes.Of(("kernel_shape", new long[] { 2, 2 })),
                [bytes, one, zero, one, zero]),
            "ms.qgemm" => (none, [square, one, zero, square, one, zero]),
            "ms.dynamic_quantize_matmul" =>
                (none, [Numbers.Of(ElementType.Float32, [1, 2, 3, 4], 2, 2), square, one, zero]),
            "ms.matmul_integer_to_float" => (none, [square, square, one, one]),
            _ when name.StartsWith("ms.", StringComparison.Ordinal) => (none, [bytes, one, zero, one, zero]),
            _ when name.StartsWith("bitwise", StringComparison.Ordinal) => (none, [bytes, zero]),
            _ when KernelTable.Find(name)!.MinInputs == 2 => (none, [x, row]),
            _ => (none, [x]),
        };
    }

    private static NbcValue?[] Optimizer(TensorValue x, int states) =>
        [Numbers.Float(0.1), Numbers.Of(ElementType.Int64, [2]), .. Enumerable.Repeat(x, 2 + states)];

    /// <summary>Puts results over the operand named, and gives the same memory at every run.</summary>
    private sealed class OverContext(NbcValue?[] inputs, int outputs) : KernelContext
    {
        private const int RoomBytes = 1 << 16;
        private readonly TensorValue[] _results = [new(), new(), new()];
        private readonly HeapMemory[] _memories = [new(RoomBytes), new(RoomBytes), new(RoomBytes)];
        private readonly byte[] _scratch = GC.AllocateArray<byte>(RoomBytes, pinned: true);
        private int _taken;

        public bool IsOver { get; init; } = true;

        public TensorValue[] Results => _results;

        public override int InputCount => inputs.Length;

        public override int OutputCount => outputs;

        public void Restart() => _taken = 0;

        public override NbcValue? Value(int input) => inputs[input];

        public override bool Wants(int output) => output < outputs;

        public override TensorValue Output(int output, ElementType type, params ReadOnlySpan<long> shape)
        {
            _results[output].Reset(type, shape, _memories[output], 0);
            return _results[output];
        }

        public override TensorValue OutputOver(
            int output, int input, ElementType type, params ReadOnlySpan<long> shape)
        {
            if (!IsOver)
            {
                return Output(output, type, shape);
            }

            _results[output].ResetView(Input(input), 0, type, shape);
            return _results[output];
        }

        public override void View(int output, int input, params ReadOnlySpan<long> shape) =>
            _results[output].ResetView(Input(input), shape);

        public override void ViewPart(int output, int input, long first, params ReadOnlySpan<long> shape) =>
            throw new NotSupportedException("no kernel of these groups shows a part");

        public override void Give(int output, NbcValue value) =>
            throw new NotSupportedException("no case gives a value that is no tensor");

        public override Span<byte> Scratch(long bytes)
        {
            int first = (_taken + 63) & ~63;
            _taken = first + (int)bytes;
            return _scratch.AsSpan(first, (int)bytes);
        }

        public override void ThrowIfCancelled()
        {
        }

        public override ulong NextSeed() => 1;
    }
}
