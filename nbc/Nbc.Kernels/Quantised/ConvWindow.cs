using Nbc.Kernels.Iteration;

namespace Nbc.Kernels.Quantised;

/// <summary>Attributes of a window that slides over the spatial dimensions.</summary>
internal sealed class ConvWindow
{
    private readonly long[]? _kernel;
    private readonly long[]? _strides;
    private readonly long[]? _dilations;
    private readonly long[]? _pads;
    private readonly string _autoPad;
    private readonly bool _isCeil;

    public ConvWindow(KernelAttributes attributes)
    {
        _kernel = attributes.Ints("kernel_shape");
        _strides = Positive(attributes, "strides");
        _dilations = Positive(attributes, "dilations");
        _pads = attributes.Ints("pads");
        _isCeil = attributes.Flag("ceil_mode");
        _autoPad = attributes.Text("auto_pad", "NOTSET");
        if (_autoPad is not ("NOTSET" or "VALID" or "SAME_UPPER" or "SAME_LOWER"))
        {
            throw Refusal.Attribute("auto_pad", _autoPad, "NOTSET, VALID, SAME_UPPER or SAME_LOWER");
        }

        if (_pads is not null && _pads.Any(pad => pad < 0))
        {
            throw Refusal.Attribute("pads", string.Join(", ", _pads), "none below 0");
        }
    }

    /// <summary>Sizes of the window, from the attribute or, without it, from the weights.</summary>
    /// <param name="weights">Spatial sizes of the weights; empty when there are none.</param>
    public ReadOnlySpan<long> Kernel(ReadOnlySpan<long> weights)
    {
        if (_kernel is null)
        {
            return weights.Length > 0 ? weights : throw Refusal.Attribute("kernel_shape", "absent", "sizes");
        }

        return weights.Length == 0 || weights.SequenceEqual(_kernel)
            ? _kernel
            : throw Refusal.Attribute("kernel_shape", string.Join(", ", _kernel), "the sizes of the weights");
    }

    public long Stride(int axis) => _strides?[axis] ?? 1;

    public long Dilation(int axis) => _dilations?[axis] ?? 1;

    /// <summary>Works out what the window gives on each spatial axis.</summary>
    /// <param name="output">Receives the sizes of the result.</param>
    /// <param name="begin">Receives how much is put before the first element.</param>
    /// <exception cref="KernelException">The attributes do not fit, or the window is larger than the input.</exception>
    public void Fit(ReadOnlySpan<long> input, ReadOnlySpan<long> kernel, Span<long> output, Span<long> begin)
    {
        int rank = input.Length;
        if (kernel.Length != rank || (_strides ?? _dilations)?.Length is { } length && length != rank
            || (_dilations is not null && _dilations.Length != rank) || (_pads is not null && _pads.Length != 2 * rank))
        {
            throw Refusal.Shape("the input", input, "as many spatial dimensions as the window has");
        }

        for (int d = 0; d < rank; d++)
        {
            long reach = checked(((kernel[d] - 1) * Dilation(d)) + 1);
            long stride = Stride(d);
            bool isSame = _autoPad is "SAME_UPPER" or "SAME_LOWER";
            if (isSame)
            {
                output[d] = (input[d] + stride - 1) / stride;
                long pad = Math.Max(0, ((output[d] - 1) * stride) + reach - input[d]);
                begin[d] = _autoPad == "SAME_UPPER" ? pad / 2 : (pad + 1) / 2;
                continue;
            }

            begin[d] = _autoPad == "NOTSET" ? _pads?[d] ?? 0 : 0;
            long end = _autoPad == "NOTSET" ? _pads?[rank + d] ?? 0 : 0;
            long room = checked(input[d] + begin[d] + end) - reach;
            if (room < 0 || kernel[d] < 1)
            {
                throw Refusal.Shape("the input", input, $"at least the window of {reach} on axis {d}");
            }

            output[d] = ((room + (_isCeil ? stride - 1 : 0)) / stride) + 1;

            // A window that would start behind the input and its first padding is left out.
            if (_isCeil && (output[d] - 1) * stride >= input[d] + begin[d])
            {
                output[d]--;
            }
        }
    }

    private static long[]? Positive(KernelAttributes attributes, string name)
    {
        long[]? values = attributes.Ints(name);
        return values is null || values.All(value => value > 0)
            ? values
            : throw Refusal.Attribute(name, string.Join(", ", values), "all above 0");
    }
}
