namespace NoodleNet.Mesh.Quality;

/// <summary>How far a measured number is to be believed.</summary>
public static class Confidence
{
    /// <summary>Nothing speaks against it.</summary>
    public const int Full = 100;

    /// <summary>A number that nobody renews is believed half as much after this long.</summary>
    public static readonly TimeSpan HalfLife = TimeSpan.FromMinutes(1);

    private const int EnoughSamples = 8;

    /// <summary>0 to 100: full after eight samples, halved with each <see cref="HalfLife"/> of age.</summary>
    /// <remarks>Meaning: between two halvings it falls in a straight line, so that it is a whole number everywhere
    /// and the same on every machine.</remarks>
    public static int Of(long samples, TimeSpan age)
    {
        long full = Full * long.Clamp(samples, 0, EnoughSamples) / EnoughSamples;
        long ticks = long.Max(age.Ticks, 0);
        long halvings = ticks / HalfLife.Ticks;
        if (halvings >= 7)
        {
            return 0;
        }

        long upper = full * 1_000 >> (int)halvings;
        long lost = upper / 2 * (ticks % HalfLife.Ticks / TimeSpan.TicksPerMillisecond)
            / (HalfLife.Ticks / TimeSpan.TicksPerMillisecond);
        return (int)((upper - lost) / 1_000);
    }
}
