using Nbc.Kernels.Iteration;
using Nbc.Tensors;
using Nbc.Values;

namespace Nbc.Kernels.Elementwise;

/// <summary>The bits of each element as an element of another type of as many bits.</summary>
/// <remarks>
/// Shape: y as x.
/// Special values: bool goes with bool alone, since other bytes than 0 and 1 are none; strings have no bits.
/// Source: ONNX operator BitCast, version 26.
/// </remarks>
internal sealed class BitCastKernel : Kernel
{
    private readonly ElementType _to;
    private readonly int _bits;

    public BitCastKernel(KernelAttributes attributes)
    {
        _to = attributes.Type("to");
        _bits = ElementTypes.FileBitsOf(_to);
        if (_bits == 0)
        {
            throw Refusal.Attribute("to", $"{(int)_to}", "the number of a type of fixed size");
        }
    }

    /// <inheritdoc/>
    public override void Run(KernelContext context)
    {
        TensorValue x = context.Input(0);
        bool isLegal = ElementTypes.FileBitsOf(x.Type) == _bits
            && (x.Type == ElementType.Bool) == (_to == ElementType.Bool);
        if (!isLegal)
        {
            throw Refusal.Type("input", x.Type, $"a type of {_bits} bits, as {ElementTypes.TextOf(_to)} has");
        }

        TensorValue y = context.Output(0, _to, x.Shape);
        x.Bytes().CopyTo(y.Bytes());
        if (_bits < 8)
        {
            Fit(y.Bytes());
        }
    }

    // Types of less than a byte stand alone in one, those with a sign extended by it.
    private void Fit(Span<byte> elements)
    {
        int shift = 8 - _bits;
        bool isSigned = ElementTypes.IsSigned(_to);
        foreach (ref byte element in elements)
        {
            byte top = (byte)(element << shift);
            element = isSigned ? (byte)((sbyte)top >> shift) : (byte)(top >> shift);
        }
    }
}
