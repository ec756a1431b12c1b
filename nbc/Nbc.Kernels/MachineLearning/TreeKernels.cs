using System.Runtime.InteropServices;
using Nbc.Kernels.Iteration;
using Nbc.Kernels.Neural;
using Nbc.Tensors;
using Nbc.Values;

namespace Nbc.Kernels.MachineLearning;

/// <summary>Numbers from decision trees.</summary>
/// <remarks>
/// Special values: NaN fails every comparison but "not equal", unless its node tracks missing values as true.
/// Accuracy: sums in double.
/// Source: ai.onnx.ml operator TreeEnsembleRegressor, version 3. A transform acts on single targets as ONNX Runtime
/// has it: PROBIT only.
/// </remarks>
internal sealed class TreeRegressorKernel : Kernel
{
    private readonly TreeForest _forest;
    private readonly TreeAggregate _aggregate;
    private readonly PostTransform _transform;
    private readonly double[] _base;
    private readonly int _targets;

    public TreeRegressorKernel(KernelAttributes attributes)
    {
        _targets = attributes.Int("n_targets", 1) is var count and > 0 and <= int.MaxValue
            ? (int)count : throw Operand.Attribute("n_targets", attributes.Int("n_targets"), "a number above 0");
        _aggregate = TreeScores.Read(attributes.Text("aggregate_function", "SUM"));
        _transform = PostTransforms.Read(attributes);
        _base = Numbers.Attribute(attributes, "base_values") ?? [];
        if (_base.Length != 0 && _base.Length != _targets)
        {
            throw Operand.Attribute("base_values", $"{_base.Length} values", $"{_targets}");
        }

        _forest = TreeReader.Classic(attributes, "target", _targets);
    }

    /// <inheritdoc/>
    public override void Run(KernelContext context)
    {
        TensorValue x = context.Input(0);
        (int rows, int columns) = Numbers.Table(x);
        Operand.Expect(columns >= _forest.Features, x, "X", $"{_forest.Features} columns or more");
        ReadOnlySpan<double> values = Numbers.Read(context, x);
        Span<float> results = context.Output(0, ElementType.Float32, rows, _targets).Span<float>();
        Span<double> scores = FloatBlocks.Scratch<double>(context, _targets);
        Span<bool> given = MemoryMarshal.Cast<byte, bool>(context.Scratch(_targets));
        for (int row = 0; row < rows; row++)
        {
            TreeScores.Run(_forest, _aggregate, values.Slice(row * columns, columns), scores, given);
            for (int i = 0; i < _base.Length; i++)
            {
                scores[i] += _base[i];
            }

            if (_targets > 1 || _transform == PostTransform.Probit)
            {
                PostTransforms.Apply(_transform, scores);
            }

            for (int i = 0; i < _targets; i++)
            {
                results[(row * _targets) + i] = (float)scores[i];
            }
        }
    }
}

/// <summary>Numbers from decision trees, with sets of members.</summary>
/// <remarks>
/// Shape: the result is of the type of X.
/// Source: ai.onnx.ml operator TreeEnsemble, version 5.
/// </remarks>
internal sealed class TreeEnsembleKernel : Kernel
{
    private readonly TreeForest _forest;
    private readonly TreeAggregate _aggregate;
    private readonly PostTransform _transform;
    private readonly int _targets;

    public TreeEnsembleKernel(KernelAttributes attributes)
    {
        long aggregate = attributes.Int("aggregate_function", 1), transform = attributes.Int("post_transform");
        _aggregate = aggregate is >= 0 and <= 3
            ? (TreeAggregate)aggregate : throw Operand.Attribute("aggregate_function", aggregate, "0 to 3");
        _transform = transform is >= 0 and <= 4
            ? (PostTransform)transform : throw Operand.Attribute("post_transform", transform, "0 to 4");
        _targets = attributes.Int("n_targets", 1) is var count and > 0 and <= int.MaxValue
            ? (int)count : throw Operand.Attribute("n_targets", attributes.Int("n_targets"), "a number above 0");
        _forest = TreeEnsembleReader.Read(attributes, _targets);
    }

    /// <inheritdoc/>
    public override void Run(KernelContext context)
    {
        TensorValue x = context.Input(0);
        Operand.ExpectRank(x, 2, "X");
        int rows = (int)x.Shape[0], columns = (int)x.Shape[1];
        Operand.Expect(columns >= _forest.Features, x, "X", $"{_forest.Features} columns or more");
        if (x.Type is not (ElementType.Float32 or ElementType.Float64 or ElementType.Float16))
        {
            throw Operand.Type(x, "X");
        }

        ReadOnlySpan<double> values = Numbers.Read(context, x);
        TensorValue result = context.Output(0, x.Type, rows, _targets);
        Span<double> scores = FloatBlocks.Scratch<double>(context, _targets);
        Span<bool> given = MemoryMarshal.Cast<byte, bool>(context.Scratch(_targets));
        for (int row = 0; row < rows; row++)
        {
            TreeScores.Run(_forest, _aggregate, values.Slice(row * columns, columns), scores, given);
            PostTransforms.Apply(_transform, scores);
            for (int i = 0; i < _targets; i++)
            {
                Put(result, (row * _targets) + i, scores[i]);
            }
        }
    }

    private static void Put(TensorValue result, int i, double value)
    {
        switch (result.Type)
        {
            case ElementType.Float32:
                result.Span<float>()[i] = (float)value;
                break;
            case ElementType.Float64:
                result.Span<double>()[i] = value;
                break;
            default:
                result.Span<Half>()[i] = (Half)value;
                break;
        }
    }
}
