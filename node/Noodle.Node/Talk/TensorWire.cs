using Google.Protobuf.Collections;
using Nbc.Tensors;
using NoodleNet.Talk;

namespace Noodle.Node.Talk;

/// <summary>Tensors as heads in a NoodleTalk message and bytes in the body behind it.</summary>
internal static class TensorWire
{
    /// <summary>Most tensors in one message.</summary>
    public const int MaxTensors = 1_024;

    /// <summary>Writes the heads; the bodies are the tensors' own memory, in the same order.</summary>
    public static ReadOnlyMemory<byte>[] Write(IReadOnlyList<Tensor> tensors, RepeatedField<TensorHead> heads)
    {
        var bodies = new ReadOnlyMemory<byte>[tensors.Count];
        for (int i = 0; i < bodies.Length; i++)
        {
            Tensor tensor = tensors[i];
            var head = new TensorHead
            {
                Name = tensor.Name,
                Datatype = ElementTypes.NameOf(tensor.Type),
                SizeBytes = (ulong)tensor.Data.Length,
            };
            head.Shape.AddRange(tensor.Shape);
            heads.Add(head);
            bodies[i] = tensor.Data;
        }

        return bodies;
    }

    /// <summary>Cuts the tensors out of a body without copying it.</summary>
    /// <param name="fault">What is wrong, as a sentence; null when nothing is.</param>
    public static Tensor[]? Read(RepeatedField<TensorHead> heads, ReadOnlyMemory<byte> body, out string? fault)
    {
        fault = heads.Count > MaxTensors ? $"{heads.Count} tensors in one message, at most {MaxTensors} are allowed."
            : null;
        var tensors = new Tensor[fault is null ? heads.Count : 0];
        for (int i = 0; i < tensors.Length; i++)
        {
            TensorHead head = heads[i];
            if (!ElementTypes.TryParse(head.Datatype, out ElementType type))
            {
                fault = $"Tensor '{head.Name}' has the unknown datatype '{head.Datatype}'.";
                return null;
            }

            if (head.SizeBytes > (ulong)body.Length)
            {
                fault = $"Tensor '{head.Name}' says {head.SizeBytes} bytes, {body.Length} are left.";
                return null;
            }

            tensors[i] = new Tensor(head.Name, type, [.. head.Shape], body[..(int)head.SizeBytes]);
            body = body[(int)head.SizeBytes..];
            if (!tensors[i].TryValidate(out string? wrong))
            {
                fault = $"Tensor '{head.Name}': {wrong}.";
                return null;
            }
        }

        if (fault is null && !body.IsEmpty)
        {
            fault = $"{body.Length} bytes are left after the last tensor.";
        }

        return fault is null ? tensors : null;
    }
}
