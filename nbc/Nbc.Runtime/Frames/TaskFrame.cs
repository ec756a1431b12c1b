namespace Nbc.Runtime.Frames;

/// <summary>The open frame of a task that no machine here runs: another engine, a load, a transfer.</summary>
/// <remarks>To dispose it again, when its stack serves another task by then, does nothing.</remarks>
public readonly struct TaskFrame : IDisposable
{
    private readonly TaskSlot _slot;
    private readonly long _turn;

    internal TaskFrame(TaskSlot slot, long turn) => (_slot, _turn) = (slot, turn);

    /// <summary>The stack that the frame lies on.</summary>
    public StackManager Stack => _slot.Stack;

    /// <summary>Closes the frame and those inside.</summary>
    public void Dispose() => _slot?.Close(_turn);
}
