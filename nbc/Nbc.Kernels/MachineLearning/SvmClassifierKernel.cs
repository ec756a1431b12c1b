using Nbc.Kernels.Iteration;
using Nbc.Kernels.Neural;
using Nbc.Tensors;
using Nbc.Values;

namespace Nbc.Kernels.MachineLearning;

/// <summary>Votes of all pairs of classes, or a linear model; probabilities by Platt's sigmoids where given.</summary>
/// <remarks>
/// Shape: scores are [rows, classes] with probabilities or a linear model, [rows, 2] for two classes, else
/// [rows, pairs].
/// Source: ai.onnx.ml operator SVMClassifier, version 1; Wu, Lin and Weng, Probability estimates for multi-class
/// classification by pairwise coupling (the second method).
/// </remarks>
internal sealed class SvmClassifierKernel : Kernel
{
    private const double LeastProbability = 1e-7;
    private const int MostRounds = 100;
    private readonly SvmModel _model;
    private readonly ClassLabels _labels;
    private readonly PostTransform _transform;
    private readonly int _classes, _vectors;
    private readonly int[] _starts, _counts;
    private readonly double[] _a, _b;
    private readonly bool _allPositive;

    public SvmClassifierKernel(KernelAttributes attributes)
    {
        _model = new SvmModel(attributes);
        _labels = new ClassLabels(attributes, "classlabels_ints");
        _labels.ExpectAny();
        _classes = _labels.Count;
        _transform = PostTransforms.Read(attributes);
        long[] counts = attributes.Ints("vectors_per_class") ?? [];
        _a = attributes.Floats("prob_a") ?? [];
        _b = attributes.Floats("prob_b") ?? [];
        _allPositive = Array.TrueForAll(_model.Coefficients, value => value >= 0);
        if (Array.Exists(counts, count => count is < 0 or > int.MaxValue) || counts.Sum() > int.MaxValue)
        {
            throw Operand.Attribute("vectors_per_class", Shapes.Text(counts), "numbers of vectors");
        }

        _counts = [.. counts.Select(count => (int)count)];
        _starts = new int[_counts.Length];
        foreach (int i in Enumerable.Range(0, _counts.Length))
        {
            _starts[i] = _vectors;
            _vectors += _counts[i];
        }

        Validate();
    }

    private int Pairs => _classes * (_classes - 1) / 2;

    private bool HasProbabilities => _vectors > 0 && _a.Length > 0;

    /// <inheritdoc/>
    public override void Run(KernelContext context)
    {
        TensorValue x = context.Input(0);
        (int rows, int columns) = Numbers.Table(x);
        int width = _vectors > 0 ? _model.Vectors.Length / _vectors : _model.Coefficients.Length / _classes;
        Operand.Expect(columns == width, x, "X", $"{width} columns");
        ReadOnlySpan<double> values = Numbers.Read(context, x);
        int scoreWidth = _vectors == 0 || HasProbabilities ? _classes : _classes > 2 ? Pairs : 2;
        TensorValue labels = _labels.Output(context, rows);
        Span<float> results = context.Output(1, ElementType.Float32, rows, scoreWidth).Span<float>();
        Span<double> scores = FloatBlocks.Scratch<double>(context, Math.Max(scoreWidth, Math.Max(Pairs, 1)));
        Span<double> votes = FloatBlocks.Scratch<double>(context, _classes);
        Span<double> kernels = FloatBlocks.Scratch<double>(context, _vectors);
        Span<double> room = FloatBlocks.Scratch<double>(context, 2L * _classes * (_classes + 1));
        for (int row = 0; row < rows; row++)
        {
            ReadOnlySpan<double> line = values.Slice(row * columns, columns);
            if (_vectors == 0)
            {
                for (int c = 0; c < _classes; c++)
                {
                    scores[c] = _model.Rho[0] + SvmModel.Dot(line, _model.Coefficients.AsSpan(c * width, width));
                }

                PutLabel(labels, row, LinearClassifierKernel.Largest(scores[.._classes]), scores[.._classes]);
            }
            else
            {
                Vote(line, kernels, scores, votes);
                int winner = LinearClassifierKernel.Largest(votes);
                if (HasProbabilities)
                {
                    Couple(scores, room);
                }

                PutLabel(labels, row, winner, []);
            }

            Finish(scores);
            for (int i = 0; i < scoreWidth; i++)
            {
                results[(row * scoreWidth) + i] = (float)scores[i];
            }
        }
    }

