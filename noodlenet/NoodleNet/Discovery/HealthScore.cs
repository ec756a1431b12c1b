namespace NoodleNet.Discovery;

/// <summary>How much this node trusts its own view: 0 is well, each step slows its probing.</summary>
/// <remarks>Source: Dadgar, Phillips and Currey, "Lifeguard: Local Health Awareness", 2018.</remarks>
internal sealed class HealthScore(int exclusiveLimit)
{
    public int Value { get; private set; }

    public void Apply(int delta) => Value = Math.Clamp(Value + delta, 0, exclusiveLimit - 1);

    public TimeSpan Scale(TimeSpan length) => length * (Value + 1);
}
