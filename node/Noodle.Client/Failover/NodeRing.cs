using Noodle.Primitives;

namespace Noodle.Client.Failover;

/// <summary>
/// Which node is asked next: in turn, those that failed a moment ago last. Safe to use from every thread.
/// </summary>
/// <remarks>Bound: 64 nodes, because a call marks those it tried in one word.</remarks>
internal sealed class NodeRing(IReadOnlyList<Uri> nodes)
{
    public const int MaxNodes = 64;

    private readonly long[] _avoidUntil = new long[nodes.Count];
    private uint _turn = uint.MaxValue;

    /// <summary>Address of a node.</summary>
    public Uri this[int index] => nodes[index];

    /// <summary>Picks a node for one call's next attempt.</summary>
    /// <param name="tried">Bit i is set when this call has tried node i; starts anew when all were tried.</param>
    public int Pick(Instant now, ref ulong tried)
    {
        ulong all = ulong.MaxValue >> (MaxNodes - nodes.Count);
        if ((tried & all) == all)
        {
            tried = 0;
        }

        int start = (int)(Interlocked.Increment(ref _turn) % (uint)nodes.Count);
        int best = -1;
        long bestUntil = long.MaxValue;
        for (int i = 0; i < nodes.Count; i++)
        {
            int index = (start + i) % nodes.Count;
            if ((tried >> index & 1) != 0)
            {
                continue;
            }

            // Those not avoided count as equal, so that turns decide; of the others the one that failed longest ago.
            long until = Math.Max(Volatile.Read(ref _avoidUntil[index]), now.Nanoseconds);
            if (best < 0 || until < bestUntil)
            {
                (best, bestUntil) = (index, until);
            }
        }

        tried |= 1ul << best;
        return best;
    }

    /// <summary>Says that a node could not be reached or broke off.</summary>
    public void Avoid(int index, Instant until) => Volatile.Write(ref _avoidUntil[index], until.Nanoseconds);

    /// <summary>Says that a node answered.</summary>
    public void Trust(int index) => Volatile.Write(ref _avoidUntil[index], 0);
}
