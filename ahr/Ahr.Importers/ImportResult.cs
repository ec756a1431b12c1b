using Ahr.Ntir;
using Ahr.Ntir.Graph;

namespace Ahr.Importers;

/// <summary>What came of an import: a module, or everything that stands against it.</summary>
/// <param name="Module">Null when there is any diagnostic.</param>
/// <param name="Diagnostics">All faults that were found, to <see cref="MostDiagnostics"/>.</param>
public sealed record ImportResult(NtirModule? Module, IReadOnlyList<Diagnostic> Diagnostics, ImportReport Report)
{
    public const int MostDiagnostics = 100;
}

/// <summary>What an import did, for people and for plans.</summary>
public sealed record ImportReport
{
    /// <summary>Domain and version of each operator set that the model asks for.</summary>
    public SortedDictionary<string, long> OperatorSets { get; } = new(StringComparer.Ordinal);

    /// <summary>Nodes of each kind in the model as written, such as <c>ai.onnx.Conv version 11</c>; the version is the
    /// one in which the operator last changed.</summary>
    public SortedDictionary<string, int> Operators { get; } = new(StringComparer.Ordinal);

    /// <summary>Calls of the model's own functions that were put in their place, by function.</summary>
    public SortedDictionary<string, int> Functions { get; } = new(StringComparer.Ordinal);

    /// <summary>Parts of the model that another engine runs.</summary>
    public List<FallbackRegion> Fallbacks { get; } = [];

    internal static void Count(SortedDictionary<string, int> counts, string what) =>
        counts[what] = counts.GetValueOrDefault(what) + 1;
}

/// <summary>A part of the model that another engine runs, and why.</summary>
/// <param name="Reasons">The operators that this program does not run.</param>
/// <param name="Nodes">Nodes in this part, those between the operators above included.</param>
public sealed record FallbackRegion(IReadOnlyList<FallbackReason> Reasons, int Nodes);

/// <summary>An operator that this program does not run.</summary>
/// <param name="Path">Of the node.</param>
public sealed record FallbackReason(string Domain, string Operator, long Version, string Path)
{
    /// <summary>As people read it: <c>com.example.Foo version 1 at encoder/Foo_3</c>.</summary>
    public override string ToString() => $"{Domain}.{Operator} version {Version} at {Path}";
}
