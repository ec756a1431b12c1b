using Nbc.Instructions;
using Nbc.Runtime.Errors;
using Nbc.Runtime.Memory;
using Noodle.Primitives;

namespace Nbc.Runtime.Frames;

/// <summary>Named frames with their locals and return addresses, and the operand stack of scalars.</summary>
/// <remarks>
/// Meaning: a frame of a call starts with no locals but its own and sees nothing of the stack below; a block frame
/// inside a call adds locals behind those of its call. Overflow and underflow are errors, never a crash.
/// Every frame carries on whose behalf it is open: owner, trace, deadline and limits of the task that it belongs to. A
/// task inside another one takes what it does not say from there; its deadline and limits reach no further.
/// Bound: <see cref="NbcLimits.FrameDepth"/>, <see cref="NbcLimits.StackDepth"/>. Cost: nothing is allocated once
/// the arrays have grown.
/// </remarks>
public sealed class StackManager
{
    private const int TextOverheadBytes = 24;
    private const int ScalarBytes = 24;
    private readonly MemoryBudget? _budget;
    private Frame[] _frames = new Frame[8];
    private TaskTerms[] _tasks = new TaskTerms[2]; // the first holds while no frame of a task is open
    private int _task;
    private NbcScalar[] _locals = new NbcScalar[16];
    private NbcScalar[] _operands = new NbcScalar[16];
    private int _localTop;

    public StackManager(NbcTask? task = null)
        : this(task, null)
    {
    }

    internal StackManager(NbcTask? task, MemoryBudget? budget)
    {
        _budget = budget;
        Begin(NbcTask.Default, task ?? NbcTask.Default);
    }

    /// <summary>On whose behalf the innermost frame is open; empty: nobody's.</summary>
    public string Owner => _tasks[_task].Owner;

    /// <summary>W3C trace id that the innermost frame belongs to; empty when there is none.</summary>
    public string TraceId => _tasks[_task].TraceId;

    /// <summary>When whoever waits for the innermost frame stops waiting; null: never.</summary>
    public Instant? Deadline => _tasks[_task].Deadline;

    /// <summary>What the innermost frame may use.</summary>
    public NbcLimits Limits => _tasks[_task].Limits;

    /// <summary>Frames that are open.</summary>
    public int Depth { get; private set; }

    /// <summary>Scalars on the operand stack.</summary>
    public int Operands { get; private set; }

    /// <summary>Name of the innermost frame.</summary>
    /// <exception cref="NbcException">No frame is open (1005).</exception>
    public string Name => Top().Name;

    /// <summary>Opens the frame of a call.</summary>
    /// <param name="locals">0 to <see cref="NbcFunction.MaxLocals"/>; all null.</param>
    /// <param name="returnAddress">What <see cref="ExitFrame"/> gives back.</param>
    /// <exception cref="NbcException">Too many frames (1003).</exception>
    public void EnterCall(string name, int locals, int returnAddress) =>
        Open(new Frame(name, returnAddress, _localTop, _localTop, Operands, true, false), locals);

    /// <summary>Opens the frame of a task, inside the task whose frame is open: a call that carries terms of its own.
    /// </summary>
    /// <param name="locals">0 to <see cref="NbcFunction.MaxLocals"/>; all null.</param>
    /// <param name="returnAddress">What <see cref="ExitFrame"/> gives back.</param>
    /// <exception cref="NbcException">Too many frames (1003).</exception>
    public void EnterTask(string name, NbcTask task, int locals = 0, int returnAddress = 0)
    {
        ArgumentNullException.ThrowIfNull(task);
        TaskTerms terms = _tasks[_task].Inside(task);
        Open(new Frame(name, returnAddress, _localTop, _localTop, Operands, true, true), locals);
        if (++_task == _tasks.Length)
        {
            Array.Resize(ref _tasks, _task * 2);
        }

        _tasks[_task] = terms;
    }

    /// <summary>Opens a frame inside a call; its locals follow those of the frame around it.</summary>
    /// <exception cref="NbcException">Too many frames (1003), or none to be in (1005).</exception>
    public void EnterFrame(string name, int locals)
    {
        Frame around = Top();
        Open(
            new Frame(name, around.ReturnAddress, around.LocalBase, _localTop, around.OperandBase, false, false),
            locals);
    }

    /// <summary>Closes the innermost frame.</summary>
    /// <returns>Its return address.</returns>
    /// <exception cref="NbcException">No frame is open (1005).</exception>
    public int ExitFrame()
    {
        Frame frame = Top();
        Clear(_locals, frame.OwnLocals, _localTop);
        _localTop = frame.OwnLocals;
        Depth--;
        _frames[Depth] = default;
        if (frame.IsTask)
        {
            _tasks[_task--] = default;
        }

        return frame.ReturnAddress;
    }

    /// <summary>Closes the innermost call and the frames that are open in it; its operands go to the caller.</summary>
    /// <returns>Its return address.</returns>
    /// <exception cref="NbcException">No call is open (1005).</exception>
    public int ExitCall()
    {
        while (!Top().IsCall)
        {
            ExitFrame();
        }

        return ExitFrame();
    }

    /// <exception cref="NbcException">The stack is full (1004), or a text takes more memory than there is (4001).
    /// </exception>
    public void Push(NbcScalar scalar)
    {
        if (Operands >= Limits.StackDepth)
        {
            throw new NbcException(NbcErrorCode.StackOverflow, $"{Operands} scalars are on the operand stack already");
        }

        Take(scalar);
        Grow(ref _operands, Operands + 1);
        _operands[Operands++] = scalar;
    }

