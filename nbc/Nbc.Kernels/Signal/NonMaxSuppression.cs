using System.Runtime.InteropServices;
using Nbc.Kernels.Movement;
using Nbc.Tensors;
using Nbc.Values;

namespace Nbc.Kernels.Signal;

/// <summary>The best boxes of each class, without those that overlap a better one too much.</summary>
/// <remarks>
/// Shape: boxes [n, b, 4], scores [n, classes, b] to rows of batch, class and box.
/// Meaning: a score must be above score_threshold, when that is given; of equal scores the earlier box is better. Boxes
/// overlap too much when their intersection by their union is above iou_threshold. Without
/// max_output_boxes_per_class nothing is selected. Boxes are y1, x1, y2, x2 with any two corners, or, with
/// center_point_box, x, y, width, height.
/// Special values: a score that is NaN is never selected.
/// Source: ONNX operator NonMaxSuppression, version 11.
/// </remarks>
internal sealed class NonMaxSuppression(KernelAttributes attributes) : Kernel
{
    private readonly bool _isCentred = attributes.Int("center_point_box", 0) switch
    {
        0 => false,
        1 => true,
        var other => throw new KernelException(KernelFault.WrongAttribute, $"center_point_box is {other}, not 0 or 1"),
    };

    public override void Run(KernelContext context)
    {
        TensorValue boxes = context.Input(0);
        TensorValue scores = context.Input(1);
        Dimensions.CheckType(boxes, ElementType.Float32, "boxes");
        Dimensions.CheckType(scores, ElementType.Float32, "scores");
        bool fits = boxes.Rank == 3 && scores.Rank == 3 && boxes.Shape[2] == 4 &&
            boxes.Shape[0] == scores.Shape[0] && boxes.Shape[1] == scores.Shape[2];
        if (!fits)
        {
            throw new KernelException(KernelFault.WrongShape, $"boxes {boxes} and scores {scores} do not go together");
        }

        long most = context.OptionalInput(2) is { Count: > 0 } limit
            ? Math.Max(0, Dimensions.Scalar(limit, "max_output_boxes_per_class")) : 0;
        float overlap = Threshold(context, 3, "iou_threshold") ?? 0;
        float? least = Threshold(context, 4, "score_threshold");
        if (!(overlap is >= 0 and <= 1))
        {
            throw new KernelException(KernelFault.OutOfRange, $"iou_threshold is {overlap}, not 0 to 1");
        }

        List<long> selected = [];
        int count = (int)boxes.Shape[1], classes = (int)scores.Shape[1];
        Span<int> order = MemoryMarshal.Cast<byte, int>(context.Scratch((long)count * sizeof(int)));
        Span<float> keys = MemoryMarshal.Cast<byte, float>(context.Scratch((long)count * sizeof(float)));
        for (int plane = 0; plane < (int)scores.Shape[0] * classes && most > 0 && count > 0; plane++)
        {
            int batch = plane / classes;
            ReadOnlySpan<float> own = boxes.Span<float>().Slice(batch * count * 4, count * 4);
            int candidates = Sort(scores.Span<float>().Slice(plane * count, count), least, keys, order);
            Select(context, own, order[..candidates], most, overlap, selected, (batch, plane % classes));
        }

        TensorValue output = context.Output(0, ElementType.Int64, selected.Count / 3, 3);
        CollectionsMarshal.AsSpan(selected).CopyTo(output.Span<long>());
    }

    private static float? Threshold(KernelContext context, int input, string name) =>
        context.OptionalInput(input) is { Count: > 0 } operand ? (float)Scalars.One(operand, name) : null;

    // Candidates, best first: sorted by the negated score, then by place, which ascends as the sort is made stable.
    private static int Sort(ReadOnlySpan<float> scores, float? least, Span<float> keys, Span<int> order)
    {
        int count = 0;
        for (int i = 0; i < scores.Length; i++)
        {
            if (!float.IsNaN(scores[i]) && (least is null || scores[i] > least))
            {
                (keys[count], order[count]) = (-scores[i], i);
                count++;
            }
        }

        keys[..count].Sort(order[..count]);
        for (int start = 0; start < count;)
        {
            int end = start + 1;
            while (end < count && keys[end] == keys[start])
            {
                end++;
            }

            order[start..end].Sort();
            start = end;
        }

        return count;
    }

    private void Select(
        KernelContext context,
        ReadOnlySpan<float> boxes,
        Span<int> order,
        long most,
        float overlap,
        List<long> selected,
        (long Batch, long Class) place)
    {
        // The selected boxes move to the front of the order, over candidates that were looked at.
        int kept = 0;
        foreach (int candidate in order)
        {
            if (kept == most)
            {
                return;
            }

            bool isFree = true;
            for (int i = 0; i < kept && isFree; i++)
            {
                isFree = Overlap(boxes.Slice(order[i] * 4, 4), boxes.Slice(candidate * 4, 4)) <= overlap;
            }

            if (isFree)
            {
                order[kept++] = candidate;
                selected.AddRange([place.Batch, place.Class, candidate]);
            }

            context.ThrowIfCancelled();
        }
    }

    // Intersection by union; 0 of boxes without area.
    private float Overlap(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        (float top, float left, float bottom, float right) = Corners(a);
        (float otherTop, float otherLeft, float otherBottom, float otherRight) = Corners(b);
        float height = Math.Min(bottom, otherBottom) - Math.Max(top, otherTop);
        float width = Math.Min(right, otherRight) - Math.Max(left, otherLeft);
        if (!(height > 0 && width > 0))
        {
            return 0;
        }

        float shared = height * width;
        float first = (bottom - top) * (right - left), second = (otherBottom - otherTop) * (otherRight - otherLeft);
        float union = first + second - shared;
        return first > 0 && second > 0 && union > 0 ? shared / union : 0;
    }

    private (float Top, float Left, float Bottom, float Right) Corners(ReadOnlySpan<float> box) => _isCentred
        ? (box[1] - (box[3] / 2), box[0] - (box[2] / 2), box[1] + (box[3] / 2), box[0] + (box[2] / 2))
        : (Math.Min(box[0], box[2]), Math.Min(box[1], box[3]), Math.Max(box[0], box[2]), Math.Max(box[1], box[3]));
}
