using Microsoft.Extensions.Logging;

namespace Ahr.Backends.Auto;

/// <summary>Runs each model on the engine that was measured faster for it and for the shapes of its inputs.</summary>
/// <remarks>Meaning: a model that only one engine takes runs there. Cost: a model is loaded in every engine.</remarks>
public sealed class AutoBackend(
    IReadOnlyList<IBackend> engines, TimeProvider time, ILogger<AutoBackend> logger) : IBackend
{
    public const string BackendName = "auto";

    /// <inheritdoc/>
    public string Name => BackendName;

    /// <summary>The engines it chooses among.</summary>
    public IReadOnlyList<IBackend> Engines => engines;

    /// <inheritdoc/>
    public async ValueTask<IBackendModel> LoadAsync(string path, CancellationToken cancellation)
    {
        List<(string Name, IBackendModel Model)> loaded = [];
        BackendException? refusal = null;
        try
        {
            foreach (IBackend engine in engines)
            {
                try
                {
                    loaded.Add((engine.Name, await engine.LoadAsync(path, cancellation).ConfigureAwait(false)));
                }
                catch (BackendException refused)
                {
                    // What is said last is said by the engine that takes most: list that one last.
                    refusal = refused;
                    Log.EngineRefused(logger, engine.Name, Path.GetFileName(path), refused.Message);
                }
            }
        }
        catch
        {
            loaded.ForEach(each => each.Model.Dispose());
            throw;
        }

        return loaded.Count switch
        {
            0 => throw refusal!,
            1 => loaded[0].Model,
            _ => new AutoModel(Path.GetFileName(path), loaded, time, logger),
        };
    }
}
