using Noodle.Primitives;
using NoodleNet.Discovery.Wire;

namespace NoodleNet.Discovery;

/// <summary>Remembers which foreign versions the cluster can hold together with.</summary>
/// <remarks>
/// Meaning: the question goes over all members, so a stranger could make us ask it with every datagram. Each answer
/// holds for <see cref="Window"/>, or until a member with versions that are new here was taken in. Bound:
/// <see cref="MaxAsked"/> questions a window; further versions are refused and come again. Cost: O(1) on average.
/// </remarks>
internal sealed class VersionVerdicts
{
    public const int MaxAsked = 16;
    public static readonly TimeSpan Window = TimeSpan.FromSeconds(1);
    private readonly Dictionary<ProtocolVersions, bool> _verdicts = [];
    private readonly HashSet<ProtocolVersions> _taken = [];
    private Instant _since;
    private int _asked;

    /// <param name="ask">Looks at every member.</param>
    public bool Allows(ProtocolVersions versions, Func<ProtocolVersions, bool> ask, Instant now)
    {
        if (now - _since >= Window)
        {
            (_since, _asked) = (now, 0);
            _verdicts.Clear();
            _taken.Clear();
        }

        if (_verdicts.TryGetValue(versions, out bool allowed))
        {
            return allowed;
        }

        if (_asked >= MaxAsked)
        {
            return false;
        }

        _asked++;
        allowed = ask(versions);
        _verdicts.Add(versions, allowed);
        return allowed;
    }

    /// <summary>A member with these versions was taken in.</summary>
    public void Take(ProtocolVersions versions)
    {
        if (_verdicts.TryGetValue(versions, out bool allowed) && _taken.Add(versions))
        {
            _verdicts.Clear(); // the others were asked for without it
            _verdicts.Add(versions, allowed);
        }
    }
}
