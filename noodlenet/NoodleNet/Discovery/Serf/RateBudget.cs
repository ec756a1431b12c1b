using Noodle.Primitives;

namespace NoodleNet.Discovery.Serf;

/// <summary>So many a second, no more: for work that strangers can ask for.</summary>
internal sealed class RateBudget(int aSecond)
{
    private Instant _since;
    private int _used;

    public bool TryTake(Instant now)
    {
        if (now - _since >= TimeSpan.FromSeconds(1))
        {
            (_since, _used) = (now, 0);
        }

        return _used++ < aSecond;
    }
}