    /// <exception cref="NbcException">Nothing is on the stack of this call (1005).</exception>
    public NbcScalar Pop()
    {
        if (Operands <= (Depth == 0 ? 0 : _frames[Depth - 1].OperandBase))
        {
            throw new NbcException(NbcErrorCode.StackUnderflow, "the operand stack is empty");
        }

        NbcScalar top = _operands[--Operands];
        if (top.Kind == ScalarKind.Text)
        {
            _operands[Operands] = default;
            GiveBack(top);
        }

        return top;
    }

    /// <exception cref="NbcException">There is no such local (1005).</exception>
    public NbcScalar Load(int local) => _locals[At(local)];

    /// <exception cref="NbcException">There is no such local (1005), or no memory for the text (4001).</exception>
    public void Store(int local, NbcScalar scalar)
    {
        int at = At(local);
        Take(scalar);
        GiveBack(_locals[at]);
        _locals[at] = scalar;
    }

    /// <summary>Names of the open frames, the innermost first.</summary>
    public IEnumerable<string> Names()
    {
        for (int i = Depth - 1; i >= 0; i--)
        {
            yield return _frames[i].Name;
        }
    }

    /// <summary>Closes every frame and empties the stack.</summary>
    public void Clear()
    {
        Clear(_operands, 0, Operands);
        Clear(_locals, 0, _localTop);
        Array.Clear(_frames, 0, Depth);
        Array.Clear(_tasks, 1, _task);
        (Operands, _localTop, Depth, _task) = (0, 0, 0, 0);
    }

    /// <summary>Sets what holds for all frames, a task inside another one; none may be open.</summary>
    internal void Begin(NbcTask around, NbcTask task) => _tasks[0] = default(TaskTerms).Inside(around).Inside(task);

    /// <summary>Bytes that a text is counted as in each place that holds it; 0 for other scalars.</summary>
    internal static long BytesOf(in NbcScalar scalar) =>
        scalar.Kind == ScalarKind.Text ? (scalar.Text.Length * sizeof(char)) + TextOverheadBytes : 0;

    private void Open(Frame frame, int locals)
    {
        if (Depth >= Limits.FrameDepth)
        {
            throw new NbcException(
                NbcErrorCode.TooManyFrames, $"{Depth} frames are open already");
        }

        ArgumentOutOfRangeException.ThrowIfNegative(locals);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(locals, NbcFunction.MaxLocals);
        if (Depth == _frames.Length)
        {
            Array.Resize(ref _frames, Depth * 2);
        }

        GrowLocals(_localTop + locals);
        _frames[Depth++] = frame;
        _localTop += locals;
    }

    private Frame Top() => Depth > 0
        ? _frames[Depth - 1]
        : throw new NbcException(NbcErrorCode.StackUnderflow, "no frame is open");

    private int At(int local)
    {
        int at = Top().LocalBase + local;
        return local >= 0 && at < _localTop
            ? at
            : throw new NbcException(NbcErrorCode.StackUnderflow, $"the frame {Name} has no local {local}");
    }

    private void Take(in NbcScalar scalar)
    {
        if (scalar.Kind == ScalarKind.Text && _budget?.TryTake(BytesOf(scalar)) == false)
        {
            throw new NbcException(NbcErrorCode.TooLarge, $"no memory for a text of {scalar.Text.Length} characters");
        }
    }

    private void GiveBack(in NbcScalar scalar)
    {
        if (scalar.Kind == ScalarKind.Text)
        {
            _budget?.GiveBack(BytesOf(scalar));
        }
    }

    private void Clear(NbcScalar[] scalars, int from, int to)
    {
        for (int i = from; i < to; i++)
        {
            GiveBack(scalars[i]);
            scalars[i] = default;
        }
    }

    private void GrowLocals(int count)
    {
        int size = Math.Max(count, _locals.Length * 2);
        if (count <= _locals.Length)
        {
            return;
        }

        if (_budget?.TryTake((size - (long)_locals.Length) * ScalarBytes) == false)
        {
            throw new NbcException(NbcErrorCode.TooLarge, $"no memory for {count} locals");
        }

        Array.Resize(ref _locals, size);
    }

    private static void Grow(ref NbcScalar[] scalars, int count)
    {
        if (scalars.Length < count)
        {
            Array.Resize(ref scalars, Math.Max(count, scalars.Length * 2));
        }
    }

    private readonly record struct Frame(
        string Name, int ReturnAddress, int LocalBase, int OwnLocals, int OperandBase, bool IsCall, bool IsTask);

    private readonly struct TaskTerms(string? owner, string? traceId, Instant? deadline, NbcLimits? limits)
    {
        public string Owner => owner ?? "";

        public string TraceId => traceId ?? "";

        public Instant? Deadline => deadline;

        public NbcLimits Limits => limits ?? NbcLimits.None;

        public TaskTerms Inside(NbcTask task) => new(
            task.Owner.Length > 0 ? task.Owner : Owner,
            task.TraceId.Length > 0 ? task.TraceId : TraceId,
            Instant.Earlier(deadline, task.Deadline),
            limits is null ? task.Limits : task.Limits.Within(limits));
    }
}
