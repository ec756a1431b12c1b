using NoodleNet.Content;

namespace NoodleNet.Tests.Content;

public sealed class ChunkManifestTests
{
    [Fact]
    public void The_digest_of_a_manifest_stays_as_it_is() => Assert.Equal(
        "32dadeb06e831b6d76f1d8f906715c412bc024c4f7de8b78c2de0c83adc64837",
        FetchSimulation.ManifestOf([1, 2, 3, 4, 5], 2).Digest);

    public static TheoryData<string, long, int, int, bool> Parts => new()
    {   // what                      size            chunk                            hash bytes    fits
        { "one chunk",               1,              1 << 20,                         32,           true  },
        { "a whole last chunk",      2 << 20,        1 << 20,                         64,           true  },
        { "a begun last chunk",      (2 << 20) + 1,  1 << 20,                         96,           true  },
        { "no size",                 0,              1 << 20,                         0,            false },
        { "a negative size",         -1,             1 << 20,                         32,           false },
        { "too few hashes",          2 << 20,        1 << 20,                         32,           false },
        { "too many hashes",         1,              1 << 20,                         64,           false },
        { "half a hash",             1,              1 << 20,                         33,           false },
        { "no chunk length",         1,              0,                               32,           false },
        { "a huge chunk length",     1,              ChunkManifest.MaxChunkBytes + 1, 32,           false },
        { "a huge size",             long.MaxValue,  ChunkManifest.MaxChunkBytes,     32,           false },
    };

    [Theory]
    [MemberData(nameof(Parts))]
    public void Only_parts_that_fit_make_a_manifest(string what, long size, int chunk, int hashBytes, bool fits) =>
        Assert.True(fits == ChunkManifest.TryCreate(size, chunk, new byte[hashBytes], out _), what);

    [Fact]
    public void A_chunk_matches_at_its_place_only()
    {
        ChunkManifest manifest = FetchSimulation.ManifestOf([1, 2, 3, 4, 5], 2);
        Assert.Equal((3, 2, 1), (manifest.Count, manifest.LengthOf(0), manifest.LengthOf(2)));
        Assert.True(manifest.Matches(1, [3, 4]));
        Assert.True(manifest.Matches(2, [5]));
        Assert.False(manifest.Matches(0, [3, 4]));
        Assert.False(manifest.Matches(2, [5, 0]));
        Assert.False(manifest.Matches(1, []));
    }

    [Fact]
    public void Size_chunk_length_and_every_hash_count_for_the_digest()
    {
        var digests = new HashSet<string>
        {
            FetchSimulation.ManifestOf([1, 2, 3], 2).Digest,
            FetchSimulation.ManifestOf([1, 2, 3], 3).Digest,
            FetchSimulation.ManifestOf([1, 2, 4], 2).Digest,
            FetchSimulation.ManifestOf([1, 2, 3, 4], 2).Digest,
        };
        Assert.Equal(4, digests.Count);
    }
}
