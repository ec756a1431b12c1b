using Noodle.Primitives;
using NoodleNet.Mesh.Vivaldi;
using NoodleNet.Talk;

namespace NoodleNet.Mesh.Topology;

/// <summary>A node's links and coordinate as NoodleTalk carries them.</summary>
/// <remarks>Meaning: reading is total. A link to something that is no node, and each beyond
/// <see cref="LinkSelection.Most"/>, is left out; numbers are cut to what can be.</remarks>
public static class TopologyCodec
{
    private const long LongestMicroseconds = 60_000_000;
    private static readonly TimeSpan s_oldest = TimeSpan.FromDays(1);

    public static MeshCoordinate Write(NetworkCoordinate coordinate)
    {
        ArgumentNullException.ThrowIfNull(coordinate);
        var written = new MeshCoordinate
        {
            Error = coordinate.Error, Adjustment = coordinate.Adjustment, Height = coordinate.Height,
        };
        written.Vector.AddRange(coordinate.Vector.ToArray());
        return written;
    }

    /// <summary>Null when it is absent or not valid.</summary>
    public static NetworkCoordinate? Read(MeshCoordinate? written)
    {
        if (written is null || written.Vector.Count != CoordinateSpace.Dimensions)
        {
            return null;
        }

        var read = new NetworkCoordinate(
            written.Vector.ToArray(), written.Error, written.Adjustment, written.Height);
        return CoordinateSpace.IsValid(read) ? read : null;
    }

    public static TopologyReport Write(NetworkCoordinate coordinate, IReadOnlyList<MeshLink> links)
    {
        ArgumentNullException.ThrowIfNull(links);
        var report = new TopologyReport { Coordinate = Write(coordinate) };
        foreach (MeshLink link in links.Take(LinkSelection.Most))
        {
            var told = new LinkReport
            {
                To = link.To.ToString(),
                Kind = (MeshLinkKind)link.Kind,
                JitterUs = (uint)long.Clamp(link.JitterMicroseconds, 0, LongestMicroseconds),
                LossPermille = (uint)link.LossPermille,
                BytesPerSecond = (ulong)(link.BytesPerSecond ?? 0),
                AgeMs = (uint)long.Clamp((long)link.Age.TotalMilliseconds, 0, (long)s_oldest.TotalMilliseconds),
                Confidence = (uint)link.Confidence,
                Via = link.Via.IsNone ? "" : link.Via.ToString(),
            };
            if (link.RoundTripMicroseconds is { } roundTrip)
            {
                told.RoundTripUs = (uint)long.Clamp(roundTrip, 1, LongestMicroseconds);
            }

            report.Links.Add(told);
        }

        return report;
    }

    public static IReadOnlyList<MeshLink> ReadLinks(TopologyReport report)
    {
        ArgumentNullException.ThrowIfNull(report);
        var links = new List<MeshLink>();
        foreach (LinkReport told in report.Links.Take(LinkSelection.Most))
        {
            if (NodeId.TryParse(told.To, out NodeId to) && Enum.IsDefined((LinkKind)told.Kind))
            {
                links.Add(new MeshLink(
                    to, (LinkKind)told.Kind,
                    told.HasRoundTripUs ? long.Clamp(told.RoundTripUs, 1, LongestMicroseconds) : null,
                    long.Min(told.JitterUs, LongestMicroseconds),
                    (int)uint.Min(told.LossPermille, 1_000),
                    told.BytesPerSecond == 0 ? null : (long)ulong.Min(told.BytesPerSecond, long.MaxValue),
                    TimeSpan.FromMilliseconds(uint.Min(told.AgeMs, (uint)s_oldest.TotalMilliseconds)),
                    (int)uint.Min(told.Confidence, 100),
                    NodeId.TryParse(told.Via, out NodeId via) ? via : default));
            }
        }

        return links;
    }
}
