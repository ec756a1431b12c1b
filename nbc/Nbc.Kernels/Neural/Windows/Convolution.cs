using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using Nbc.Kernels.Neural.Products;

namespace Nbc.Kernels.Neural.Windows;

/// <summary>Convolution of one batch of images, the channels before the axes.</summary>
/// <remarks>
/// Shape: images [count, channels, axes...], weights [outputs, channels / groups, kernel...], result
/// [count, outputs, windows...], all without gaps.
/// Meaning: per group a product of the weights with the elements under each window; those are packed for the product
/// straight from the image. A 1x1 window without stride and pad reads the image as the matrix it is. Groups of one
/// channel and few results (depthwise) go row by row without packing.
/// Cost: a copy of an image with its halo, where there is one.
/// </remarks>
internal readonly unsafe ref struct Convolution<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private const int ColumnsAtOnce = 512;

    // Results of one channel from which on a product beats going row by row: a bank of filters over one sound.
    private const int MostOutputs = 4;

    private readonly KernelContext _context;
    private readonly WindowTable _table;
    private readonly int _channels, _outputs, _groups, _rowLength, _rowStride;

    public Convolution(
        KernelContext context, ReadOnlySpan<WindowAxis> axes, int channels, int outputs, int groups)
    {
        _context = context;
        _table = new WindowTable(context, axes);
        _channels = channels;
        _outputs = outputs;
        _groups = groups;
        _rowLength = axes[^1].Count;
        _rowStride = axes[^1].Stride;
    }

    /// <param name="bias">One for each output channel; empty for none.</param>
    /// <param name="add">Results are added to what is there, the bias too.</param>
    public void Run(T* images, int count, T* weights, ReadOnlySpan<T> bias, T* result, bool add)
    {
        int windows = _table.Windows.Length;
        bool depthwise = _channels == _groups && _outputs >= _groups && _outputs <= MostOutputs * _groups;
        T* padded = _table.HasHalo ? Room(checked((long)_channels * _table.PaddedCount)) : null;
        T* packed = depthwise ? null : Room(MatrixProduct<T>.PackedCount(
            Math.Min(_channels / _groups * _table.Elements.Length, MatrixProduct<T>.DepthAtOnce),
            Math.Min(windows, ColumnsAtOnce)));
        if (padded is not null)
        {
            new Span<T>(padded, _channels * _table.PaddedCount).Clear();
        }

        for (int i = 0; i < count; i++)
        {
            T* image = images + ((long)i * _channels * _table.Count);
            T* target = result + ((long)i * _outputs * windows);
            if (padded is not null)
            {
                for (int c = 0; c < _channels; c++)
                {
                    _table.Surround(
                        new ReadOnlySpan<T>(image + ((long)c * _table.Count), _table.Count),
                        new Span<T>(padded + ((long)c * _table.PaddedCount), _table.PaddedCount));
                }

                image = padded;
            }

            Start(bias, target, add);
            if (depthwise)
            {
                RunDepthwise(image, weights, target);
            }
            else
            {
                RunGroups(image, weights, packed, target);
            }
        }
    }

    private T* Room(long count) =>
        ConstantMatrix.First(MemoryMarshal.Cast<byte, T>(_context.Scratch(checked(count * sizeof(T)))));

    // The result starts as the bias, the products are added.
    private void Start(ReadOnlySpan<T> bias, T* target, bool add)
    {
        int windows = _table.Windows.Length;
        for (int o = 0; o < _outputs; o++)
        {
            Span<T> row = new(target + ((long)o * windows), windows);
            T first = bias.IsEmpty ? T.Zero : bias[o];
            if (add)
            {
                TensorPrimitives.Add(row, first, row);
            }
            else
            {
                row.Fill(first);
            }
        }
    }

    private void RunGroups(T* image, T* weights, T* packed, T* target)
    {
        int windows = _table.Windows.Length, inner = _channels / _groups, outer = _outputs / _groups;
        int depth = inner * _table.Elements.Length;
        for (int g = 0; g < _groups; g++)
        {
            T* channels = image + ((long)g * inner * _table.PaddedCount);
            Matrix<T> left = Matrix<T>.Dense(weights + ((long)g * outer * depth), outer, depth);
            T* rows = target + ((long)g * outer * windows);
            for (int at = 0; at < windows; at += ColumnsAtOnce)
            {
                int columns = Math.Min(ColumnsAtOnce, windows - at);
                for (int top = 0; top < depth; top += MatrixProduct<T>.DepthAtOnce)
                {
                    _context.ThrowIfCancelled();
                    int deep = Math.Min(MatrixProduct<T>.DepthAtOnce, depth - top);
                    Pack(channels, top, deep, _table.Windows.Slice(at, columns), packed);
                    MatrixProduct<T>.Block(
                        new Matrix<T>(left.First + top, outer, deep, depth, 1), packed,
                        (long)deep * MatrixProduct<T>.PanelWidth, columns, rows + at, windows, true, T.One);
                }
            }
        }
    }

    // Rows top to top + deep of the matrix whose column w is everything under window w.
    private void Pack(T* channels, int top, int deep, ReadOnlySpan<int> windows, T* packed)
    {
        int panel = MatrixProduct<T>.PanelWidth, elements = _table.Elements.Length;
        for (int left = 0; left < windows.Length; left += panel)
        {
            ReadOnlySpan<int> columns = windows.Slice(left, Math.Min(panel, windows.Length - left));
            bool follow = columns[^1] - columns[0] == columns.Length - 1;
            int channel = top / elements, element = top % elements;
            for (int row = 0; row < deep; row++, packed += panel)
            {
                T* source = channels + ((long)channel * _table.PaddedCount) + _table.Elements[element];
                Span<T> target = new(packed, panel);
                if (follow)
                {
                    new ReadOnlySpan<T>(source + columns[0], columns.Length).CopyTo(target);
                }
                else
                {
                    for (int i = 0; i < columns.Length; i++)
                    {
                        packed[i] = source[columns[i]];
                    }
                }

                target[columns.Length..].Clear();
                if (++element == elements)
                {
                    element = 0;
                    channel++;
                }
            }
        }
    }

    private void RunDepthwise(T* image, T* weights, T* target)
    {
        int windows = _table.Windows.Length, elements = _table.Elements.Length, outer = _outputs / _groups;
        for (int o = 0; o < _outputs; o++)
        {
            T* channel = image + ((long)(o / outer) * _table.PaddedCount);
            T* plane = target + ((long)o * windows);
            for (int row = 0; row < windows; row += _rowLength)
            {
                Span<T> sums = new(plane + row, _rowLength);
                T* first = channel + _table.Windows[row];
                for (int k = 0; k < elements; k++)
                {
                    Accumulate(first + _table.Elements[k], weights[((long)o * elements) + k], sums);
                }
            }

            _context.ThrowIfCancelled();
        }
    }

    private void Accumulate(T* source, T weight, Span<T> sums)
    {
        if (_rowStride == 1)
        {
            TensorPrimitives.MultiplyAdd(new ReadOnlySpan<T>(source, sums.Length), weight, sums, sums);
            return;
        }

        for (int i = 0; i < sums.Length; i++)
        {
            sums[i] += source[(long)i * _rowStride] * weight;
        }
    }
}
