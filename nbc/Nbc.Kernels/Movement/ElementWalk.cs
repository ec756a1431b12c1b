using Nbc.Tensors;
using Nbc.Values;

namespace Nbc.Kernels.Movement;

/// <summary>Steps through all places of one shape and says where each lies in a larger tensor.</summary>
/// <remarks>One axis is left out: its coordinate comes from data (GatherElements, ScatterElements).</remarks>
internal ref struct ElementWalk
{
    private readonly ReadOnlySpan<long> _shape;
    private readonly ReadOnlySpan<long> _steps;
    private readonly Span<long> _index;
    private readonly long _axisStep;
    private readonly int _axis;
    private long _base;

    /// <param name="whole">Shape of the larger tensor.</param>
    /// <param name="shape">What is walked through.</param>
    /// <param name="steps">Room for one number an axis.</param>
    /// <param name="index">Room for one number an axis.</param>
    public ElementWalk(
        ReadOnlySpan<long> whole, ReadOnlySpan<long> shape, int axis, Span<long> steps, Span<long> index)
    {
        Shapes.Strides(whole, steps);
        index.Clear();
        _axisStep = steps[axis];
        _axis = axis;
        _shape = shape;
        _steps = steps;
        _index = index;
    }

    /// <summary>The element with this coordinate on the axis left out.</summary>
    public readonly long Place(int coordinate) => _base + (coordinate * _axisStep);

    public void Next(KernelContext context)
    {
        for (int axis = _shape.Length - 1; axis >= 0; axis--)
        {
            long step = axis == _axis ? 0 : _steps[axis];
            _base += step;
            if (++_index[axis] < _shape[axis])
            {
                return;
            }

            context.ThrowIfCancelled();
            _base -= step * _shape[axis];
            _index[axis] = 0;
        }
    }

    /// <summary>Refuses indices that have another rank than the data or reach beyond it on another axis.</summary>
    public static void CheckInside(TensorValue data, TensorValue indices, int axis)
    {
        bool fits = indices.Rank == data.Rank;
        for (int i = 0; i < data.Rank && fits; i++)
        {
            fits = i == axis || indices.Shape[i] <= data.Shape[i];
        }

        if (!fits)
        {
            throw new KernelException(
                KernelFault.WrongShape, $"indices are {indices}, which reaches beyond {data} outside axis {axis}");
        }
    }
}
