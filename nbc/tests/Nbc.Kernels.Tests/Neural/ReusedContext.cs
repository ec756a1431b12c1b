using Nbc.Tensors;
using Nbc.Values;

namespace Nbc.Kernels.Tests.Neural;

/// <summary>A context whose results and scratch memory can be used again, as a virtual machine does.</summary>
internal sealed class ReusedContext(int outputs, params NbcValue?[] inputs) : KernelContext
{
    private readonly List<HeapMemory> _scratch = [];
    private int _used;

    public TensorValue?[] Results { get; } = new TensorValue?[outputs];

    /// <summary>Keep memory from run to run.</summary>
    public bool Reuses { get; init; }

    /// <summary>Lets go of the scratch memory of the run before.</summary>
    public void Start() => _used = 0;

    public override int InputCount => inputs.Length;

    public override int OutputCount => Results.Length;

    public override NbcValue? Value(int input) => inputs[input];

    public override bool Wants(int output) => output < Results.Length;

    public override TensorValue Output(int output, ElementType type, params ReadOnlySpan<long> shape)
    {
        if (Reuses && Results[output] is { } known && known.Shape.SequenceEqual(shape))
        {
            return known;
        }

        return Results[output] = TensorValue.Allocate(type, shape);
    }

    public override TensorValue OutputOver(
        int output, int input, ElementType type, params ReadOnlySpan<long> shape) => Output(output, type, shape);

    public override void View(int output, int input, params ReadOnlySpan<long> shape) =>
        throw new NotSupportedException();

    public override void ViewPart(int output, int input, long first, params ReadOnlySpan<long> shape) =>
        throw new NotSupportedException();

    public override void Give(int output, NbcValue value) => throw new NotSupportedException();

    public override unsafe Span<byte> Scratch(long bytes)
    {
        if (!Reuses || _used >= _scratch.Count || _scratch[_used].Length < bytes)
        {
            _scratch.Insert(_used, new HeapMemory(bytes));
        }

        return new Span<byte>(_scratch[_used++].Pointer, (int)bytes);
    }

    public override void ThrowIfCancelled()
    {
    }

    public override ulong NextSeed() => 1;
}
