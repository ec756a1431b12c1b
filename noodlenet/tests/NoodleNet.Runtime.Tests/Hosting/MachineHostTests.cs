using System.Diagnostics.CodeAnalysis;
using System.Threading.Channels;
using Noodle.Primitives;
using NoodleNet.Runtime.Hosting;

namespace NoodleNet.Runtime.Tests.Hosting;

public sealed class MachineHostTests
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task Inputs_come_in_order_and_deadlines_fire_when_the_clock_gets_there()
    {
        using var limit = new CancellationTokenSource(Bound);
        var clock = new HandClock();
        Channel<string> performed = Channel.CreateUnbounded<string>();
        await using var host = new MachineHost<int, string>(
            new Countdown(), effect => performed.Writer.TryWrite(effect), clock);
        Assert.True(host.TryPost(1));
        await host.PostAsync(50, limit.Token);
        Assert.Equal("took 1", await performed.Reader.ReadAsync(limit.Token));
        Assert.Equal("took 50", await performed.Reader.ReadAsync(limit.Token));
        await clock.Armed.Task.WaitAsync(limit.Token);
        Assert.False(performed.Reader.TryRead(out _));

        clock.Advance(TimeSpan.FromMilliseconds(51));
        Assert.Equal("due", await performed.Reader.ReadAsync(limit.Token));
        Assert.Equal(TimeSpan.FromMilliseconds(51), host.Now - Instant.Origin);
    }

    [Fact]
    public async Task A_defect_in_the_machine_ends_the_host_and_is_seen()
    {
        await using var host = new MachineHost<int, string>(new Countdown(), _ => { }, TimeProvider.System);
        host.TryPost(-1);
        await Assert.ThrowsAsync<InvalidOperationException>(() => host.Completion.WaitAsync(Bound));
        Assert.False(host.TryPost(1));
        await Assert.ThrowsAsync<ChannelClosedException>(() => host.PostAsync(1, default).AsTask());
    }

    [Fact]
    public async Task A_disposed_host_has_ended_without_a_fault()
    {
        var host = new MachineHost<int, string>(new Countdown(), _ => { }, TimeProvider.System, 1);
        await host.DisposeAsync();
        await host.Completion;
        Assert.False(host.TryPost(1));
    }

    [Fact]
    public async Task A_host_whose_inputs_never_end_can_be_disposed_of()
    {
        MachineHost<int, string>? host = null;
        var turning = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        host = new MachineHost<int, string>(
            new Countdown(),
            _ =>
            {
                turning.TrySetResult();
                host!.TryPost(1);
            },
            TimeProvider.System);
        host.TryPost(1);
        await turning.Task.WaitAsync(Bound);
        await host.DisposeAsync().AsTask().WaitAsync(Bound);
    }

    /// <summary>Tells each input, and is due that many milliseconds later.</summary>
    private sealed class Countdown : IMachine<int, string>
    {
        private readonly Queue<string> _effects = new();

        public Instant? NextDeadline { get; private set; }

        public void Handle(in int input, Instant now)
        {
            if (input < 0)
            {
                throw new InvalidOperationException("a defect");
            }

            _effects.Enqueue($"took {input}");
            NextDeadline = input > 1 ? now + TimeSpan.FromMilliseconds(input) : null;
        }

        public void HandleDeadline(Instant now)
        {
            if (NextDeadline <= now)
            {
                NextDeadline = null;
                _effects.Enqueue("due");
            }
        }

        public bool TryTakeEffect([MaybeNullWhen(false)] out string effect) => _effects.TryDequeue(out effect);
    }

    /// <summary>A clock moved by hand, with a frequency that nobody expects.</summary>
    private sealed class HandClock : TimeProvider
    {
        private long _ticks;
        private Action? _fire;

        public TaskCompletionSource Armed { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public override long TimestampFrequency => 7 * TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => 7 * Interlocked.Read(ref _ticks);

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            _fire = () => callback(state);
            return new HandTimer(Armed);
        }

        public void Advance(TimeSpan length)
        {
            Interlocked.Add(ref _ticks, length.Ticks);
            _fire!();
        }

        private sealed class HandTimer(TaskCompletionSource armed) : ITimer
        {
            public bool Change(TimeSpan dueTime, TimeSpan period)
            {
                armed.TrySetResult();
                return true;
            }

            public void Dispose()
            {
            }

            public ValueTask DisposeAsync() => default;
        }
    }
}
