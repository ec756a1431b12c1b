using Nbc.Kernels.Neural;
using Nbc.Tensors;
using Nbc.Values;

namespace Nbc.Kernels.MachineLearning;

/// <summary>A sum of kernels with support vectors, or a linear model; for one class its sign.</summary>
/// <remarks>Source: ai.onnx.ml operator SVMRegressor, version 1.</remarks>
internal sealed class SvmRegressorKernel : Kernel
{
    private readonly SvmModel _model;
    private readonly bool _oneClass;
    private readonly int _vectors;
    private readonly PostTransform _transform;

    public SvmRegressorKernel(KernelAttributes attributes)
    {
        _model = new SvmModel(attributes);
        _oneClass = attributes.Flag("one_class");
        _vectors = (int)Math.Clamp(attributes.Int("n_supports"), 0, int.MaxValue);
        _transform = PostTransforms.Read(attributes);
        if (_vectors > 0 && (_model.Coefficients.Length < _vectors || _model.Vectors.Length % _vectors != 0
            || _model.Vectors.Length == 0))
        {
            throw Operand.Attribute("n_supports", _vectors, "the number of support vectors and coefficients");
        }
    }

    /// <inheritdoc/>
    public override void Run(KernelContext context)
    {
        TensorValue x = context.Input(0);
        (int rows, int columns) = Numbers.Table(x);
        int width = _vectors > 0 ? _model.Vectors.Length / _vectors : _model.Coefficients.Length;
        Operand.Expect(columns == width, x, "X", $"{width} columns");
        ReadOnlySpan<double> values = Numbers.Read(context, x);
        Span<float> results = context.Output(0, ElementType.Float32, rows, 1).Span<float>();
        Span<double> score = stackalloc double[1];
        for (int row = 0; row < rows; row++)
        {
            ReadOnlySpan<double> line = values.Slice(row * columns, columns);
            double sum = _model.Rho[0];
            for (int i = 0; i < _vectors; i++)
            {
                sum += _model.Coefficients[i] * _model.Kernel(line, _model.Vectors.AsSpan(i * width, width));
            }

            score[0] = _vectors > 0 ? sum : sum + _model.Kernel(line, _model.Coefficients);
            if (_oneClass)
            {
                score[0] = score[0] > 0 ? 1 : -1;
            }
            else if (_transform is PostTransform.Logistic or PostTransform.Probit)
            {
                PostTransforms.Apply(_transform, score);
            }

            results[row] = (float)score[0];
        }
    }
}
