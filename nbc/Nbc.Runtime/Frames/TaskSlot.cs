namespace Nbc.Runtime.Frames;

/// <summary>A stack that serves one task after the other.</summary>
internal sealed class TaskSlot(TaskBoard board)
{
    private long _turn; // odd while a frame is open
    private int _place;

    public StackManager Stack { get; } = new();

    /// <returns>What closes this frame, and no later one.</returns>
    public long Open(string name, NbcTask task)
    {
        Stack.EnterTask(name, task);
        _place = board.Add(name, Stack);
        return Interlocked.Increment(ref _turn);
    }

    public void Close(long turn)
    {
        if (Interlocked.CompareExchange(ref _turn, turn + 1, turn) == turn)
        {
            board.Remove(_place);
            Stack.Clear();
            board.Return(this);
        }
    }
}