    private void Validate()
    {
        bool fits = _vectors == 0
            ? _model.Coefficients.Length % _classes == 0
            : _counts.Length == _classes && _model.Coefficients.Length >= (_classes - 1) * (long)_vectors
                && _model.Vectors.Length > 0 && _model.Vectors.Length % _vectors == 0 && _model.Rho.Length >= Pairs
                && _a.Length == _b.Length && (_a.Length == 0 || _a.Length >= Pairs) && _classes is > 1 and < 65536;
        if (!fits)
        {
            throw Operand.Attribute("coefficients", _model.Coefficients.Length, "numbers that go with the classes");
        }
    }

    // Without probabilities, two classes of a model whose coefficients are of both signs follow the largest score.
    private void PutLabel(TensorValue labels, int row, int winner, ReadOnlySpan<double> linear)
    {
        if (_classes == 2 && !linear.IsEmpty)
        {
            bool positive = _allPositive ? linear[winner] >= 0.5 : linear[winner] > 0;
            winner = positive ? 1 : winner;
        }

        _labels.Put(labels, row, winner);
    }

    private void Vote(ReadOnlySpan<double> line, Span<double> kernels, Span<double> scores, Span<double> votes)
    {
        for (int v = 0; v < _vectors; v++)
        {
            kernels[v] = _model.Kernel(line, _model.Vectors.AsSpan(v * line.Length, line.Length));
        }

        votes.Clear();
        int pair = 0;
        for (int i = 0; i < _classes; i++)
        {
            for (int j = i + 1; j < _classes; j++, pair++)
            {
                double sum = _model.Rho[pair]
                    + SvmModel.Dot(
                        kernels.Slice(_starts[i], _counts[i]),
                        _model.Coefficients.AsSpan(((j - 1) * _vectors) + _starts[i], _counts[i]))
                    + SvmModel.Dot(
                        kernels.Slice(_starts[j], _counts[j]),
                        _model.Coefficients.AsSpan((i * _vectors) + _starts[j], _counts[j]));
                scores[pair] = sum;
                votes[sum > 0 ? i : j]++;
            }
        }
    }

    private void Finish(Span<double> scores)
    {
        if (_vectors == 0 || HasProbabilities || _classes > 2)
        {
            int count = _vectors == 0 || HasProbabilities ? _classes : Pairs;
            PostTransforms.Apply(_transform, scores[..count]);
            return;
        }

        double score = _transform == PostTransform.Probit ? PostTransforms.Probit(scores[0]) : scores[0];
        scores[1] = score;
        scores[0] = _transform == PostTransform.None ? -score : 1 - score;
    }

    // Probabilities of pairs to those of classes: a fixed point, one class after the other.
    private void Couple(Span<double> scores, Span<double> room)
    {
        int k = _classes;
        Span<double> r = room[..(k * k)], q = room.Slice(k * k, k * k), qp = room.Slice(2 * k * k, k);
        Span<double> p = room.Slice((2 * k * k) + k, k);
        int pair = 0;
        for (int i = 0; i < k; i++)
        {
            for (int j = i + 1; j < k; j++, pair++)
            {
                double probability = 1 - PostTransforms.Logistic((scores[pair] * _a[pair]) + _b[pair]);
                r[(i * k) + j] = Math.Clamp(probability, LeastProbability, 1 - LeastProbability);
                r[(j * k) + i] = 1 - r[(i * k) + j];
            }
        }

        for (int i = 0; i < k; i++)
        {
            p[i] = 1.0 / k;
            q[(i * k) + i] = 0;
            for (int j = 0; j < k; j++)
            {
                if (j != i)
                {
                    q[(i * k) + i] += r[(j * k) + i] * r[(j * k) + i];
                    q[(i * k) + j] = -r[(j * k) + i] * r[(i * k) + j];
                }
            }
        }

        for (int round = 0; round < MostRounds && !Improve(q, qp, p); round++)
        {
        }

        p.CopyTo(scores);
    }

    // True when the probabilities are good enough.
    private static bool Improve(ReadOnlySpan<double> q, Span<double> qp, Span<double> p)
    {
        int k = p.Length;
        double whole = 0, error = 0;
        for (int i = 0; i < k; i++)
        {
            qp[i] = SvmModel.Dot(q.Slice(i * k, k), p);
            whole += p[i] * qp[i];
        }

        for (int i = 0; i < k; i++)
        {
            error = Math.Max(error, Math.Abs(qp[i] - whole));
        }

        if (error < 0.005 / k)
        {
            return true;
        }

        for (int i = 0; i < k; i++)
        {
            double own = q[(i * k) + i], change = (whole - qp[i]) / own;
            p[i] += change;
            whole = (whole + (change * ((change * own) + (2 * qp[i])))) / (1 + change) / (1 + change);
            for (int j = 0; j < k; j++)
            {
                qp[j] = (qp[j] + (change * q[(i * k) + j])) / (1 + change);
                p[j] /= 1 + change;
            }
        }

        return false;
    }
}
