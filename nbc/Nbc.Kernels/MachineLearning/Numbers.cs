using Nbc.Kernels.Iteration;
using Nbc.Kernels.Neural;
using Nbc.Tensors;
using Nbc.Values;

namespace Nbc.Kernels.MachineLearning;

/// <summary>Tables of numbers of any type, as models read them.</summary>
internal static class Numbers
{
    /// <summary>Elements as double, whatever number type they are of.</summary>
    public static Span<double> Read(KernelContext context, TensorValue tensor, string name = "X")
    {
        if (tensor.Type == ElementType.Float64)
        {
            return tensor.Span<double>();
        }

        Span<double> wide = FloatBlocks.Scratch<double>(context, tensor.Count);
        for (int i = 0; i < wide.Length; i++)
        {
            wide[i] = At(tensor, i, name);
        }

        return wide;
    }

    /// <summary>One element as double.</summary>
    public static double At(TensorValue tensor, int i, string name = "X") => tensor.Type switch
    {
        ElementType.Float32 => tensor.Span<float>()[i],
        ElementType.Float64 => tensor.Span<double>()[i],
        ElementType.Int64 => tensor.Span<long>()[i],
        ElementType.Int32 => tensor.Span<int>()[i],
        ElementType.Int16 => tensor.Span<short>()[i],
        ElementType.UInt8 => tensor.Span<byte>()[i],
        ElementType.Bool => tensor.Span<byte>()[i],
        ElementType.Float16 => (double)tensor.Span<Half>()[i],
        _ => throw Operand.Type(tensor, name),
    };

    /// <summary>Rows and columns: a vector is one row.</summary>
    public static (int Rows, int Columns) Table(TensorValue tensor, string name = "X")
    {
        Operand.Expect(tensor.Rank is 1 or 2, tensor, name, "one or two dimensions");
        return tensor.Rank == 1 ? (1, (int)tensor.Shape[0]) : ((int)tensor.Shape[0], (int)tensor.Shape[1]);
    }

    /// <summary>An attribute that is a list of numbers, or a tensor of them; null when neither is given.</summary>
    public static double[]? Attribute(KernelAttributes attributes, string name)
    {
        if (attributes.Floats(name) is { Length: > 0 } floats)
        {
            return floats;
        }

        return attributes.Tensor(name + "_as_tensor") is { } tensor ? All(tensor, name) : null;
    }

    public static double[] All(TensorValue tensor, string name)
    {
        double[] values = new double[tensor.Count];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = At(tensor, i, name);
        }

        return values;
    }
}
