using System.ComponentModel.DataAnnotations;

namespace Ahr.Runtime;

/// <summary>Limits of a <see cref="ModelHost"/>.</summary>
public sealed class ModelHostOptions
{
    /// <summary>Models held at once, failed ones included, 1 to 4,096.</summary>
    [Range(1, 4096)]
    public int MaxModels { get; init; } = 256;

    /// <summary>Calls of one model that run at once, 1 to 1,024; the default is the number of cores.</summary>
    [Range(1, 1024)]
    public int MaxRunning { get; init; } = Environment.ProcessorCount;

    /// <summary>Calls of one model that wait for their turn, 0 to 65,536; one more is refused as Overloaded.</summary>
    [Range(0, 65536)]
    public int MaxWaiting { get; init; } = 256;

    /// <summary>Bytes reserved for a loaded model beside twice its file (weights, and their packed form).</summary>
    [Range(0L, 1L << 40)]
    public long OverheadBytes { get; init; } = 8L << 20;
}
