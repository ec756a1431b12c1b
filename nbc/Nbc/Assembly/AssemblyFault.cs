namespace Nbc.Assembly;

/// <summary>The first place where a text is no program.</summary>
/// <param name="Line">From 1.</param>
/// <param name="Column">From 1, in UTF-16 units.</param>
/// <param name="Expected">What may stand there, as a part of a sentence.</param>
/// <param name="Found">What stands there.</param>
public sealed record AssemblyFault(int Line, int Column, string Expected, string Found)
{
    /// <summary>As people read it.</summary>
    public override string ToString() => $"line {Line}, column {Column}: {Expected} is expected, {Found} was found";
}

/// <summary>Leaves the reading of a text; it never leaves the assembler.</summary>
internal sealed class AssemblyException(AssemblyFault fault) : Exception(fault.ToString())
{
    public AssemblyFault Fault { get; } = fault;
}
