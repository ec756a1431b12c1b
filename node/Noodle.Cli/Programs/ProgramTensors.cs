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

    public static TensorValue ToValue(Tensor tensor) => TensorCopies.ToValue(tensor);

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

        return TensorCopies.ToTensor(tensor, port.Name);
    }
}
