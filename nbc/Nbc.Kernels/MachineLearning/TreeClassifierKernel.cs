using System.Runtime.InteropServices;
using Nbc.Kernels.Iteration;
using Nbc.Kernels.Neural;
using Nbc.Tensors;
using Nbc.Values;

namespace Nbc.Kernels.MachineLearning;

/// <summary>Classes from decision trees.</summary>
/// <remarks>
/// Shape: scores [rows, classes], two columns at least where a single score stands for two classes.
/// Meaning: two classes whose leaves all speak of one class decide at 0.5 when no weight is negative, else at 0; the
/// other score is what is left to 1, or the negative.
/// Source: ai.onnx.ml operator TreeEnsembleClassifier, version 3; where it says little, as ONNX Runtime.
/// </remarks>
internal sealed class TreeClassifierKernel : Kernel
{
    private readonly TreeForest _forest;
    private readonly ClassLabels _labels;
    private readonly PostTransform _transform;
    private readonly double[] _base;
    private readonly int _classes;
    private readonly bool _isBinary, _allPositive;

    public TreeClassifierKernel(KernelAttributes attributes)
    {
        _labels = new ClassLabels(attributes, "classlabels_int64s");
        _labels.ExpectAny();
        _classes = _labels.Count;
        _transform = PostTransforms.Read(attributes);
        _base = Numbers.Attribute(attributes, "base_values") ?? [];
        if (_base.Length > _classes)
        {
            throw Operand.Attribute("base_values", $"{_base.Length} values", $"{_classes} at most");
        }

        _forest = TreeReader.Classic(attributes, "class", _classes);
        _isBinary = _classes == 2 && (attributes.Ints("class_ids") ?? []).Distinct().Count() == 1;
        _allPositive = Array.TrueForAll(Numbers.Attribute(attributes, "class_weights") ?? [], weight => weight >= 0);
    }

    /// <inheritdoc/>
    public override void Run(KernelContext context)
    {
        TensorValue x = context.Input(0);
        (int rows, int columns) = Numbers.Table(x);
        Operand.Expect(columns >= _forest.Features, x, "X", $"{_forest.Features} columns or more");
        ReadOnlySpan<double> values = Numbers.Read(context, x);
        TensorValue labels = _labels.Output(context, rows);
        int width = _classes;
        Span<float> results = context.Output(1, ElementType.Float32, rows, width).Span<float>();
        Span<double> scores = FloatBlocks.Scratch<double>(context, Math.Max(_classes, 2));
        Span<bool> given = MemoryMarshal.Cast<byte, bool>(context.Scratch(Math.Max(_classes, 2)));
        for (int row = 0; row < rows; row++)
        {
            TreeScores.Run(_forest, TreeAggregate.Sum, values.Slice(row * columns, columns), scores, given);
            if (_classes > 2)
            {
                _labels.Put(labels, row, FinishMany(scores, given));
            }
            else
            {
                FinishTwo(labels, row, scores, given);
            }

            for (int i = 0; i < width; i++)
            {
                results[(row * width) + i] = (float)scores[i];
            }
        }
    }

    private int FinishMany(Span<double> scores, Span<bool> given)
    {
        for (int i = 0; i < _base.Length; i++)
        {
            scores[i] += _base[i];
            given[i] = true;
        }

        int best = -1;
        for (int i = 0; i < _classes; i++)
        {
            best = given[i] && (best < 0 || scores[i] > scores[best]) ? i : best;
        }

        PostTransforms.Apply(_transform, scores);
        return Math.Max(best, 0);
    }

    private void FinishTwo(TensorValue labels, int row, Span<double> scores, Span<bool> given)
    {
        bool both = _classes == 2 && given[1];
        if (_base.Length == 2 && both)
        {
            scores[1] = _base[1] + (_isBinary ? scores[1] : scores[0]);
            scores[0] = -scores[1];
        }
        else if (_base.Length == 2)
        {
            scores[0] += _base[0];
            scores[1] += _base[1];
        }
        else if (_base.Length == 1)
        {
            scores[0] += _base[0];
        }

        double positive = both ? scores[1] : scores[0];
        bool mostly = _isBinary && _allPositive ? positive > 0.5 : positive > 0;
        _labels.PutBinary(labels, row, mostly);
        if (both || _base.Length == 2)
        {
            PostTransforms.Apply(_transform, scores[..2]);
            return;
        }

        Spread(scores);
    }

    // One score to those of two classes.
    private void Spread(Span<double> scores)
    {
        double score = scores[0];
        if (_transform == PostTransform.Probit)
        {
            scores[0] = PostTransforms.Probit(score);
        }
        else if (_isBinary && _allPositive)
        {
            (scores[0], scores[1]) = (1 - score, score);
        }
        else if (_classes == 2)
        {
            bool logistic = _transform == PostTransform.Logistic;
            scores[0] = logistic ? PostTransforms.Logistic(-score) : -score;
            scores[1] = logistic ? PostTransforms.Logistic(score) : score;
        }
    }
}
