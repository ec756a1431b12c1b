using Nbc.Instructions;
using Nbc.Runtime.Errors;
using Nbc.Runtime.Memory;

namespace Nbc.Runtime.Frames;

/// <summary>Named frames with their locals and return addresses, and the operand stack of scalars.</summary>
/// <remarks>
/// Meaning: a frame of a call starts with no locals but its own and sees nothing of the stack below; a block frame
/// inside a call adds locals behind those of its call. Overflow and underflow are errors, never a crash.
/// Bound: <see cref="NbcLimits.FrameDepth"/>, <see cref="NbcLimits.StackDepth"/>. Cost: nothing is allocated once
/// the arrays have grown.
/// </remarks>
public sealed class StackManager
{
    private const int TextOverheadBytes = 24;
    private const int ScalarBytes = 24;
    private readonly MemoryBudget? _budget;
    private Frame[] _frames = new Frame[8];
    private NbcScalar[] _locals = new NbcScalar[16];
    private NbcScalar[] _operands = new NbcScalar[16];
    private int _localTop;

    public StackManager(NbcTask? task = null)
        : this(task, null)
    {
    }

    internal StackManager(NbcTask? task, MemoryBudget? budget)
    {
        Task = task ?? NbcTask.Default;
        _budget = budget;
    }

    /// <summary>On whose behalf the frames are open.</summary>
    public NbcTask Task { get; internal set; }

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
        Open(new Frame(name, returnAddress, _localTop, _localTop, Operands, true), locals);

    /// <summary>Opens a frame inside a call; its locals follow those of the frame around it.</summary>
    /// <exception cref="NbcException">Too many frames (1003), or none to be in (1005).</exception>
    public void EnterFrame(string name, int locals)
    {
        Frame around = Top();
        Open(new Frame(name, around.ReturnAddress, around.LocalBase, _localTop, around.OperandBase, false), locals);
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
        if (Operands >= Task.Limits.StackDepth)
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
        (Operands, _localTop, Depth) = (0, 0, 0);
    }

    /// <summary>Bytes that a text is counted as in each place that holds it; 0 for other scalars.</summary>
    internal static long BytesOf(in NbcScalar scalar) =>
        scalar.Kind == ScalarKind.Text ? (scalar.Text.Length * sizeof(char)) + TextOverheadBytes : 0;

    private void Open(Frame frame, int locals)
    {
        if (Depth >= Task.Limits.FrameDepth)
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
        string Name, int ReturnAddress, int LocalBase, int OwnLocals, int OperandBase, bool IsCall);
}
