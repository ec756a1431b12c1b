using Nbc.Kernels.Iteration;
using Nbc.Kernels.Neural;
using Nbc.Tensors;
using Nbc.Values;

namespace Nbc.Kernels.MachineLearning;

/// <summary>Rows of coefficients and an intercept for each.</summary>
internal sealed class LinearModel
{
    private readonly double[] _coefficients, _intercepts;

    public LinearModel(KernelAttributes attributes, int targets)
    {
        _coefficients = attributes.Floats("coefficients") ?? [];
        _intercepts = attributes.Floats("intercepts") ?? [];
        Targets = targets;
        if (_coefficients.Length == 0 || targets <= 0 || _coefficients.Length % targets != 0)
        {
            throw Operand.Attribute("coefficients", $"{_coefficients.Length} numbers", $"{targets} rows");
        }

        if (_intercepts.Length != 0 && _intercepts.Length != targets)
        {
            throw Operand.Attribute("intercepts", $"{_intercepts.Length} numbers", $"{targets}");
        }
    }

    public int Targets { get; }

    public int Columns => _coefficients.Length / Targets;

    public void Score(ReadOnlySpan<double> row, Span<double> scores)
    {
        for (int t = 0; t < Targets; t++)
        {
            double sum = _intercepts.Length == 0 ? 0 : _intercepts[t];
            ReadOnlySpan<double> weights = _coefficients.AsSpan(t * row.Length, row.Length);
            for (int i = 0; i < row.Length; i++)
            {
                sum += weights[i] * row[i];
            }

            scores[t] = sum;
        }
    }
}

/// <summary>Scores by a linear model, and the class of the largest.</summary>
/// <remarks>
/// Meaning: one row of coefficients for two labels decides by its sign.
/// Accuracy: sums in double.
/// Source: ai.onnx.ml operator LinearClassifier, version 1.
/// </remarks>
internal sealed class LinearClassifierKernel : Kernel
{
    private readonly ClassLabels _labels;
    private readonly LinearModel _model;
    private readonly PostTransform _transform;

    public LinearClassifierKernel(KernelAttributes attributes)
    {
        _labels = new ClassLabels(attributes, "classlabels_ints");
        int intercepts = attributes.Floats("intercepts")?.Length ?? 0;
        _model = new LinearModel(attributes, intercepts > 0 ? intercepts : Math.Max(_labels.Count, 1));
        _transform = PostTransforms.Read(attributes);
    }

    /// <inheritdoc/>
    public override void Run(KernelContext context)
    {
        TensorValue x = context.Input(0);
        (int rows, int columns) = Numbers.Table(x);
        Operand.Expect(columns == _model.Columns, x, "X", $"{_model.Columns} columns");
        ReadOnlySpan<double> values = Numbers.Read(context, x);
        bool doubles = _model.Targets == 1 && _labels.Count == 2;
        int width = doubles ? 2 : _model.Targets;
        TensorValue labels = _labels.Output(context, rows);
        Span<float> results = context.Output(1, ElementType.Float32, rows, width).Span<float>();
        Span<double> scores = FloatBlocks.Scratch<double>(context, width);
        for (int row = 0; row < rows; row++)
        {
            _model.Score(values.Slice(row * columns, columns), scores);
            if (_model.Targets == 1)
            {
                _labels.PutBinary(labels, row, scores[0] > 0);
            }
            else
            {
                _labels.Put(labels, row, Largest(scores));
            }

            if (doubles)
            {
                scores[1] = scores[0];
                scores[0] = _transform == PostTransform.None ? 1 - scores[0] : -scores[0];
            }

            PostTransforms.Apply(_transform, scores);
            for (int i = 0; i < width; i++)
            {
                results[(row * width) + i] = (float)scores[i];
            }
        }
    }

    /// <summary>The first of the largest.</summary>
    public static int Largest(ReadOnlySpan<double> scores)
    {
        int best = 0;
        for (int i = 1; i < scores.Length; i++)
        {
            best = scores[i] > scores[best] ? i : best;
        }

        return best;
    }
}

/// <summary>A linear model of one or more targets.</summary>
/// <remarks>Source: ai.onnx.ml operator LinearRegressor, version 1.</remarks>
internal sealed class LinearRegressorKernel : Kernel
{
    private readonly LinearModel _model;
    private readonly PostTransform _transform;

    public LinearRegressorKernel(KernelAttributes attributes)
    {
        _model = new LinearModel(attributes, (int)Math.Clamp(attributes.Int("targets", 1), 0, int.MaxValue));
        _transform = PostTransforms.Read(attributes);
    }

    /// <inheritdoc/>
    public override void Run(KernelContext context)
    {
        TensorValue x = context.Input(0);
        (int rows, int columns) = Numbers.Table(x);
        Operand.Expect(columns == _model.Columns, x, "X", $"{_model.Columns} columns");
        ReadOnlySpan<double> values = Numbers.Read(context, x);
        Span<float> results = context.Output(0, ElementType.Float32, rows, _model.Targets).Span<float>();
        Span<double> scores = FloatBlocks.Scratch<double>(context, _model.Targets);
        for (int row = 0; row < rows; row++)
        {
            _model.Score(values.Slice(row * columns, columns), scores);
            PostTransforms.Apply(_transform, scores);
            for (int i = 0; i < scores.Length; i++)
            {
                results[(row * scores.Length) + i] = (float)scores[i];
            }
        }
    }
}
