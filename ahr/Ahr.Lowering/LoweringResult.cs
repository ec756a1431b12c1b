using Ahr.Ntir;
using Nbc.Instructions;

namespace Ahr.Lowering;

/// <summary>A program, or why there is none.</summary>
/// <param name="Program">Null when there are diagnostics.</param>
public sealed record LoweringResult(NbcProgram? Program, IReadOnlyList<Diagnostic> Diagnostics);
