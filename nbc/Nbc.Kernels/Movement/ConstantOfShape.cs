using Nbc.Tensors;
using Nbc.Values;

namespace Nbc.Kernels.Movement;

/// <summary>One value everywhere.</summary>
/// <remarks>
/// Meaning: the value is a float32 zero when it is not given.
/// Source: ONNX operator ConstantOfShape, version 25.
/// </remarks>
internal sealed class ConstantOfShape : Kernel
{
    private readonly TensorValue? _value;

    public ConstantOfShape(KernelAttributes attributes)
    {
        _value = attributes.Tensor("value");
        if (_value is not null && _value.Count != 1)
        {
            throw new KernelException(KernelFault.WrongAttribute, $"value is {_value}, not one element");
        }
    }

    public override void Run(KernelContext context)
    {
        TensorValue input = context.Input(0);
        Span<long> shape = stackalloc long[Dimensions.Length(input, "input")];
        Dimensions.Read(input, shape);
        TensorValue output = context.Output(0, _value?.Type ?? ElementType.Float32, shape);
        if (_value is null)
        {
            ElementMove.Clear(output);
            return;
        }

        FillAll fill = default;
        ElementMove.Run(ref fill, _value, output);
    }

    private struct FillAll : IElementMove
    {
        public readonly void Move<T>(ReadOnlySpan<T> source, Span<T> target) => target.Fill(source[0]);
    }
}
