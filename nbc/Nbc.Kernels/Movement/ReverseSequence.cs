using Nbc.Values;

namespace Nbc.Kernels.Movement;

/// <summary>Turns round the first part of each sequence; each has a length of its own.</summary>
/// <remarks>Source: ONNX operator ReverseSequence, version 10.</remarks>
internal sealed class ReverseSequence : Kernel
{
    private readonly bool _isBatchFirst;

    public ReverseSequence(KernelAttributes attributes)
    {
        long batch = attributes.Int("batch_axis", 1), time = attributes.Int("time_axis", 0);
        if ((batch, time) is not ((0, 1) or (1, 0)))
        {
            throw new KernelException(
                KernelFault.WrongAttribute, $"batch_axis {batch} and time_axis {time} are not 0 and 1 or 1 and 0");
        }

        _isBatchFirst = batch == 0;
    }

    public override void Run(KernelContext context)
    {
        TensorValue input = context.Input(0);
        TensorValue lengths = context.Input(1);
        if (Dimensions.Rank(input) < 2)
        {
            throw new KernelException(KernelFault.WrongShape, $"input is {input}, not of batches and times");
        }

        Indices values = new(lengths);
        long batches = input.Shape[_isBatchFirst ? 0 : 1], times = input.Shape[_isBatchFirst ? 1 : 0];
        if (lengths.Rank != 1 || lengths.Count != batches)
        {
            throw new KernelException(
                KernelFault.WrongShape, $"sequence_lens are {lengths}, the batch is {batches}");
        }

        for (int i = 0; i < lengths.Count; i++)
        {
            if (values[i] < 0 || values[i] > times)
            {
                throw new KernelException(
                    KernelFault.OutOfRange, $"sequence {i} has length {values[i]}, there are {times} times");
            }
        }

        TensorValue output = context.Output(0, input.Type, input.Shape);
        if (input.Count > 0)
        {
            Turn turn = new(context, values, (int)batches, (int)times, _isBatchFirst);
            ElementMove.Run(ref turn, input, output);
        }
    }

    private readonly ref struct Turn(KernelContext context, Indices lengths, int batches, int times, bool isBatchFirst)
        : IElementMove
    {
        private readonly Indices _lengths = lengths;

        public void Move<T>(ReadOnlySpan<T> source, Span<T> target)
        {
            int inner = source.Length / (batches * times);
            int batchStep = (isBatchFirst ? times : 1) * inner, timeStep = (isBatchFirst ? 1 : batches) * inner;
            for (int batch = 0; batch < batches; batch++)
            {
                int length = (int)_lengths[batch];
                for (int time = 0; time < times; time++)
                {
                    int from = time < length ? length - 1 - time : time;
                    source.Slice((batch * batchStep) + (from * timeStep), inner)
                        .CopyTo(target[((batch * batchStep) + (time * timeStep))..]);
                }

                context.ThrowIfCancelled();
            }
        }
    }
}
