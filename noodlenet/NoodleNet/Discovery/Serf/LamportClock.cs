namespace NoodleNet.Discovery.Serf;

/// <summary>Orders what nodes say without asking any wall clock.</summary>
/// <remarks>Bound: stops at <see cref="Last"/>, which no honest cluster reaches, instead of going round.</remarks>
internal sealed class LamportClock
{
    /// <summary>A larger number on the wire is malformed.</summary>
    public const ulong Last = long.MaxValue;

    /// <summary>The number that the next word of ours gets.</summary>
    public ulong Time { get; private set; } = 1;

    /// <summary>Takes the number for a word of ours.</summary>
    public ulong Take()
    {
        ulong taken = Time;
        Witness(taken);
        return taken;
    }

    /// <summary>Moves past a number that was heard.</summary>
    public void Witness(ulong heard)
    {
        if (heard >= Time)
        {
            Time = heard >= Last ? Last : heard + 1;
        }
    }
}
