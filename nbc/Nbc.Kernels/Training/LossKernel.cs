using System.Numerics;
using Nbc.Kernels.Iteration;
using Nbc.Kernels.Reduction;
using Nbc.Tensors;
using Nbc.Values;

namespace Nbc.Kernels.Training;

/// <summary>How unlikely the right classes are, after log-softmax or as logarithms already.</summary>
/// <remarks>
/// Shape: scores [items, classes, ...], labels [items, ...], weights [classes]; the loss as labels, or one number.
/// Meaning: -score of the label times its weight; mean divides by the sum of the weights that counted.
/// Special values: labels equal to ignore_index count nothing; other labels outside the classes are refused.
/// Source: ONNX operators NegativeLogLikelihoodLoss, version 22, and SoftmaxCrossEntropyLoss, version 13.
/// </remarks>
internal sealed class LossKernel : Kernel
{
    private readonly bool _isSoftmax;
    private readonly long? _ignored;
    private readonly Reduce _reduce;

    public LossKernel(KernelAttributes attributes, bool isSoftmax)
    {
        _isSoftmax = isSoftmax;
        _ignored = attributes.Has("ignore_index") ? attributes.Int("ignore_index") : null;
        _reduce = attributes.Text("reduction", "mean") switch
        {
            "none" => Reduce.None,
            "sum" => Reduce.Sum,
            "mean" => Reduce.Mean,
            string other => throw Refusal.Attribute("reduction", other, "none, sum or mean"),
        };
    }

    private enum Reduce
    {
        None,
        Sum,
        Mean,
    }

    /// <inheritdoc/>
    public override void Run(KernelContext context)
    {
        TensorValue scores = context.Input(0);
        TensorValue labels = context.Input(1);
        if (scores.Rank < 2)
        {
            throw Refusal.Shape("scores", scores.Shape, "items and classes first");
        }

        if (labels.Type is not (ElementType.Int32 or ElementType.Int64))
        {
            throw Refusal.Type("labels", labels.Type, "si32 or si64");
        }

        bool fits = labels.Rank == scores.Rank - 1 && labels.Shape[0] == scores.Shape[0]
            && labels.Shape[1..].SequenceEqual(scores.Shape[2..]);
        if (!fits)
        {
            throw Refusal.Shape("labels", labels.Shape, $"{Shapes.Text(scores.Shape)} without axis 1");
        }

        if (!RealSpans.TryInvoke(scores.Type, new Action(this, context, scores, labels)))
        {
            throw Refusal.Type("scores", scores.Type, "floating point of 16, 32 or 64 bits");
        }
    }

    private readonly struct Action(LossKernel kernel, KernelContext context, TensorValue scores, TensorValue labels)
        : IRealAction
    {
        public void Invoke<T>()
            where T : unmanaged, IBinaryFloatingPointIeee754<T>, IMinMaxValue<T>
        {
            Lanes lanes = Lanes.Along(scores.Shape, 1);
            ReadOnlySpan<T> logs = RealSpans.Open<T>(context, scores);
            if (kernel._isSoftmax)
            {
                logs = Logarithms(logs, lanes);
            }

            TensorValue? weight = context.OptionalInput(2);
            ReadOnlySpan<T> weights =
                weight is null ? default : Moments.PerChannel<T>(context, 2, "weights", lanes.Size);
            bool isNone = kernel._reduce == Reduce.None;
            TensorValue loss = context.Output(0, scores.Type, isNone ? labels.Shape : []);
            Span<T> losses = RealSpans.Room<T>(context, loss);
            double sum = 0;
            double total = 0;
            for (int i = 0; i < labels.Count; i++)
            {
                int label = Label(i, lanes.Size);
                double share = label < 0 ? 0 : weights.IsEmpty ? 1 : double.CreateTruncating(weights[label]);
                double one = label < 0
                    ? 0
                    : -double.CreateTruncating(logs[lanes.First(i) + (label * lanes.Inner)]) * share;
                sum += one;
                total += share;
                if (isNone)
                {
                    losses[i] = T.CreateTruncating(one);
                }
            }

            if (!isNone)
            {
                losses[0] = T.CreateTruncating(kernel._reduce == Reduce.Mean ? sum / total : sum);
            }

            RealSpans.Store<T>(losses, loss);
        }

        // -1 for one that counts nothing.
        private int Label(int index, int classes)
        {
            long label = labels.Type == ElementType.Int32 ? labels.Span<int>()[index] : labels.Span<long>()[index];
            if (label == kernel._ignored)
            {
                return -1;
            }

            return label >= 0 && label < classes
                ? (int)label
                : throw Refusal.Range($"label {index}", label, $"0 to {classes - 1}");
        }

        private ReadOnlySpan<T> Logarithms<T>(ReadOnlySpan<T> real, Lanes lanes)
            where T : unmanaged, IBinaryFloatingPointIeee754<T>, IMinMaxValue<T>
        {
            TensorValue? result = context.Wants(1) ? context.Output(1, scores.Type, scores.Shape) : null;
            Span<T> logs = result is null
                ? FloatBlocks.Scratch<T>(context, scores.Count)
                : RealSpans.Room<T>(context, result);
            Span<T> lane = FloatBlocks.Scratch<T>(context, lanes.Size);
            for (int l = 0; lanes.Size > 0 && l < lanes.Count; l++)
            {
                int first = lanes.First(l);
                for (int i = 0; i < lane.Length; i++)
                {
                    lane[i] = real[first + (i * lanes.Inner)];
                }

                LogSoftmax.Invoke<T>(lane, lane);
                for (int i = 0; i < lane.Length; i++)
                {
                    logs[first + (i * lanes.Inner)] = lane[i];
                }
            }

            if (result is not null)
            {
                RealSpans.Store<T>(logs, result);
            }

            return logs;
        }
    }
}
