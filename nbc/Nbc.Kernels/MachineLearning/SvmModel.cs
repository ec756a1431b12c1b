using Nbc.Kernels.Neural;

namespace Nbc.Kernels.MachineLearning;

/// <summary>Coefficients, support vectors and the kernel between a row and one of them.</summary>
internal sealed class SvmModel
{
    private readonly string _kernel;
    private readonly double _gamma, _offset, _degree;

    public SvmModel(KernelAttributes attributes)
    {
        Coefficients = attributes.Floats("coefficients") ?? [];
        Vectors = attributes.Floats("support_vectors") ?? [];
        Rho = attributes.Floats("rho") ?? [];
        _kernel = attributes.Text("kernel_type", "LINEAR");
        if (_kernel is not ("LINEAR" or "POLY" or "RBF" or "SIGMOID"))
        {
            throw Operand.Attribute("kernel_type", _kernel, "LINEAR, POLY, RBF or SIGMOID");
        }

        double[] numbers = attributes.Floats("kernel_params") ?? [];
        if (numbers.Length is not (0 or 3))
        {
            throw Operand.Attribute("kernel_params", $"{numbers.Length} numbers", "gamma, coef0 and degree");
        }

        if (Coefficients.Length == 0 || Rho.Length == 0)
        {
            throw Operand.Attribute("coefficients", "missing", "coefficients and rho");
        }

        (_gamma, _offset, _degree) = numbers.Length == 3 ? (numbers[0], numbers[1], numbers[2]) : (0, 0, 0);
    }

    public double[] Coefficients { get; }

    public double[] Vectors { get; }

    public double[] Rho { get; }

    public double Kernel(ReadOnlySpan<double> row, ReadOnlySpan<double> vector)
    {
        double sum = 0;
        for (int i = 0; i < row.Length; i++)
        {
            double distance = row[i] - vector[i];
            sum += _kernel == "RBF" ? distance * distance : row[i] * vector[i];
        }

        return _kernel switch
        {
            "POLY" => Math.Pow((_gamma * sum) + _offset, _degree),
            "RBF" => Math.Exp(-_gamma * sum),
            "SIGMOID" => Math.Tanh((_gamma * sum) + _offset),
            _ => sum,
        };
    }

    public static double Dot(ReadOnlySpan<double> left, ReadOnlySpan<double> right)
    {
        double sum = 0;
        for (int i = 0; i < left.Length; i++)
        {
            sum += left[i] * right[i];
        }

        return sum;
    }
}
