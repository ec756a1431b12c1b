using System.Buffers.Binary;
using Nbc.Instructions;
using Nbc.Tensors;
using Nbc.Values;
using Noodle.Cli.CommandLine;

namespace Noodle.Cli.Programs;

/// <summary>Between what the command line reads and prints, and what the machine takes and gives.</summary>
internal static class ProgramTensors
{
    /// <summary>What the inputs of a program take.</summary>
    /// <exception cref="CliException">An input is no tensor of known rank.</exception>
    public static List<TensorSpec> Specs(IEnumerable<NbcPort> ports) => [.. ports.Select(port =>
        port.Type is { Kind: NbcValueKind.Tensor, Dimensions: { } dimensions }
            ? new TensorSpec(port.Name, port.Type.Element, dimensions)
            : throw new CliException(ExitCodes.Failed,
                $"Input {port.Name} is {port.Type}; only tensors of known rank can be given here."))];

    public static TensorValue ToValue(Tensor tensor)
    {
        TensorValue value = TensorValue.Allocate(tensor.Type, tensor.Shape);
        ReadOnlySpan<byte> data = tensor.Data.Span;
        if (tensor.Type != ElementType.String)
        {
            data.CopyTo(value.Bytes());
            return value;
        }

        for (int i = 0; i < value.Count; i++)
        {
            int length = BinaryPrimitives.ReadInt32LittleEndian(data);
            value.Strings[i] = data.Slice(sizeof(int), length).ToArray();
            data = data[(sizeof(int) + length)..];
        }

        return value;
    }

    /// <exception cref="CliException">It is no tensor.</exception>
    public static Tensor ToTensor(NbcPort port, NbcValue? value)
    {
        if (value is not TensorValue tensor)
        {
            string found = value is null ? "was not made" : $"is a {value.GetType().Name}, which cannot be printed";
            throw new CliException(ExitCodes.Failed, $"Output {port.Name} {found}.");
        }

        if (ElementTypes.NameOf(tensor.Type) == "UNDEFINED")
        {
            throw new CliException(ExitCodes.Failed,
                $"Output {port.Name} is {ElementTypes.TextOf(tensor.Type)}, which cannot be printed; cast it first.");
        }

        if (tensor.Type != ElementType.String)
        {
            return new Tensor(port.Name, tensor.Type, tensor.Shape.ToArray(), tensor.Bytes().ToArray());
        }

        using MemoryStream data = new();
        Span<byte> length = stackalloc byte[sizeof(int)];
        foreach (byte[] text in tensor.Strings)
        {
            BinaryPrimitives.WriteInt32LittleEndian(length, text.Length);
            data.Write(length);
            data.Write(text);
        }

        return new Tensor(port.Name, tensor.Type, tensor.Shape.ToArray(), data.ToArray());
    }
}
