using Noodle.Primitives;

namespace Noodle.Bench.Fuzzing;

/// <summary>Makes new inputs of good ones: bits, numbers of note, cuts, copies, and pieces of other inputs.</summary>
internal sealed class Mutator(ulong seed, IReadOnlyList<byte[]> seeds)
{
    private const int MaxBytes = 1 << 16;
    private static readonly byte[][] s_notable =
    [
        [0], [0xFF], [0x7F], [0x80], [0xFF, 0xFF, 0xFF, 0x7F], [0, 0, 0, 0x80], [0xFF, 0xFF, 0xFF, 0xFF],
        [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 1], "-1"u8.ToArray(), "9223372036854775807"u8.ToArray(),
        "99999999"u8.ToArray(), "nan"u8.ToArray(), "\""u8.ToArray(), "\n"u8.ToArray(), "{"u8.ToArray(), "["u8.ToArray(),
    ];

    private readonly Prng _prng = new(seed);

    public byte[] Next()
    {
        List<byte> input = [.. Pick(seeds)];
        for (int i = Below(8); i >= 0; i--)
        {
            Change(input);
        }

        return [.. input.Take(MaxBytes)];
    }

    private void Change(List<byte> input)
    {
        int at = Below(input.Count + 1);
        int length = Math.Min(1 + Below(16), input.Count - at);
        switch (Below(6))
        {
            case 0 when at < input.Count:
                input[at] ^= (byte)(1 << Below(8));
                break;
            case 1 when at < input.Count:
                input[at] = (byte)Below(256);
                break;
            case 2:
                input.RemoveRange(at, length);
                break;
            case 3:
                input.InsertRange(Below(input.Count + 1), input.GetRange(at, length));
                break;
            case 4:
                byte[] notable = Pick(s_notable);
                input.RemoveRange(at, Math.Min(notable.Length, input.Count - at));
                input.InsertRange(at, notable);
                break;
            default:
                byte[] other = Pick(seeds);
                int from = Below(other.Length);
                input.InsertRange(at, other.AsSpan(from, Math.Min(1 + Below(64), other.Length - from)));
                break;
        }
    }

    private T Pick<T>(IReadOnlyList<T> items) => items[Below(items.Count)];

    private int Below(int bound) => (int)(_prng.NextDouble() * bound);
}
