using Nbc.Kernels.Elementwise;

namespace Nbc.Kernels.Tests.Elementwise;

public sealed class ErrorFunctionTests
{
    [Fact]
    public void The_vector_form_is_near_the_scalar_one_everywhere()
    {
        const int Steps = 100_003; // no multiple of any vector
        float[] x = [.. Enumerable.Range(0, Steps).Select(i => (i - (Steps / 2)) * 1e-4f)];
        float[] y = new float[Steps];
        ErrorFunctionSingle.Run(x, y);
        for (int i = 0; i < Steps; i++)
        {
            double expected = ErrorFunction.Of(x[i]);
            Assert.True(
                Math.Abs(y[i] - expected) <= 5e-7 * Math.Abs(expected), $"erf({x[i]}) is {y[i]}, not {expected}");
            Assert.InRange(y[i], -1f, 1f);
        }
    }

    [Fact]
    public void Special_values_are_those_of_the_function()
    {
        float[] x = [float.NaN, float.PositiveInfinity, float.NegativeInfinity, -0f, 0f, 3.925f, -40f, float.Epsilon];
        float[] y = new float[x.Length];
        ErrorFunctionSingle.Run(x, y);
        Assert.Equal([float.NaN, 1, -1, -0f, 0, 1, -1, float.Epsilon], y);
        Assert.True(float.IsNegative(y[3]));
    }
}
