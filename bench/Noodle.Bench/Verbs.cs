using Noodle.Bench.Cluster;
using Noodle.Bench.Link;
using Noodle.Bench.Discovery;
using Noodle.Bench.Fuzzing;
using Noodle.Bench.Models;
using Noodle.Bench.Overhead;

namespace Noodle.Bench;

/// <summary>Every benchmark there is.</summary>
internal static class Verbs
{
    public static IReadOnlyList<Verb> All { get; } =
    [
        TensorJsonVerb.Verb, ServeOverheadVerb.Verb, RemoteOverheadVerb.Verb, ClusterVerb.Verb, DiscoveryVerb.Verb,
        LinkVerb.Verb, FuzzVerb.Verb, FetchVerb.Verb, ModelsVerb.Verb, LargeVerb.Verb,
    ];
}
