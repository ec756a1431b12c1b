namespace Ahr.Lowering;

/// <summary>A piece of memory that is needed from one instruction to another, both included.</summary>
/// <param name="Bytes">Unit: bytes.</param>
public readonly record struct ArenaRequest(long Bytes, int First, int Last);

/// <summary>Gives every piece a place in one arena, so that pieces needed at the same time do not overlap.</summary>
/// <remarks>
/// Meaning: largest first, each at the lowest place that is free for its whole time (greedy by size; Pisarchyk and Lee,
/// "Efficient Memory Management for Deep Neural Net Inference", 2020).
/// Cost: time grows with the square of the pieces. Bound: places are multiples of <see cref="Alignment"/>.
/// </remarks>
public static class ArenaPlanner
{
    public const int Alignment = 64;

    /// <returns>A place for each request in its order, and the size of the arena.</returns>
    public static (long[] Offsets, long Size) Plan(IReadOnlyList<ArenaRequest> requests)
    {
        ArgumentNullException.ThrowIfNull(requests);
        int[] order = [.. Enumerable.Range(0, requests.Count).OrderByDescending(i => requests[i].Bytes).ThenBy(i => i)];
        long[] offsets = new long[requests.Count];
        List<int> placed = []; // by offset
        long size = 0;
        foreach (int index in order)
        {
            ArenaRequest request = requests[index];
            long bytes = RoundUp(request.Bytes);
            long offset = 0;
            foreach (int other in placed)
            {
                if (requests[other].Last < request.First || requests[other].First > request.Last)
                {
                    continue;
                }

                if (offsets[other] - offset >= bytes)
                {
                    break;
                }

                offset = Math.Max(offset, offsets[other] + RoundUp(requests[other].Bytes));
            }

            offsets[index] = offset;
            int at = placed.FindIndex(other => offsets[other] > offset);
            placed.Insert(at < 0 ? placed.Count : at, index);
            size = Math.Max(size, offset + bytes);
        }

        return (offsets, size);
    }

    private static long RoundUp(long bytes) => checked((bytes + Alignment - 1) / Alignment * Alignment);
}
