using System.Buffers.Binary;
using Nbc.Tensors;
using Noodle.Serving.Bodies;
using Noodle.Serving.Protocol;

namespace Noodle.Serving.Wire;

/// <summary>Makes tensors of a request's inputs: binary ones are slices of the body, JSON ones are decoded.</summary>
/// <param name="memory">Where JSON tensors go; given back with the tensors.</param>
/// <param name="maxBytes">For all tensors decoded from JSON.</param>
internal sealed class InputDecoder(RequestMemory memory, int maxBytes)
{
    private long _decodedBytes;

    /// <summary>Decodes all inputs of a request.</summary>
    /// <param name="json">The head that the inputs were read from.</param>
    /// <param name="binary">What follows the head.</param>
    /// <returns>What is wrong; null when <paramref name="tensors"/> is whole.</returns>
    public Refusal? Decode(
        InferHead head, ReadOnlyMemory<byte> json, ReadOnlyMemory<byte> binary, out Tensor[] tensors)
    {
        tensors = new Tensor[head.Inputs.Count];
        for (int i = 0; i < tensors.Length; i++)
        {
            InputHead input = head.Inputs[i];
            Refusal? refusal;
            if (input.BinarySize is { } size)
            {
                refusal = Slice(input, size, ref binary, out tensors[i]);
            }
            else
            {
                refusal = Decode(input, json.Span[input.Data], out tensors[i]);
            }

            if (refusal is not null)
            {
                return refusal;
            }
        }

        return binary.IsEmpty
            ? null
            : Refusal.Invalid($"unexpected additional input data: {binary.Length} bytes are left after the last input");
    }

    /// <summary>The one tensor of a raw request, whose shape follows from its size.</summary>
    public Refusal? DecodeRaw(TensorSpec spec, ReadOnlyMemory<byte> body, out Tensor tensor)
    {
        long[] shape = [.. spec.Dimensions];
        tensor = new Tensor(spec.Name, spec.Type, shape, body);
        if (spec.Type == ElementType.String)
        {
            shape.AsSpan().Replace(-1L, 1L);
            if (!Tensor.TryCount(shape, out long count) || count != 1)
            {
                return Refusal.Invalid($"{Name(spec)} takes more than one string: a raw request cannot give that");
            }

            if (!memory.TryRent(sizeof(uint) + body.Length, out byte[]? buffer))
            {
                return Full();
            }

            BinaryPrimitives.WriteInt32LittleEndian(buffer, body.Length);
            body.Span.CopyTo(buffer.AsSpan(sizeof(uint)));
            tensor = tensor with { Data = buffer.AsMemory(0, sizeof(uint) + body.Length) };
            return null;
        }

        int open = Array.IndexOf(shape, -1L);
        if (open >= 0)
        {
            shape[open] = 1;
            if (Array.IndexOf(shape, -1L) >= 0)
            {
                return Refusal.Invalid($"{Name(spec)} has several variable dimensions: a raw request cannot give them");
            }

            long rowBytes = Tensor.TryCount(shape, out long row) ? row * ElementTypes.SizeOf(spec.Type) : 0;
            shape[open] = rowBytes > 0 && body.Length % rowBytes == 0 ? body.Length / rowBytes : 1;
        }

        return Check(tensor, Name(spec));
    }

    private static Refusal? Slice(InputHead input, int size, ref ReadOnlyMemory<byte> binary, out Tensor tensor)
    {
        tensor = new Tensor(input.Name, input.Type, input.Shape, default);
        if (size > binary.Length)
        {
            return Refusal.Invalid(
                $"{Name(input)} says {size} binary bytes, {binary.Length} are left in the body");
        }

        tensor = tensor with { Data = binary[..size] };
        binary = binary[size..];
        return Check(tensor, Name(input));
    }

    private Refusal? Decode(InputHead input, ReadOnlySpan<byte> json, out Tensor tensor)
    {
        tensor = new Tensor(input.Name, input.Type, input.Shape, default);
        if (input.Type is ElementType.Float16 or ElementType.BFloat16)
        {
            return Refusal.Invalid(
                $"{Name(input)} is {ElementTypes.NameOf(input.Type)}, which JSON cannot hold; " +
                "use the binary data format");
        }

        // An element takes at least two bytes of JSON, so a shape that promises more needs no memory to be refused.
        if (!Tensor.TryCount(input.Shape, out long count) || count > json.Length)
        {
            return Refusal.Invalid(
                $"{Name(input)} has fewer elements than its shape [{string.Join(", ", input.Shape)}]");
        }

        long size = input.Type == ElementType.String
            ? (sizeof(uint) * count) + json.Length
            : count * ElementTypes.SizeOf(input.Type);
        _decodedBytes += size;
        if (_decodedBytes > maxBytes)
        {
            return new Refusal(RequestFault.TooLarge, $"the inputs decode to more than {maxBytes} bytes");
        }

        if (!memory.TryRent((int)size, out byte[]? buffer))
        {
            return Full();
        }

        var reader = new DataReader(input.Type, input.Shape, json, buffer.AsSpan(0, (int)size));
        string? fault = reader.Read(count);
        tensor = tensor with { Data = buffer.AsMemory(0, reader.Written) };
        return fault is null ? null : Refusal.Invalid($"data of {Name(input)} {fault}");
    }

    private static Refusal? Check(Tensor tensor, string name)
    {
        if (!tensor.TryValidate(out string? fault))
        {
            return Refusal.Invalid($"{name}: {fault}");
        }

        if (tensor.Type != ElementType.Bool)
        {
            return null;
        }

        ReadOnlySpan<byte> data = tensor.Data.Span;
        int odd = data.IndexOfAnyExceptInRange((byte)0, (byte)1);
        return odd < 0 ? null : Refusal.Invalid($"{name}: byte {odd} is {data[odd]}, BOOL takes 0 and 1");
    }

    private static Refusal Full() => new(
        RequestFault.Unavailable, "this server holds as many request bytes as it may; try again later");

    private static string Name(InputHead input) => $"input '{PlainText.Clean(input.Name)}'";

    private static string Name(TensorSpec spec) => $"input '{spec.Name}'";
}
