using Ahr.Ntir;

namespace Ahr.Importers;

/// <summary>A model, or a value in a file, cannot be taken over; the message is the part of a sentence that says why.
/// </summary>
public sealed class ImportException(NtirFault fault, string detail, string where = "") : Exception(detail)
{
    public NtirFault Fault { get; } = fault;

    /// <summary>Path of the node; empty when whoever catches this knows it better.</summary>
    public string Where { get; } = where;
}
