using System.ComponentModel.DataAnnotations;

namespace Ahr.Runtime;

/// <summary>Limits of a <see cref="ModelStore"/>.</summary>
public sealed class ModelStoreOptions
{
    /// <summary>Largest model file in bytes, 1 to 1 TiB.</summary>
    [Range(1L, 1L << 40)]
    public long MaxModelBytes { get; init; } = 4L << 30;

    /// <summary>Largest sum of all model files in bytes, 1 to 64 TiB.</summary>
    [Range(1L, 1L << 46)]
    public long MaxStoreBytes { get; init; } = 64L << 30;
}
