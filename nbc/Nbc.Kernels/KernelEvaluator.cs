using Nbc.Tensors;
using Nbc.Values;

namespace Nbc.Kernels;

/// <summary>Runs one operation on values, with memory from the heap: for constant folding and for tests.</summary>
public static class KernelEvaluator
{
    /// <param name="inputs">Null where an operand is absent.</param>
    /// <param name="outputCount">Results wanted, from the first on.</param>
    /// <param name="maxBytes">Bound of the memory that all results together may take.</param>
    /// <returns>The results; the caller owns them. Null where the kernel made none.</returns>
    /// <exception cref="KernelException">There is no such kernel, or it refuses these operands.</exception>
    public static NbcValue?[] Evaluate(
        string name,
        KernelAttributes attributes,
        IReadOnlyList<NbcValue?> inputs,
        int outputCount = 1,
        long maxBytes = int.MaxValue)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        Kernel kernel = KernelRegistry.Create(name, attributes);
        TensorValue?[] constants = new TensorValue?[inputs.Count];
        kernel.Prepare(constants);
        HeapContext context = new(inputs, outputCount, maxBytes);
        kernel.Run(context);
        return context.Results;
    }

    /// <summary>As <see cref="Evaluate"/> for one result that is a tensor.</summary>
    public static TensorValue EvaluateOne(string name, KernelAttributes attributes, params NbcValue?[] inputs) =>
        (TensorValue)Evaluate(name, attributes, inputs)[0]!;

    private sealed class HeapContext(IReadOnlyList<NbcValue?> inputs, int outputCount, long maxBytes) : KernelContext
    {
        private const ulong SeedStep = 0x9E3779B97F4A7C15;
        private readonly List<HeapMemory> _scratch = [];
        private long _bytesLeft = maxBytes;
        private ulong _seed;

        public NbcValue?[] Results { get; } = new NbcValue?[outputCount];

        public override int InputCount => inputs.Count;

        public override int OutputCount => Results.Length;

        public override NbcValue? Value(int input) => inputs[input];

        public override bool Wants(int output) => output < Results.Length;

        public override TensorValue Output(int output, ElementType type, params ReadOnlySpan<long> shape)
        {
            if (!Tensor.TryCount(shape, out long count) || count > int.MaxValue)
            {
                throw new KernelException(KernelFault.TooLarge, $"{Shapes.Text(shape)} is no shape of a tensor");
            }

            long bytes = count * Math.Max(ElementTypes.SizeOf(type), 1);
            if (bytes > _bytesLeft)
            {
                throw new KernelException(
                    KernelFault.TooLarge, $"{Shapes.Text(shape)} takes {bytes} bytes, {_bytesLeft} are left");
            }

            _bytesLeft -= bytes;
            TensorValue result = TensorValue.Allocate(type, shape);
            Results[output] = result;
            return result;
        }

        public override TensorValue OutputOver(
            int output, int input, ElementType type, params ReadOnlySpan<long> shape) => Output(output, type, shape);

        public override void View(int output, int input, params ReadOnlySpan<long> shape)
        {
            TensorValue view = new();
            view.ResetView(Input(input), shape);
            Results[output] = view;
        }

        public override void ViewPart(int output, int input, long first, params ReadOnlySpan<long> shape)
        {
            TensorValue source = Input(input);
            TensorValue view = new();
            if (source.Type == ElementType.String)
            {
                view.ResetStrings(
                    source.Strings.AsSpan((int)first, (int)Shapes.Product(shape)).ToArray(), shape);
            }
            else
            {
                view.ResetView(source, first * ElementTypes.SizeOf(source.Type), source.Type, shape);
            }

            Results[output] = view;
        }

        public override void Give(int output, NbcValue value) => Results[output] = value;

        public override unsafe Span<byte> Scratch(long bytes)
        {
            HeapMemory memory = new(bytes);
            _scratch.Add(memory);
            return new Span<byte>(memory.Pointer, checked((int)bytes));
        }

        public override void ThrowIfCancelled()
        {
        }

        public override ulong NextSeed() => _seed += SeedStep;
    }
}
