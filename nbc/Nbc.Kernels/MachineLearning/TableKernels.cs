using Nbc.Kernels.Neural;
using Nbc.Tensors;
using Nbc.Values;

namespace Nbc.Kernels.MachineLearning;

/// <summary>Takes columns of a table.</summary>
/// <remarks>
/// Shape: the last dimension becomes as long as the list of indices; a vector becomes one row.
/// Source: ai.onnx.ml operator ArrayFeatureExtractor, version 1.
/// </remarks>
internal sealed class ArrayFeatureExtractorKernel : Kernel
{
    /// <inheritdoc/>
    public override void Run(KernelContext context)
    {
        TensorValue x = context.Input(0), indices = context.Input(1);
        Operand.Expect(x.Rank > 0, x, "X", "a dimension or more");
        Operand.ExpectType(indices, ElementType.Int64, "Y");
        int width = (int)x.Shape[^1], count = indices.Count;
        foreach (long index in indices.Span<long>())
        {
            if (index < 0 || index >= width)
            {
                throw new KernelException(KernelFault.OutOfRange, $"Y has {index}, expected 0 to {width - 1}");
            }
        }

        Span<long> shape = stackalloc long[Math.Max(x.Rank, 2)];
        shape[0] = 1;
        x.Shape[..^1].CopyTo(shape);
        shape[^1] = count;
        TensorValue result = context.Output(0, x.Type, shape);
        int size = ElementTypes.SizeOf(x.Type);
        for (int i = 0; i < result.Count; i++)
        {
            int from = (i / count * width) + (int)indices.Span<long>()[i % count];
            if (x.Type == ElementType.String)
            {
                result.Strings[i] = x.Strings[from];
            }
            else
            {
                x.Bytes().Slice(from * size, size).CopyTo(result.Bytes()[(i * size)..]);
            }
        }
    }
}

/// <summary>1 above a threshold, else 0.</summary>
/// <remarks>
/// Special values: NaN gives 0.
/// Source: ai.onnx.ml operator Binarizer, version 1.
/// </remarks>
internal sealed class BinarizerKernel(KernelAttributes attributes) : Kernel
{
    private readonly double _threshold = attributes.Float("threshold");

    /// <inheritdoc/>
    public override void Run(KernelContext context)
    {
        TensorValue x = context.Input(0);
        TensorValue result = context.Output(0, x.Type, x.Shape);
        for (int i = 0; i < x.Count; i++)
        {
            int value = Numbers.At(x, i) > _threshold ? 1 : 0;
            switch (x.Type)
            {
                case ElementType.Float32:
                    result.Span<float>()[i] = value;
                    break;
                case ElementType.Float64:
                    result.Span<double>()[i] = value;
                    break;
                case ElementType.Int64:
                    result.Span<long>()[i] = value;
                    break;
                case ElementType.Int32:
                    result.Span<int>()[i] = value;
                    break;
                default:
                    throw Operand.Type(x, "X");
            }
        }
    }
}

/// <summary>Puts a value in place of another, mostly of NaN.</summary>
/// <remarks>
/// Shape: one value for all, or one for each column.
/// Source: ai.onnx.ml operator Imputer, version 1.
/// </remarks>
internal sealed class ImputerKernel : Kernel
{
    private readonly double[] _reals;
    private readonly long[] _wholes;
    private readonly double _replaced;
    private readonly long _replacedWhole;

    public ImputerKernel(KernelAttributes attributes)
    {
        _reals = attributes.Floats("imputed_value_floats") ?? [];
        _wholes = attributes.Ints("imputed_value_int64s") ?? [];
        _replaced = attributes.Float("replaced_value_float");
        _replacedWhole = attributes.Int("replaced_value_int64");
        if (_reals.Length == 0 && _wholes.Length == 0)
        {
            throw Operand.Attribute("imputed_value_floats", "missing", "values to put in");
        }
    }

    /// <inheritdoc/>
    public override void Run(KernelContext context)
    {
        TensorValue x = context.Input(0);
        Operand.Expect(x.Rank > 0, x, "X", "a dimension or more");
        bool whole = x.Type is ElementType.Int64 or ElementType.Int32;
        int count = whole ? _wholes.Length : _reals.Length, columns = (int)x.Shape[^1];
        Operand.Expect(count == 1 || (count > 0 && count == columns), x, "X", $"{count} columns");
        TensorValue result = context.Output(0, x.Type, x.Shape);
        for (int i = 0; i < x.Count; i++)
        {
            int column = count == 1 ? 0 : i % columns;
            switch (x.Type)
            {
                case ElementType.Float32:
                    float single = x.Span<float>()[i];
                    result.Span<float>()[i] = IsReplaced(single) ? (float)_reals[column] : single;
                    break;
                case ElementType.Float64:
                    double real = x.Span<double>()[i];
                    result.Span<double>()[i] = IsReplaced(real) ? _reals[column] : real;
                    break;
                case ElementType.Int64:
                    long number = x.Span<long>()[i];
                    result.Span<long>()[i] = number == _replacedWhole ? _wholes[column] : number;
                    break;
                case ElementType.Int32:
                    int small = x.Span<int>()[i];
                    result.Span<int>()[i] = small == _replacedWhole ? (int)_wholes[column] : small;
                    break;
                default:
                    throw Operand.Type(x, "X");
            }
        }
    }

