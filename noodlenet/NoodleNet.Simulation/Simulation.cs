using Noodle.Primitives;

namespace NoodleNet.Simulation;

/// <summary>A rule that did not hold, where and when.</summary>
public sealed record Violation(Instant At, string Host, string Rule)
{
    /// <inheritdoc/>
    public override string ToString() => $"at {At}, {Host}: {Rule}";
}

/// <summary>One thread, one clock that moves only from event to event, one seed for every chance.</summary>
/// <remarks>
/// Meaning: events run in the order of their times, and those of one time in the order in which they were set.
/// Bound: <see cref="MaxViolations"/> are kept; a simulation that has one is over, its later ones are echoes.
/// </remarks>
public sealed class Simulation(ulong seed)
{
    public const int MaxViolations = 16;
    private readonly PriorityQueue<Action, (long At, long Order)> _agenda = new();
    private readonly List<Violation> _violations = [];
    private long _order;

    public Instant Now { get; private set; }

    public SeedStreams Streams { get; } = new(seed);

    public TraceHash Trace { get; } = new();

    /// <summary>Events that have run.</summary>
    public long Steps { get; private set; }

    public IReadOnlyList<Violation> Violations => _violations;

    /// <summary>Sets an event; a time that has passed means now.</summary>
    public void At(Instant at, Action action) =>
        _agenda.Enqueue(action, (Math.Max(at.Nanoseconds, Now.Nanoseconds), _order++));

    public void After(TimeSpan length, Action action) => At(Now + length, action);

    public void RunFor(TimeSpan length)
    {
        Instant end = Now + length;
        while (_agenda.TryPeek(out Action? next, out var due) && due.At <= end.Nanoseconds)
        {
            _agenda.Dequeue();
            Now = new Instant(due.At);
            Steps++;
            next();
        }

        Now = end;
    }

    /// <summary>Runs until the condition holds, looking each time that <paramref name="every"/> has passed.</summary>
    /// <returns>False when it did not hold within the limit.</returns>
    public bool RunUntil(Func<bool> holds, TimeSpan limit, TimeSpan every)
    {
        ArgumentNullException.ThrowIfNull(holds);
        Instant end = Now + limit;
        while (!holds())
        {
            if (Now >= end)
            {
                return false;
            }

            RunFor(every);
        }

        return true;
    }

    /// <summary>Writes down what must never happen.</summary>
    public void Violate(string host, string rule)
    {
        if (_violations.Count < MaxViolations)
        {
            _violations.Add(new Violation(Now, host, rule));
        }
    }
}
