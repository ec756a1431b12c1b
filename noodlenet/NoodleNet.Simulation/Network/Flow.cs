namespace NoodleNet.Simulation.Network;

/// <summary>One direction of a stream: how many segments fly at once, and when the lost ones fly again.</summary>
/// <remarks>
/// <code>ten segments --all came--> twice as many --some lost--> half of them, then one more a round trip</code>
/// Meaning: segments that others overtook are known to be lost after a round trip and go out with the next flight.
/// When none of a flight came nothing tells: it goes out again after 200 ms, and after twice as long each time.
/// Source: RFC 5681 (windows), RFC 6298 (times, with the 200 ms that Linux takes for its least), RFC 8985 (losses).
/// </remarks>
internal sealed class Flow(int segments)
{
    private const int FirstWindow = 10; // RFC 6928
    private static readonly TimeSpan s_again = TimeSpan.FromMilliseconds(200);
    private int _left = segments, _window = FirstWindow;
    private bool _isSlowStart = true;
    private TimeSpan _again = s_again;

    public bool IsDone => _left == 0;

    /// <summary>Segments of the next flight.</summary>
    public int Sends => Math.Min(_left, _window);

    /// <summary>Takes how many of <see cref="Sends"/> came; the pause before the next flight when none did.</summary>
    public TimeSpan? Arrive(int came)
    {
        int sent = Sends;
        if (came == 0)
        {
            TimeSpan pause = _again;
            (_again, _window, _isSlowStart) = (_again * 2, 1, false);
            return pause;
        }

        _left -= came;
        _again = s_again;
        _isSlowStart &= came == sent;
        _window = came < sent ? Math.Max(2, _window / 2) : _isSlowStart ? _window * 2 : _window + 1;
        return null;
    }
}
