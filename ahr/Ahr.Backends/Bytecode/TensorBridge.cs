using System.Buffers;
using System.Buffers.Binary;
using Ahr.Backends.OnnxRuntime;
using Nbc.Tensors;
using Nbc.Values;

namespace Ahr.Backends.Bytecode;

/// <summary>The inputs of one call as values of the machine, pinned for the time of the run.</summary>
internal sealed unsafe class PinnedInputs : IDisposable
{
    private readonly List<MemoryHandle> _pins = [];

    /// <summary>In the model's order.</summary>
    public NbcValue?[] Values { get; private init; } = [];

    public static PinnedInputs Of(Tensor[] tensors)
    {
        PinnedInputs inputs = new() { Values = new NbcValue?[tensors.Length] };
        for (int i = 0; i < tensors.Length; i++)
        {
            inputs.Values[i] = inputs.Pin(tensors[i]);
        }

        return inputs;
    }

    public void Dispose()
    {
        foreach (NbcValue? value in Values)
        {
            value?.Release();
        }

        foreach (MemoryHandle pin in _pins)
        {
            pin.Dispose();
        }
    }

    // A tensor cut from a request body may begin anywhere: what lies across its natural border is copied.
    private TensorValue Pin(Tensor tensor)
    {
        if (tensor.Type == ElementType.String)
        {
            return TensorValue.FromStrings(ReadStrings(tensor), tensor.Shape);
        }

        MemoryHandle pin = tensor.Data.Pin();
        _pins.Add(pin);
        if ((nuint)pin.Pointer % (uint)ElementTypes.SizeOf(tensor.Type) != 0)
        {
            TensorValue copy = TensorValue.Allocate(tensor.Type, tensor.Shape);
            tensor.Data.Span.CopyTo(copy.Bytes());
            return copy;
        }

        TensorValue value = new();
        value.Reset(
            tensor.Type, tensor.Shape, new ForeignMemory((byte*)pin.Pointer, tensor.Data.Length, null), 0);
        return value;
    }

    private static byte[][] ReadStrings(Tensor tensor)
    {
        byte[][] strings = new byte[tensor.Count][];
        ReadOnlySpan<byte> data = tensor.Data.Span;
        for (int i = 0; i < strings.Length; i++)
        {
            int length = (int)BinaryPrimitives.ReadUInt32LittleEndian(data);
            strings[i] = data.Slice(sizeof(uint), length).ToArray();
            data = data[(sizeof(uint) + length)..];
        }

        return strings;
    }
}

/// <summary>The outputs of one run, and the memory they lie in until they are disposed.</summary>
internal sealed class MachineOutputs : IDisposable
{
    private readonly List<NativeBytes> _windows = [];
    private NbcValue?[]? _values;

    /// <param name="values">What the run gave; this object owns it.</param>
    /// <param name="wanted">Which of them, in the wanted order.</param>
    public static TensorSet Wrap(
        IReadOnlyList<TensorSpec> specs, NbcValue?[] values, IReadOnlyList<int> wanted, string engine)
    {
        MachineOutputs owner = new() { _values = values };
        Tensor[] tensors = new Tensor[wanted.Count];
        for (int i = 0; i < tensors.Length; i++)
        {
            tensors[i] = owner.Show(specs[wanted[i]].Name, (TensorValue)values[wanted[i]]!);
        }

        return new TensorSet(tensors, owner) { Engine = engine };
    }

    public void Dispose()
    {
        foreach (NativeBytes window in _windows)
        {
            window.Close();
        }

        NbcValue?[]? values = Interlocked.Exchange(ref _values, null);
        foreach (NbcValue? value in values ?? [])
        {
            value?.Release();
        }
    }

    private Tensor Show(string name, TensorValue value)
    {
        long[] shape = value.Shape.ToArray();
        if (value.Type == ElementType.String)
        {
            return new Tensor(name, value.Type, shape, WriteStrings(value.Strings));
        }

        NativeBytes window = new(value.Bytes(), value);
        _windows.Add(window);
        return new Tensor(name, value.Type, shape, window.Memory);
    }

    private static byte[] WriteStrings(byte[][] strings)
    {
        byte[] data = new byte[strings.Sum(text => (long)sizeof(uint) + text.Length)];
        Span<byte> rest = data;
        foreach (byte[] text in strings)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(rest, (uint)text.Length);
            text.CopyTo(rest[sizeof(uint)..]);
            rest = rest[(sizeof(uint) + text.Length)..];
        }

        return data;
    }
}
