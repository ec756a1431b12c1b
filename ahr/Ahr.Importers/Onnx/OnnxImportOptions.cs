using Ahr.Ntir.Ops;

namespace Ahr.Importers.Onnx;

/// <summary>What an import may do, and its bounds.</summary>
public sealed record OnnxImportOptions
{
    /// <summary>True: what this program does not run becomes a part for ONNX Runtime. False: it is refused.</summary>
    public bool AllowFallback { get; init; }

    /// <summary>Nodes in all, after the model's own functions are put in their places.</summary>
    public int MaxNodes { get; init; } = 1_000_000;

    /// <summary>Messages in the file: nodes, attributes, tensors, types, sizes and so on.</summary>
    public int MaxMessages { get; init; } = 4_000_000;

    /// <summary>Graphs and functions inside each other.</summary>
    public int MaxDepth { get; init; } = 32;

    /// <summary>Unit: bytes, of a tensor that a file describes in fewer bytes than it takes (sparse initialisers).
    /// </summary>
    public long MaxExpandedBytes { get; init; } = 1L << 30;

    /// <summary>The operations that a module may hold; a back end that has fewer of them gives its own.</summary>
    public Func<string, OpDefinition?> FindOperation { get; init; } = OpTable.Find;
}