    private bool IsReplaced(double x) => x == _replaced || (double.IsNaN(x) && double.IsNaN(_replaced));
}

/// <summary>Divides each row by its norm.</summary>
/// <remarks>
/// Special values: a row of norm 0 stays as it is.
/// Source: ai.onnx.ml operator Normalizer, version 1.
/// </remarks>
internal sealed class NormalizerKernel : Kernel
{
    private readonly string _norm;

    public NormalizerKernel(KernelAttributes attributes)
    {
        _norm = attributes.Text("norm", "MAX");
        if (_norm is not ("MAX" or "L1" or "L2"))
        {
            throw Operand.Attribute("norm", _norm, "MAX, L1 or L2");
        }
    }

    /// <inheritdoc/>
    public override void Run(KernelContext context)
    {
        TensorValue x = context.Input(0);
        (int rows, int columns) = Numbers.Table(x);
        ReadOnlySpan<double> values = Numbers.Read(context, x);
        Span<float> results = context.Output(0, ElementType.Float32, x.Shape).Span<float>();
        for (int row = 0; row < rows; row++)
        {
            ReadOnlySpan<double> line = values.Slice(row * columns, columns);
            double norm = _norm == "MAX" ? double.NegativeInfinity : 0;
            foreach (double value in line)
            {
                norm = _norm == "MAX" ? Math.Max(norm, value) : norm
                    + (_norm == "L1" ? Math.Abs(value) : value * value);
            }

            norm = _norm == "L2" ? Math.Sqrt(norm) : norm;
            for (int i = 0; i < columns; i++)
            {
                results[(row * columns) + i] = (float)(norm == 0 ? line[i] : line[i] / norm);
            }
        }
    }
}

/// <summary>(x - offset) * scale by columns.</summary>
/// <remarks>Source: ai.onnx.ml operator Scaler, version 1.</remarks>
internal sealed class ScalerKernel : Kernel
{
    private readonly double[] _offsets, _scales;

    public ScalerKernel(KernelAttributes attributes)
    {
        _offsets = attributes.Floats("offset") ?? [];
        _scales = attributes.Floats("scale") ?? [];
        if (_offsets.Length == 0 || _offsets.Length != _scales.Length)
        {
            throw Operand.Attribute("offset", $"{_offsets.Length} numbers", $"as many as scale, {_scales.Length}");
        }
    }

    /// <inheritdoc/>
    public override void Run(KernelContext context)
    {
        TensorValue x = context.Input(0);
        Operand.Expect(x.Rank > 0, x, "X", "a dimension or more");
        int columns = (int)x.Shape[^1];
        Operand.Expect(_offsets.Length == 1 || _offsets.Length == columns, x, "X", $"{_offsets.Length} columns");
        ReadOnlySpan<double> values = Numbers.Read(context, x);
        Span<float> results = context.Output(0, ElementType.Float32, x.Shape).Span<float>();
        for (int i = 0; i < results.Length; i++)
        {
            int column = _offsets.Length == 1 ? 0 : i % columns;
            results[i] = (float)((values[i] - _offsets[column]) * _scales[column]);
        }
    }
}

/// <summary>Tables side by side, as float.</summary>
/// <remarks>Source: ai.onnx.ml operator FeatureVectorizer, version 1.</remarks>
internal sealed class FeatureVectorizerKernel(KernelAttributes attributes) : Kernel
{
    private readonly long[]? _dimensions = attributes.Ints("inputdimensions");

    /// <inheritdoc/>
    public override void Run(KernelContext context)
    {
        int rows = -1;
        long all = 0;
        for (int i = 0; i < context.InputCount; i++)
        {
            TensorValue x = context.Input(i);
            (int height, int width) = Numbers.Table(x);
            rows = rows < 0 ? height : rows;
            Operand.Expect(height == rows, x, "X", $"{rows} rows");
            Operand.Expect(
                _dimensions is null || (i < _dimensions.Length && _dimensions[i] == width), x, "X",
                $"the columns of inputdimensions");
            all += width;
        }

        Span<float> results = context.Output(0, ElementType.Float32, Math.Max(rows, 0), all).Span<float>();
        int left = 0;
        for (int i = 0; i < context.InputCount; i++)
        {
            (_, int width) = Numbers.Table(context.Input(i));
            ReadOnlySpan<double> values = Numbers.Read(context, context.Input(i));
            for (int k = 0; k < values.Length; k++)
            {
                results[(int)((k / width * all) + left + (k % width))] = (float)values[k];
            }

            left += width;
        }
    }
}
