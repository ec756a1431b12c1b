using System.Globalization;

namespace Noodle.Bench.Cluster;

/// <summary>A living node that another one called failed.</summary>
/// <param name="Viewer">Who said it.</param>
/// <param name="Node">Of whom.</param>
/// <param name="WasFrozen">True when it is the node that was frozen; false for one that went on all the time.</param>
/// <param name="AfterMs">Since the freeze began.</param>
/// <param name="Why">What the viewer gave as its reason.</param>
internal sealed record FalseFailure(string Viewer, string Node, bool WasFrozen, double AfterMs, string Why)
{
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{AfterMs:0} ms into the freeze {Viewer} called {Node}, which {(WasFrozen ? "was frozen" : "ran")}, failed: " +
        $"{Why}");
}
