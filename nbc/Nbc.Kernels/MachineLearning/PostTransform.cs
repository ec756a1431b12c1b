using Nbc.Kernels.Neural;

namespace Nbc.Kernels.MachineLearning;

/// <summary>What is done to scores before they are given out. The numbers are those of TreeEnsemble.</summary>
internal enum PostTransform
{
    None,

    /// <summary>Weights that sum to one.</summary>
    Softmax,

    /// <summary>Each score through the logistic function.</summary>
    Logistic,

    /// <summary>As <see cref="Softmax"/>, but what is 0 stays 0.</summary>
    SoftmaxZero,

    /// <summary>The inverse of the normal distribution.</summary>
    Probit,
}

/// <summary>The functions behind <see cref="PostTransform"/>.</summary>
internal static class PostTransforms
{
    private const double NearZero = 1e-7;

    // Winitzki's constant of the inverse error function, which ai.onnx.ml's implementations share.
    private const double Winitzki = 0.147;

    public static PostTransform Read(KernelAttributes attributes) => attributes.Text("post_transform", "NONE") switch
    {
        "NONE" => PostTransform.None,
        "SOFTMAX" => PostTransform.Softmax,
        "LOGISTIC" => PostTransform.Logistic,
        "SOFTMAX_ZERO" => PostTransform.SoftmaxZero,
        "PROBIT" => PostTransform.Probit,
        string other => throw Operand.Attribute("post_transform", other, "a transform that ONNX names"),
    };

    public static void Apply(PostTransform transform, Span<double> scores)
    {
        switch (transform)
        {
            case PostTransform.Softmax:
                Softmax(scores, keepsZeros: false);
                break;
            case PostTransform.SoftmaxZero:
                Softmax(scores, keepsZeros: true);
                break;
            case PostTransform.Logistic:
                foreach (ref double score in scores)
                {
                    score = Logistic(score);
                }

                break;
            case PostTransform.Probit:
                foreach (ref double score in scores)
                {
                    score = Probit(score);
                }

                break;
        }
    }

    public static double Logistic(double x) =>
        x < 0 ? Math.Exp(x) / (1 + Math.Exp(x)) : 1 / (1 + Math.Exp(-x));

    public static double Probit(double p)
    {
        double x = (2 * p) - 1, log = Math.Log((1 - x) * (1 + x));
        double half = (2 / (Math.PI * Winitzki)) + (0.5 * log);
        return Math.Sqrt(2) * Math.CopySign(Math.Sqrt(-half + Math.Sqrt((half * half) - (log / Winitzki))), x);
    }

    private static void Softmax(Span<double> scores, bool keepsZeros)
    {
        double max = double.NegativeInfinity, sum = 0;
        foreach (double score in scores)
        {
            max = Math.Max(max, score);
        }

        foreach (ref double score in scores)
        {
            bool zero = keepsZeros && Math.Abs(score) <= NearZero;
            score = zero ? score * Math.Exp(-max) : Math.Exp(score - max);
            sum += score;
        }

        foreach (ref double score in scores)
        {
            score = sum == 0 ? 0.5 : score / sum;
        }
    }
}
