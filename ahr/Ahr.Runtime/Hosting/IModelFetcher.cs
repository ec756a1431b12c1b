namespace Ahr.Runtime;

/// <summary>How much of a model is here.</summary>
/// <param name="TotalBytes">0 until it is known.</param>
public readonly record struct FetchProgress(long DoneBytes, long TotalBytes);

/// <summary>Brings models from peers; the node implements it over NoodleLink.</summary>
public interface IModelFetcher
{
    /// <summary>Brings a model into the store, which checks the digest.</summary>
    ValueTask<StoreResult> FetchAsync(
        string digest, ModelStore store, IProgress<FetchProgress> progress, CancellationToken cancellation);
}
