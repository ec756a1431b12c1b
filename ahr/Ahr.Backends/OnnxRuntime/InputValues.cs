using System.Buffers;
using System.Buffers.Binary;
using Microsoft.ML.OnnxRuntime;
using Nbc.Tensors;
using TensorElementType = Microsoft.ML.OnnxRuntime.Tensors.TensorElementType;

namespace Ahr.Backends.OnnxRuntime;

/// <summary>The inputs of one run as the engine wants them, and the pins that hold their memory in place.</summary>
internal sealed class InputValues(int count) : IDisposable
{
    private readonly List<MemoryHandle> _pins = new(count);

    public List<OrtValue> Values { get; } = new(count);

    public void Add(Tensor tensor) => Values.Add(
        tensor.Type == ElementType.String ? CopyStrings(tensor)
        : TryPin(tensor) ?? Copy(tensor));

    public void Dispose()
    {
        foreach (OrtValue value in Values)
        {
            value.Dispose();
        }

        foreach (MemoryHandle pin in _pins)
        {
            pin.Dispose();
        }
    }

    // Null for what the engine cannot read in place: no bytes at all, or an element across its natural border (a
    // tensor cut from a request body may begin anywhere).
    private unsafe OrtValue? TryPin(Tensor tensor)
    {
        if (tensor.Data.IsEmpty)
        {
            return null;
        }

        MemoryHandle pin = tensor.Data.Pin();
        _pins.Add(pin);
        return (nuint)pin.Pointer % (uint)ElementTypes.SizeOf(tensor.Type) == 0
            ? OrtValue.CreateTensorValueWithData(
                OrtMemoryInfo.DefaultInstance,
                (TensorElementType)tensor.Type,
                tensor.Shape,
                (IntPtr)pin.Pointer,
                tensor.Data.Length)
            : null;
    }

    private static OrtValue Copy(Tensor tensor)
    {
        OrtValue value = OrtValue.CreateAllocatedTensorValue(
            OrtAllocator.DefaultInstance, (TensorElementType)tensor.Type, tensor.Shape);
        if (!tensor.Data.IsEmpty)
        {
            tensor.Data.Span.CopyTo(value.GetTensorMutableRawData());
        }

        return value;
    }

    private static OrtValue CopyStrings(Tensor tensor)
    {
        OrtValue value = OrtValue.CreateTensorWithEmptyStrings(OrtAllocator.DefaultInstance, tensor.Shape);
        ReadOnlySpan<byte> data = tensor.Data.Span;
        for (int i = 0; !data.IsEmpty; i++)
        {
            int length = (int)BinaryPrimitives.ReadUInt32LittleEndian(data);
            value.StringTensorSetElementAt(data.Slice(sizeof(uint), length), i);
            data = data[(sizeof(uint) + length)..];
        }

        return value;
    }
}
