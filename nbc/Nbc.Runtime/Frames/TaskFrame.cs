using System.Diagnostics;

namespace Nbc.Runtime.Frames;

/// <summary>The open frame of a task that no machine here runs: another engine, a load, a transfer.</summary>
/// <remarks>One task owns it, until it is disposed; it serves another one then.</remarks>
public sealed class TaskFrame : IDisposable
{
    private readonly TaskBoard _board;
    private int _place = -1;

    internal TaskFrame(TaskBoard board) => _board = board;

    /// <summary>The stack that the frame lies on.</summary>
    public StackManager Stack { get; } = new();

    internal void Open(string name, NbcTask task)
    {
        Debug.Assert(_place < 0, "the frame is open");
        Stack.EnterTask(name, task);
        _place = _board.Add(name, Stack);
    }

    /// <summary>Closes the frame and those inside.</summary>
    public void Dispose()
    {
        if (_place >= 0)
        {
            _board.Remove(_place);
            _place = -1;
            Stack.Clear();
            _board.Return(this);
        }
    }
}
