using System.Collections.Immutable;
using Nbc.Kernels;

namespace Nbc.Instructions;

/// <summary>An input or output of a program.</summary>
public sealed record NbcPort(string Name, NbcType Type);

/// <summary>A scalar that all functions of a run share.</summary>
public sealed record NbcGlobal(string Name, NbcScalar Initial);

/// <summary>A program; immutable. Nothing says that it is valid: the verifier does.</summary>
public sealed class NbcProgram
{
    public ImmutableArray<NbcFunction> Functions { get; init; } = [];

    /// <summary>Index of the function that a run starts with.</summary>
    public int Entry { get; init; }

    /// <summary>What the parameters of the entry function take, in their order.</summary>
    public ImmutableArray<NbcPort> Inputs { get; init; } = [];

    /// <summary>What the results of the entry function give, in their order.</summary>
    public ImmutableArray<NbcPort> Outputs { get; init; } = [];

    public ImmutableArray<NbcConstant> Constants { get; init; } = [];

    /// <summary>What PUSH pushes.</summary>
    public ImmutableArray<NbcScalar> Scalars { get; init; } = [];

    public ImmutableArray<KernelAttributes> Attributes { get; init; } = [];

    /// <summary>Names of frames and channels, placement texts, places in the source.</summary>
    public ImmutableArray<string> Names { get; init; } = [];

    public ImmutableArray<NbcGlobal> Globals { get; init; } = [];

    /// <summary>What the maker wants to say about the program; nothing depends on it.</summary>
    public ImmutableSortedDictionary<string, string> Metadata { get; init; } =
        ImmutableSortedDictionary.Create<string, string>(StringComparer.Ordinal);

    /// <summary>Place in the source of an instruction; null when it is not known.</summary>
    public string? LocationOf(NbcFunction function, int instruction)
    {
        ArgumentNullException.ThrowIfNull(function);
        int name = (uint)instruction < (uint)function.Locations.Length ? function.Locations[instruction] : -1;
        return name >= 0 && name < Names.Length ? Names[name] : null;
    }
}
