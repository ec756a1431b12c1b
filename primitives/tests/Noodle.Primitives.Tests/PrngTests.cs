namespace Noodle.Primitives.Tests;

public sealed class PrngTests
{
    [Fact]
    public void The_same_seed_gives_the_same_sequence_for_ever()
    {   // A change of these numbers changes every recorded simulation seed.
        var prng = new Prng(42);
        Assert.Equal([1546998764402558742, 6990951692964543102, 12544586762248559009],
            new[] { prng.NextUInt64(), prng.NextUInt64(), prng.NextUInt64() });
    }

    [Fact]
    public void Forks_differ_by_purpose_and_by_parent()
    {
        ulong a = new Prng(1).Fork("loss").NextUInt64(), b = new Prng(1).Fork("delay").NextUInt64();
        ulong c = new Prng(2).Fork("loss").NextUInt64();

        Assert.Equal(a, new Prng(1).Fork("loss").NextUInt64());
        Assert.Equal(3, new HashSet<ulong> { a, b, c }.Count);
    }

    [Fact]
    public void Numbers_stay_below_their_limit_and_reach_every_value() =>
        Gen.Select(Gen.ULong, Gen.Int[1, 20]).Sample((seed, limit) =>
        {
            var prng = new Prng(seed);
            var seen = new bool[limit];
            for (int i = 0; i < 60 * limit; i++)
            {
                seen[prng.Next(limit)] = true;
            }

            Assert.DoesNotContain(false, seen);
        });

    [Fact]
    public void A_shuffle_keeps_every_item() => Gen.Select(Gen.ULong, Gen.Int.Array[0, 40]).Sample((seed, items) =>
    {
        int[] shuffled = [.. items];
        new Prng(seed).Shuffle(shuffled.AsSpan());
        Assert.Equal(items.Order(), shuffled.Order());
    });

    [Fact]
    public void Probabilities_doubles_and_lengths_keep_their_bounds()
    {
        var prng = new Prng(7);
        int trues = 0;
        for (int i = 0; i < 10_000; i++)
        {
            trues += prng.NextBool(0.25) ? 1 : 0;
            Assert.InRange(prng.NextDouble(), 0, 0.9999999999999999);
            Assert.InRange(prng.Next(TimeSpan.FromSeconds(1)), TimeSpan.Zero, TimeSpan.FromSeconds(1));
        }

        Assert.InRange(trues, 2_300, 2_700);
        Assert.Throws<ArgumentOutOfRangeException>(() => prng.Next(0));
    }

    [Fact]
    public void Fill_reaches_every_byte_of_every_length()
    {
        for (int length = 0; length < 40; length++)
        {
            byte[] bytes = new byte[length], again = new byte[length];
            for (int round = 0; round < 40; round++)
            {
                new Prng((ulong)round).Fill(again);
                for (int i = 0; i < length; i++)
                {
                    bytes[i] |= again[i];
                }
            }

            Assert.DoesNotContain((byte)0, bytes);
        }
    }
}
