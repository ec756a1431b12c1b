using Ahr.Runtime;
using Microsoft.Extensions.Logging;
using NoodleNet.Content;

namespace Noodle.Node.Models;

/// <summary>Pulls model files in chunks from all nodes that have them.</summary>
/// <param name="find">What is deployed under a digest; null when nothing is.</param>
/// <remarks>
/// Meaning: where the deployment names the digest of its chunks, a chunk that does not fit is a lie of who sent it;
/// where it does not (deployed by an older node), the whole file decides. Bound: <see cref="FetchOptions"/>.
/// </remarks>
internal sealed class PeerModelFetcher(
    IContentPeers peers, Func<string, DeployedModel?> find, TimeProvider time, ILogger log) : IModelFetcher
{
    public async ValueTask<StoreResult> FetchAsync(
        string digest, ModelStore store, IProgress<FetchProgress> progress, CancellationToken cancellation)
    {
        DeployedModel? model = find(digest);
        bool isNamed = model is { ChunksDigest.Length: > 0 };
        var options = new FetchOptions
        {
            MaxSizeBytes = store.MaxModelBytes,
            ManifestDigest = isNamed ? model!.ChunksDigest : null,
            SizeBytes = isNamed ? model!.SizeBytes : null,
        };
        long start = time.GetTimestamp();
        using var fetch = new ContentFetch(digest, store, peers, options, time, log);
        StoreResult result = await fetch.RunAsync(progress, cancellation);
        if (result.Fault == StoreFault.None)
        {
            Log.ModelFetched(log, digest, result.SizeBytes, fetch.Sources,
                (long)time.GetElapsedTime(start).TotalMilliseconds);
        }

        return result;
    }
}
