using Noodle.Primitives;

namespace Nbc.Runtime.Frames;

/// <summary>A task that runs: the outermost of its frames.</summary>
/// <param name="Name">Of the frame: the model, the program, what is loaded.</param>
/// <param name="Owner">Who asked; empty: nobody's.</param>
/// <param name="TraceId">W3C trace id; empty when there is none.</param>
/// <param name="Age">How long the frame has been open.</param>
/// <param name="Left">Until its deadline, negative when that has passed; null: it has none.</param>
public readonly record struct RunningTask(string Name, string Owner, string TraceId, TimeSpan Age, TimeSpan? Left);

/// <summary>What runs in a process: every task is on it while its frame is open.</summary>
/// <remarks>
/// Bound: as many as whoever opens frames lets run at once; <see cref="MostIdle"/> idle stacks are kept.
/// Cost: four short locks a task, two for one that a machine here runs; nothing is allocated once as many ran at once
/// before. Safe for several threads.
/// </remarks>
/// <param name="time">The clock on which the deadlines of its tasks lie.</param>
public sealed class TaskBoard(TimeProvider time)
{
    private const int MostIdle = 256;

    private readonly Lock _gate = new();
    private readonly Stack<TaskSlot> _idle = new();
    private readonly Stack<int> _free = new();
    private Entry[] _entries = new Entry[16];
    private int _used;

    /// <summary>The clock on which deadlines lie.</summary>
    public TimeProvider Time => time;

    /// <summary>Opens the frame of a task on a stack of its own; dispose it when the task has ended.</summary>
    public TaskFrame Enter(string name, NbcTask task)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(task);
        TaskSlot? slot;
        lock (_gate)
        {
            _idle.TryPop(out slot);
        }

        slot ??= new TaskSlot(this);
        return new TaskFrame(slot, slot.Open(name, task));
    }

    /// <summary>The tasks that run now, the oldest first.</summary>
    public IReadOnlyList<RunningTask> List()
    {
        Entry[] entries;
        lock (_gate)
        {
            entries = _entries[.._used];
        }

        Instant now = time.GetInstant();
        return [.. entries.Where(static entry => entry.Name is not null).OrderBy(static entry => entry.Since)
            .Select(entry => new RunningTask(
                entry.Name!, entry.Owner, entry.TraceId, now - entry.Since, entry.Deadline - now))];
    }

    /// <summary>Puts on the board what the innermost frame of a stack carries.</summary>
    /// <returns>Its place, for <see cref="Remove"/>.</returns>
    internal int Add(string name, StackManager stack)
    {
        Entry entry = new(name, stack.Owner, stack.TraceId, time.GetInstant(), stack.Deadline);
        lock (_gate)
        {
            if (!_free.TryPop(out int place))
            {
                place = _used++;
                if (place == _entries.Length)
                {
                    Array.Resize(ref _entries, place * 2);
                }
            }

            _entries[place] = entry;
            return place;
        }
    }

    internal void Remove(int place)
    {
        lock (_gate)
        {
            _entries[place] = default;
            _free.Push(place);
        }
    }

    internal void Return(TaskSlot slot)
    {
        lock (_gate)
        {
            if (_idle.Count < MostIdle)
            {
                _idle.Push(slot);
            }
        }
    }

    private readonly record struct Entry(
        string? Name, string Owner, string TraceId, Instant Since, Instant? Deadline);
}
