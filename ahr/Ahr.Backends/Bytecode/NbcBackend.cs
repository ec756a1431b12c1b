using System.ComponentModel.DataAnnotations;
using Ahr.Importers;
using Ahr.Ntir.Graph;
using Ahr.Ntir.Types;
using Microsoft.Extensions.Logging;
using Nbc.Runtime.Frames;
using Nbc.Tensors;
using Noodle.Primitives;

namespace Ahr.Backends.Bytecode;

/// <summary>Settings of an <see cref="NbcBackend"/>.</summary>
public sealed class NbcBackendOptions
{
    /// <summary>Runs of one model at the same time, 1 to 1,024; 0: one for each core. Further ones wait.</summary>
    [Range(0, 1024)]
    public int MaxRuns { get; init; }

    /// <summary>Programs kept for input shapes that came again, 0 to 256, for each model.</summary>
    [Range(0, 256)]
    public int MaxShapes { get; init; } = 8;

    /// <summary>Unit: bytes that one run may hold beside the weights, from 1 MiB on; 0: half of the machine's memory.
    /// </summary>
    [Range(0, long.MaxValue)]
    public long MaxRunBytes { get; init; }

    /// <summary>How long one run may take, 1 ms to 1 day.</summary>
    [Range(typeof(TimeSpan), "00:00:00.001", "1.00:00:00")]
    public TimeSpan MaxRunTime { get; init; } = TimeSpan.FromHours(1);

    /// <summary>Whether parts of a model that this engine does not have may run on ONNX Runtime.</summary>
    public bool AllowFallback { get; init; } = true;
}

/// <summary>Runs models on Noodle's own bytecode engine.</summary>
/// <remarks>What a run holds in memory is counted on the account given; a run that would pass its limit ends.</remarks>
/// <param name="tasks">Where loads and runs are seen, and whose clock deadlines lie on; null: a board of its own.
/// </param>
public sealed class NbcBackend(
    NbcBackendOptions options, ILogger<NbcBackend> logger, IResourceAccount? account = null, TaskBoard? tasks = null)
    : IBackend
{
    private readonly TaskBoard _tasks = tasks ?? new TaskBoard(TimeProvider.System);

    /// <inheritdoc/>
    public string Name => "nbc";

    /// <inheritdoc/>
    public async ValueTask<IBackendModel> LoadAsync(string path, CancellationToken cancellation)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return await Task.Run(() => Load(path), cancellation).ConfigureAwait(false);
    }

    private NbcBackendModel Load(string path)
    {
        string name = Path.GetFileName(path);
        using TaskFrame frame = _tasks.Enter($"load {name}", NbcTask.Default);
        (NtirModule module, ImportReport report) = NbcCompilation.Import(path, options.AllowFallback);
        foreach (FallbackRegion part in report.Fallbacks)
        {
            Log.PartFallsBack(logger, name, part.Nodes, string.Join(", ", part.Reasons));
        }

        TensorSpec[] inputs = [.. module.Main.Body.Parameters.Select(parameter =>
            Spec(name, "input", parameter.Name ?? "", parameter.Type))];
        ShapePrograms programs = new(module, name, options, logger, account, _tasks);
        try
        {
            TensorSpec[] outputs = [.. programs.Generic.Outputs.Select(port =>
                Spec(name, "output", port.Name, port.Type))];
            return new NbcBackendModel(name, inputs, outputs, Rankless(module), programs, Limits());
        }
        catch
        {
            programs.Dispose();
            throw;
        }
    }

    private NbcLimits Limits() => new()
    {
        MemoryBytes = options.MaxRunBytes > 0
            ? options.MaxRunBytes
            : GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 2,
        Time = options.MaxRunTime,
    };

    private static HashSet<string> Rankless(NtirModule module) => [.. module.Main.Body.Parameters
        .Where(parameter => parameter.TensorType is { Shape: null }).Select(parameter => parameter.Name ?? "")];

    private static TensorSpec Spec(string model, string what, string name, NtirType type) => type is TensorType tensor
        ? Carried(model, what, name, tensor.Element, tensor.Shape is null
            ? []
            : [.. tensor.Shape.Select(dim => dim is { IsConstant: true, Value: >= 0 } ? dim.Value : -1)])
        : throw NotCarried(model, what, name, $"{type}");

    private static TensorSpec Spec(string model, string what, string name, global::Nbc.Instructions.NbcType type) =>
        type.Kind == global::Nbc.Instructions.NbcValueKind.Tensor
            ? Carried(model, what, name, type.Element, type.Dimensions ?? [])
            : throw NotCarried(model, what, name, $"{type}");

    private static TensorSpec Carried(string model, string what, string name, ElementType type, long[] sizes) =>
        ElementTypes.NameOf(type) == "UNDEFINED"
            ? throw NotCarried(model, what, name, $"a tensor of {type}")
            : new TensorSpec(name, type, sizes);

    private static BackendException NotCarried(string model, string what, string name, string kind) => new(
        BackendFault.UnsupportedModel,
        $"{what} '{name}' of '{model}' is {kind}, which calls cannot carry: export the model with ordinary tensors");
}
