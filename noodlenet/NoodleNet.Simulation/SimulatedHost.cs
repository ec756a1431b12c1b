using System.Diagnostics;
using Noodle.Primitives;

namespace NoodleNet.Simulation;

/// <summary>The shell of one machine in a simulation: keeps the host's order, and suffers what hosts suffer.</summary>
/// <remarks>
/// Meaning: each input is followed by every effect and then the deadline, as real hosts do it. A frozen host does
/// nothing and takes up later what reached it; a slow one takes its time for each input; a crashed one forgets all.
/// Bound: <see cref="MaxWaiting"/> inputs wait at a frozen or slow host, as in a socket's buffer; more are lost.
/// </remarks>
public abstract class SimulatedHost<TInput, TEffect>(Simulation simulation, string name)
{
    public const int MaxWaiting = 512;
    private readonly Queue<Action> _waiting = new();
    private Instant _armed = Instant.Never, _busyUntil, _frozenUntil;
    private IMachine<TInput, TEffect>? _machine;

    public Simulation Simulation => simulation;

    public string Name => name;

    public bool IsUp => _machine is not null;

    public bool IsFrozen => _frozenUntil > simulation.Now;

    /// <summary>Counts the starts; what an earlier life asked for does not reach a later one.</summary>
    public int Life { get; private set; }

    /// <summary>What the host needs for each input.</summary>
    public TimeSpan SlowBy { get; set; }

    public HostClock Clock { get; private set; } = new(default);

    /// <summary>What the host's own clock shows.</summary>
    public Instant LocalNow => Clock.ToLocal(simulation.Now);

    /// <summary>Begins a life; the machine has to be given its first input next.</summary>
    protected void Boot(IMachine<TInput, TEffect> machine, HostClock clock)
    {
        Crash();
        (_machine, Clock) = (machine, clock);
    }

    /// <summary>Ends this life between two inputs, without a word.</summary>
    public void Crash()
    {
        Life++;
        _machine = null;
        _waiting.Clear();
        (_armed, _busyUntil, _frozenUntil) = (Instant.Never, default, default);
    }

    public void Freeze(TimeSpan length)
    {
        Instant until = simulation.Now + length;
        if (!IsUp || until <= _frozenUntil)
        {
            return;
        }

        _frozenUntil = until;
        int life = Life;
        simulation.At(until, () =>
        {
            if (life == Life && !IsFrozen)
            {
                Thaw();
            }
        });
    }

    /// <summary>Gives the machine an input: now, or when the host gets to it.</summary>
    public void Give(TInput input)
    {
        if (IsUp && IsReady)
        {
            Handle(input); // without a closure: this is nearly always so
        }
        else
        {
            Do(() => Handle(input));
        }
    }

    private bool IsReady => !IsFrozen && SlowBy == default && _busyUntil <= simulation.Now;

    /// <summary>Gives the machine an input at once; for work that has waited already.</summary>
    protected void Handle(in TInput input)
    {
        _machine!.Handle(input, LocalNow);
        Settle(firedDeadline: false);
    }

    /// <summary>Work of the shell itself, which freezes with it.</summary>
    protected void Do(Action work)
    {
        if (!IsUp || (_waiting.Count >= MaxWaiting && IsFrozen))
        {
            return;
        }

        if (IsFrozen)
        {
            _waiting.Enqueue(work);
        }
        else if (IsReady)
        {
            work();
        }
        else
        {
            DoSlowly(work);
        }
    }

    /// <summary>Does what the machine asks.</summary>
    protected abstract void Perform(TEffect effect);

    /// <summary>Called when all effects of a step are done.</summary>
    /// <param name="firedDeadline">False when the step was an input.</param>
    protected virtual void AfterStep(bool firedDeadline)
    {
    }

    private void DoSlowly(Action work)
    {
        Instant start = _busyUntil > simulation.Now ? _busyUntil : simulation.Now;
        if (start - simulation.Now > SlowBy * MaxWaiting)
        {
            return;
        }

        _busyUntil = start + SlowBy;
        int life = Life;
        simulation.At(_busyUntil, () =>
        {
            if (life != Life)
            {
                return;
            }

            if (IsFrozen)
            {
                _waiting.Enqueue(work);
                return;
            }

            work();
        });
    }

    private void Thaw()
    {
        int life = Life;
        while (life == Life && !IsFrozen && _waiting.TryDequeue(out Action? work))
        {
            work();
        }

        if (life == Life && !IsFrozen)
        {
            Fire();
        }
    }

    private void Fire()
    {
        _machine!.HandleDeadline(LocalNow);
        Settle(firedDeadline: true);
    }

    private void Settle(bool firedDeadline)
    {
        while (_machine!.TryTakeEffect(out TEffect? effect))
        {
            Perform(effect);
            Debug.Assert(IsUp, "effects never end a life");
        }

        if (firedDeadline && _machine.NextDeadline is { } due && due <= LocalNow)
        {
            simulation.Violate(name, $"a deadline at {due} is still there after it was fired at {LocalNow}");
            return; // to arm it would spin for ever
        }

        AfterStep(firedDeadline);
        Arm();
    }

    private void Arm()
    {
        if (_machine!.NextDeadline is not { } local)
        {
            return;
        }

        Instant due = Clock.ToGlobal(local);
        if (due >= _armed)
        {
            return;
        }

        _armed = due;
        int life = Life;
        simulation.At(due, () =>
        {
            if (life != Life || _armed != due)
            {
                return;
            }

            _armed = Instant.Never;
            if (!IsFrozen)
            {
                Fire();
            }
        });
    }
}
