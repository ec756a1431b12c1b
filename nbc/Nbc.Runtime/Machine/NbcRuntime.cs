using Nbc.Instructions;
using Nbc.Kernels;
using Nbc.Runtime.Errors;
using Nbc.Runtime.Frames;
using Nbc.Verification;
using Noodle.Primitives;

namespace Nbc.Runtime.Machine;

/// <summary>How a program is loaded.</summary>
public sealed record NbcLoadOptions
{
    public static NbcLoadOptions Default { get; } = new();

    /// <summary>Runs at the same time, 1 to 1024; further ones wait. Each has an arena of its own.</summary>
    public int MaxRuns { get; init; } = Math.Clamp(Environment.ProcessorCount, 1, 1024);

    /// <summary>Where constants outside the program lie; null: it has none.</summary>
    public INbcBlobs? Blobs { get; init; }

    /// <summary>Makes the kernel of each operation that another engine runs; null: such programs are refused.</summary>
    public KernelFactory? Engines { get; init; }

    /// <summary>Kernels rearrange constant weights once, into memory of their own, when all constants of the program
    /// take at most this; those of a larger one stay where they lie (a mapped file), and are read in blocks.</summary>
    /// <remarks>Unit: bytes, 0 or more. A second copy of weights that fill half a machine would not fit.</remarks>
    public long MaxPackedBytes { get; init; } = 1L << 30;

    /// <summary>The clock on which deadlines lie, and by which time is limited.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>Where runs are seen while they last; null: nowhere. Its clock is <see cref="Clock"/>.</summary>
    public TaskBoard? Tasks { get; init; }
}

/// <summary>The way into the runtime.</summary>
public static class NbcRuntime
{
    /// <summary>Verifies a program and makes it ready to run.</summary>
    /// <param name="account">What its memory is reserved from; null: nobody counts.</param>
    /// <exception cref="NbcException">The verifier found a fault (2003), a kernel refuses its attributes (3xxx), a
    /// blob is missing or wrong (8xxx), or an option is out of its range (9001).</exception>
    public static NbcModel Load(NbcProgram program, NbcLoadOptions? options = null, IResourceAccount? account = null)
    {
        ArgumentNullException.ThrowIfNull(program);
        options ??= NbcLoadOptions.Default;
        if (options.MaxRuns is < 1 or > 1024)
        {
            throw new NbcException(
                NbcErrorCode.WrongOption, $"{nameof(options.MaxRuns)} is {options.MaxRuns}, not 1 to 1024");
        }

        if (options.Tasks is { } tasks && tasks.Time != options.Clock)
        {
            throw new NbcException(
                NbcErrorCode.WrongOption, $"{nameof(options.Tasks)} has another clock than {nameof(options.Clock)}");
        }

        IReadOnlyList<ProgramFault> faults = NbcVerifier.Verify(program);
        if (faults.Count > 0)
        {
            throw Refusal(program, faults);
        }

        return new NbcModel(LoadedProgram.Load(program, options), options, account);
    }

    private static NbcException Refusal(NbcProgram program, IReadOnlyList<ProgramFault> faults)
    {
        ProgramFault first = faults[0];
        string more = faults.Count == 1 ? "" : $" (and {faults.Count - 1} more)";
        NbcError error = new(NbcErrorCode.WrongProgram, $"{first.Kind}: {first.Detail}{more}");
        if (first.Function is null)
        {
            return new NbcException(error);
        }

        NbcFunction function = program.Functions.First(each => each.Name == first.Function);
        return new NbcException(error with
        {
            Function = first.Function,
            Instruction = first.Instruction,
            Mnemonic = first.Instruction < 0 ? "" : InstructionTable.Find(
                function.Instructions[first.Instruction].Opcode)?.Mnemonic ?? "?",
            Location = program.LocationOf(function, first.Instruction),
        });
    }
}
