namespace Ahr.Lowering.Tests;

public sealed class ArenaPlannerTests
{
    private static readonly Gen<ArenaRequest[]> s_requests = Gen
        .Select(Gen.Long[1, 5000], Gen.Int[0, 30], Gen.Int[0, 8])
        .Select((bytes, first, length) => new ArenaRequest(bytes, first, first + length)).Array[0, 40];

    [Fact]
    public void What_is_needed_at_the_same_time_does_not_overlap() => s_requests.Sample(requests =>
    {
        (long[] offsets, long size) = ArenaPlanner.Plan(requests);
        for (int i = 0; i < requests.Length; i++)
        {
            Assert.Equal(0, offsets[i] % ArenaPlanner.Alignment);
            Assert.True(offsets[i] + requests[i].Bytes <= size);
            for (int j = 0; j < i; j++)
            {
                ArenaRequest a = requests[i], b = requests[j];
                bool together = a.First <= b.Last && b.First <= a.Last;
                Assert.False(together && offsets[i] < offsets[j] + b.Bytes && offsets[j] < offsets[i] + a.Bytes);
            }
        }
    });

    [Fact]
    public void A_chain_needs_no_more_than_its_two_largest_neighbours()
    {
        ArenaRequest[] chain = [.. Enumerable.Range(0, 20).Select(i => new ArenaRequest(640, i, i + 1))];
        Assert.Equal(1280, ArenaPlanner.Plan(chain).Size);
    }
}
