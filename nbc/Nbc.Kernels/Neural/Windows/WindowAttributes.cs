using Nbc.Tensors;

namespace Nbc.Kernels.Neural.Windows;

/// <summary>How windows lie that are no explicit pads.</summary>
internal enum AutoPad
{
    /// <summary>By the attribute pads.</summary>
    NotSet,

    /// <summary>As many results as size / stride, rounded up; an odd pad goes to the end.</summary>
    SameUpper,

    /// <summary>As <see cref="SameUpper"/>, an odd pad goes to the start.</summary>
    SameLower,

    /// <summary>No pads.</summary>
    Valid,
}

/// <summary>Attributes that convolution and pooling share, as read from an operator.</summary>
internal sealed class WindowAttributes
{
    public WindowAttributes(KernelAttributes attributes)
    {
        AutoPad = attributes.Text("auto_pad", "NOTSET") switch
        {
            "NOTSET" or "" => AutoPad.NotSet,
            "SAME_UPPER" => AutoPad.SameUpper,
            "SAME_LOWER" => AutoPad.SameLower,
            "VALID" => AutoPad.Valid,
            string other => throw Operand.Attribute("auto_pad", other, "NOTSET, SAME_UPPER, SAME_LOWER or VALID"),
        };
        Kernel = Positive(attributes, "kernel_shape");
        Strides = Positive(attributes, "strides");
        Dilations = Positive(attributes, "dilations");
        Pads = attributes.Ints("pads");
        IsCeil = attributes.Flag("ceil_mode");
        if (Pads is not null && Array.Exists(Pads, pad => Math.Abs(pad) > int.MaxValue))
        {
            throw Operand.Attribute("pads", Shapes.Text(Pads), "32-bit numbers");
        }
    }

    public AutoPad AutoPad { get; }

    /// <summary>Null when it is that of the weights.</summary>
    public long[]? Kernel { get; }

    public long[]? Strides { get; }

    public long[]? Dilations { get; }

    public long[]? Pads { get; }

    public bool IsCeil { get; }

    /// <summary>Checks that each list has as many numbers as there are axes.</summary>
    public void ExpectAxes(int axes)
    {
        Expect("kernel_shape", Kernel, axes);
        Expect("strides", Strides, axes);
        Expect("dilations", Dilations, axes);
        Expect("pads", Pads, 2 * axes);
    }

    private static void Expect(string name, long[]? values, int length)
    {
        if (values is not null && values.Length != length)
        {
            throw Operand.Attribute(name, Shapes.Text(values), $"{length} numbers");
        }
    }

    private static long[]? Positive(KernelAttributes attributes, string name)
    {
        long[]? values = attributes.Ints(name);
        return values is null || Array.TrueForAll(values, value => value is > 0 and <= int.MaxValue)
            ? values
            : throw Operand.Attribute(name, Shapes.Text(values), "numbers above 0");
    }
}

/// <summary>One axis of a sliding window over one size.</summary>
internal readonly record struct WindowAxis(
    int Size, int Kernel, int Stride, int Dilation, int Before, int After, int Count)
{
    /// <summary>From the first to the last element under the window.</summary>
    public long Extent => ((long)(Kernel - 1) * Dilation) + 1;

    /// <summary>Where the i-th window starts; negative in the pad.</summary>
    public long Start(long i) => (i * Stride) - Before;

    /// <summary>The axis of a convolution or pool.</summary>
    public static WindowAxis Of(WindowAttributes attributes, int axis, int axes, long size, long kernel)
    {
        long stride = attributes.Strides?[axis] ?? 1, dilation = attributes.Dilations?[axis] ?? 1;
        long extent = checked(((kernel - 1) * dilation) + 1);
        long before = 0, after = 0, count;
        if (attributes.AutoPad is AutoPad.SameUpper or AutoPad.SameLower)
        {
            count = (size + stride - 1) / stride;
            long pad = Math.Max(0, ((count - 1) * stride) + extent - size);
            before = attributes.AutoPad == AutoPad.SameUpper ? pad / 2 : pad - (pad / 2);
            after = pad - before;
        }
        else
        {
            if (attributes.AutoPad == AutoPad.NotSet && attributes.Pads is { } pads)
            {
                (before, after) = (pads[axis], pads[axes + axis]);
            }

            long room = size + before + after - extent;
            count = room < 0 ? 0 : attributes.IsCeil ? ((room + stride - 1) / stride) + 1 : (room / stride) + 1;
            if (attributes.IsCeil && count > 0 && (count - 1) * stride >= size + before)
            {
                count--; // the last window would start behind the data
            }
        }

        return new WindowAxis(
            checked((int)size), checked((int)kernel), (int)stride, (int)dilation, checked((int)before),
            checked((int)after), checked((int)count));
    }
}
