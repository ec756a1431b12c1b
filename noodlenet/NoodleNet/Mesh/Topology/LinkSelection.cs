namespace NoodleNet.Mesh.Topology;

/// <summary>Which of its links a node tells all others of.</summary>
/// <remarks>
/// Meaning: first those that it cannot make, for they are what a relay is for; then the worst; then the best, among
/// which a relay is found. Bound: <see cref="Most"/> links, whatever the size of the mesh.
/// </remarks>
public static class LinkSelection
{
    /// <summary>Links in one report.</summary>
    public const int Most = 32;

    private const int MostUnreachable = 8;
    private const int MostWorst = 4;

    public static IReadOnlyList<MeshLink> Choose(IReadOnlyCollection<MeshLink> links)
    {
        ArgumentNullException.ThrowIfNull(links);
        MeshLink[] unreachable = [.. links.Where(link => link.Kind is LinkKind.Unreachable or LinkKind.Relay)
            .OrderBy(link => link.To)];
        MeshLink[] made = [.. links.Where(link => link.IsDirect).OrderBy(RoundTripOf).ThenBy(link => link.To)];
        var chosen = new List<MeshLink>(Most);
        chosen.AddRange(unreachable.Take(made.Length == 0 ? Most : MostUnreachable));
        int best = int.Min(Most - chosen.Count - MostWorst, made.Length);
        chosen.AddRange(made.Take(best));
        chosen.AddRange(made.Skip(int.Max(best, made.Length - MostWorst)));
        chosen.AddRange(unreachable.Skip(MostUnreachable).Take(made.Length == 0 ? 0 : Most - chosen.Count));
        return chosen;

        static long RoundTripOf(MeshLink link) => link.RoundTripMicroseconds ?? long.MaxValue;
    }
}
