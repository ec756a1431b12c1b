namespace Nbc.Runtime.Tests.Machine;

/// <summary>A clock that moves when it is told to, and by a step each time somebody looks.</summary>
internal sealed class SteppedTime : TimeProvider
{
    private long _now = 7_000_000;

    public TimeSpan StepPerLook { get; set; }

    public override long TimestampFrequency => 70_000_000; // an odd one: seven ticks for 100 ns

    public override long GetTimestamp() => Interlocked.Add(ref _now, StepPerLook.Ticks * 7);

    public void Step(TimeSpan length) => Interlocked.Add(ref _now, length.Ticks * 7);
}
