namespace Ahr.Runtime;

/// <summary>Brings models from peers; the node implements it over NoodleLink.</summary>
public interface IModelFetcher
{
    /// <summary>Brings a model into the store, which checks the digest.</summary>
    ValueTask<StoreResult> FetchAsync(string digest, ModelStore store, CancellationToken cancellation);
}
