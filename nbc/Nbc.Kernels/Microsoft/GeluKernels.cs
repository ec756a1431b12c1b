using System.Numerics.Tensors;
using Nbc.Kernels.Elementwise;
using Nbc.Kernels.Neural;
using Nbc.Tensors;
using Nbc.Values;

namespace Nbc.Kernels.Microsoft;

/// <summary>Which curve stands for x * P(X &lt;= x).</summary>
internal enum GeluForm
{
    /// <summary>By the error function.</summary>
    Exact,

    /// <summary>By tanh(sqrt(2 / pi) (x + 0.044715 x^3)).</summary>
    Tanh,

    /// <summary>By sigmoid(alpha * x).</summary>
    Sigmoid,
}

/// <summary>Gaussian error linear units, of x or of x + bias.</summary>
/// <remarks>
/// Shape: bias is as long as the last dimension of X.
/// Accuracy: single precision; the error function in double.
/// Source: ONNX Runtime, com.microsoft Gelu, FastGelu, BiasGelu and QuickGelu, version 1.
/// </remarks>
internal sealed class GeluKernel(GeluForm form, KernelAttributes attributes) : Kernel
{
    private const float Cubic = 0.044715f;
    private static readonly float s_rootTwoOverPi = MathF.Sqrt(2 / MathF.PI);
    private readonly float _alpha = (float)attributes.Float("alpha", 1.702);

    /// <inheritdoc/>
    public override void Run(KernelContext context)
    {
        TensorValue x = context.Input(0);
        TensorValue? bias = form == GeluForm.Sigmoid ? null : context.OptionalInput(1);
        if (bias is not null)
        {
            Operand.ExpectType(bias, x.Type, "bias");
            Operand.Expect(x.Rank > 0, x, "X", "a dimension or more");
            Operand.ExpectShape(bias, "bias", x.Shape[^1]);
        }

        TensorValue result = context.OutputOver(0, 0, x.Type, x.Shape);
        if (x.Type == ElementType.Float64 && bias is null)
        {
            RunDouble(x.Span<double>(), result.Span<double>());
            return;
        }

        if (!Reals.IsSingle(x.Type))
        {
            throw Operand.Type(x, "X");
        }

        ReadOnlySpan<float> source = Reals.Read<float>(context, x);
        Span<float> target = Reals.Room<float>(context, result);
        if (bias is null)
        {
            source.CopyTo(target);
        }
        else
        {
            ReadOnlySpan<float> added = Reals.Read<float>(context, bias);
            for (int i = 0; i < source.Length; i += added.Length)
            {
                TensorPrimitives.Add(source.Slice(i, added.Length), added, target.Slice(i, added.Length));
            }
        }

        Apply(target);
        Reals.Write<float>(target, result);
    }

    private void Apply(Span<float> values)
    {
        for (int i = 0; i < values.Length; i++)
        {
            float x = values[i];
            values[i] = form switch
            {
                GeluForm.Exact => (float)Exact(x),
                GeluForm.Tanh => 0.5f * x * (1 + MathF.Tanh(s_rootTwoOverPi * (x + (Cubic * x * x * x)))),
                _ => x / (1 + MathF.Exp(-_alpha * x)),
            };
        }
    }

    private void RunDouble(ReadOnlySpan<double> source, Span<double> target)
    {
        for (int i = 0; i < source.Length; i++)
        {
            double x = source[i];
            target[i] = form switch
            {
                GeluForm.Exact => Exact(x),
                GeluForm.Tanh => 0.5 * x * (1 + Math.Tanh(Math.Sqrt(2 / Math.PI) * (x + (0.044715 * x * x * x)))),
                _ => x / (1 + Math.Exp(-_alpha * x)),
            };
        }
    }

    private static double Exact(double x) => 0.5 * x * (1 + ErrorFunction.Of(x / Math.Sqrt(2)));
}
