using System.Buffers.Binary;
using Microsoft.ML.OnnxRuntime;
using Nbc.Tensors;

namespace Ahr.Backends.OnnxRuntime;

/// <summary>The outputs of one run: the engine's values and the windows on their memory, closed together.</summary>
internal sealed class OutputValues : IDisposable
{
    private readonly NativeBytes?[] _windows;
    private IDisposable? _values;

    private OutputValues(int count, IDisposable values)
    {
        _windows = new NativeBytes?[count];
        _values = values;
    }

    public static TensorSet Wrap(string[] names, IDisposableReadOnlyCollection<OrtValue> values)
    {
        OutputValues owner = new(names.Length, values);
        try
        {
            Tensor[] tensors = new Tensor[names.Length];
            for (int i = 0; i < tensors.Length; i++)
            {
                tensors[i] = owner.Read(names[i], values.ElementAt(i), i);
            }

            return new TensorSet(tensors, owner) { Engine = "onnxruntime" };
        }
        catch
        {
            owner.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        foreach (NativeBytes? window in _windows)
        {
            window?.Close();
        }

        Interlocked.Exchange(ref _values, null)?.Dispose();
    }

    private Tensor Read(string name, OrtValue value, int at)
    {
        OrtTensorTypeAndShapeInfo info = value.GetTensorTypeAndShape();
        ElementType type = (ElementType)info.ElementDataType;
        if (type == ElementType.String)
        {
            return new Tensor(name, type, info.Shape, CopyStrings(value, checked((int)info.ElementCount)));
        }

        if (info.ElementCount == 0)
        {
            return new Tensor(name, type, info.Shape, ReadOnlyMemory<byte>.Empty);
        }

        NativeBytes window = new(value.GetTensorMutableRawData());
        _windows[at] = window;
        return new Tensor(name, type, info.Shape, window.Memory);
    }

    private static byte[] CopyStrings(OrtValue value, int count)
    {
        long size = 0;
        for (int i = 0; i < count; i++)
        {
            size += sizeof(uint) + value.GetStringElementAsSpan(i).Length;
        }

        byte[] data = new byte[size];
        Span<byte> rest = data;
        for (int i = 0; i < count; i++)
        {
            ReadOnlySpan<byte> text = value.GetStringElementAsSpan(i);
            BinaryPrimitives.WriteUInt32LittleEndian(rest, (uint)text.Length);
            text.CopyTo(rest[sizeof(uint)..]);
            rest = rest[(sizeof(uint) + text.Length)..];
        }

        return data;
    }
}
