using System.Threading.Channels;
using Noodle.Primitives;

namespace NoodleNet.Runtime.Hosting;

/// <summary>Runs one machine: one task owns it, and it alone turns the clock into <see cref="Instant"/>.</summary>
/// <remarks>
/// Order: handle an input, perform every effect, and so on until no input waits; then fire what is due; then wait for
/// an input or the next deadline, whichever is first. Bound: the given number of inputs wait at once.
/// </remarks>
public sealed class MachineHost<TInput, TEffect> : IAsyncDisposable
{
    private static readonly TimeSpan LongestWait = TimeSpan.FromDays(1);
    private readonly IMachine<TInput, TEffect> _machine;
    private readonly Action<TEffect> _perform;
    private readonly TimeProvider _time;
    private readonly long _origin;
    private readonly Channel<TInput> _inputs;
    private readonly Channel<bool> _wake;
    private readonly CancellationTokenSource _stop = new();

    /// <param name="perform">Called by the owning task; it must not block.</param>
    /// <param name="capacity">Inputs that may wait.</param>
    public MachineHost(
        IMachine<TInput, TEffect> machine, Action<TEffect> perform, TimeProvider time, int capacity = 4096)
    {
        ArgumentNullException.ThrowIfNull(machine);
        ArgumentNullException.ThrowIfNull(perform);
        ArgumentNullException.ThrowIfNull(time);
        (_machine, _perform, _time, _origin) = (machine, perform, time, time.GetTimestamp());
        _inputs = Channel.CreateBounded<TInput>(new BoundedChannelOptions(capacity) { SingleReader = true });
        _wake = Channel.CreateBounded<bool>(
            new BoundedChannelOptions(1) { SingleReader = true, FullMode = BoundedChannelFullMode.DropWrite });
        Completion = Task.Run(RunAsync);
    }

    /// <summary>Ends when the host is disposed; fails when the machine or an effect threw, which is a defect.</summary>
    public Task Completion { get; }

    /// <summary>The machine's clock.</summary>
    public Instant Now => new(_time.GetElapsedTime(_origin).Ticks * TimeSpan.NanosecondsPerTick);

    /// <summary>Hands over an input; false when too many wait or the host has ended.</summary>
    public bool TryPost(TInput input)
    {
        bool taken = _inputs.Writer.TryWrite(input);
        _wake.Writer.TryWrite(true);
        return taken;
    }

    /// <summary>Hands over an input and waits for room.</summary>
    /// <exception cref="ChannelClosedException">The host has ended.</exception>
    public async ValueTask PostAsync(TInput input, CancellationToken cancellation)
    {
        await _inputs.Writer.WriteAsync(input, cancellation).ConfigureAwait(false);
        _wake.Writer.TryWrite(true);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await Completion.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task RunAsync()
    {
        try
        {
            await using ITimer timer = _time.CreateTimer(
                static wake => ((Channel<bool>)wake!).Writer.TryWrite(true), _wake,
                Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            while (!_stop.IsCancellationRequested)
            {
                RunOnce();
                if (_machine.NextDeadline is { } due)
                {
                    timer.Change(WaitUntil(due), Timeout.InfiniteTimeSpan);
                }

                await _wake.Reader.ReadAsync(_stop.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            return;
        }
        finally
        {
            _inputs.Writer.TryComplete();
        }
    }

    private void RunOnce()
    {
        while (!_stop.IsCancellationRequested && _inputs.Reader.TryRead(out TInput? input))
        {
            _machine.Handle(input, Now);
            PerformAll();
            if (_machine.NextDeadline is { } due && due <= Now)
            {
                _machine.HandleDeadline(Now); // a flood of inputs does not hold up the timers
                PerformAll();
            }
        }

        _machine.HandleDeadline(Now);
        PerformAll();
    }

    private void PerformAll()
    {
        while (_machine.TryTakeEffect(out TEffect? effect))
        {
            _perform(effect);
        }
    }

    // Timers count whole milliseconds: round up, or the last one would be spent turning in circles.
    private TimeSpan WaitUntil(Instant due)
    {
        TimeSpan wait = due - Now;
        wait = wait <= TimeSpan.Zero ? TimeSpan.Zero : wait + TimeSpan.FromMilliseconds(1);
        return wait < LongestWait ? wait : LongestWait;
    }
}
