using System.ComponentModel.DataAnnotations;

namespace Ahr.Backends.OnnxRuntime;

/// <summary>Settings of an <see cref="OnnxRuntimeBackend"/>.</summary>
public sealed class OnnxRuntimeOptions
{
    /// <summary>Threads for one run, 0 to 1,024; 0: one for a file below 1 MiB, else one for each core.</summary>
    [Range(0, 1024)]
    public int Threads { get; init; }

    /// <summary>Whether idle threads of the engine spin: some microseconds faster, at the cost of other work.</summary>
    public bool Spin { get; init; }
}
