using System.Runtime.CompilerServices;

namespace NoodleNet.Runtime.Link;

/// <summary>Awaits a read and meanwhile uses this thread for the call that the last read completed.</summary>
/// <remarks>
/// Meaning: the next read is under way before application code runs, so the code neither costs a change of thread
/// nor can it stop the reader by taking long. When bytes are there already, the call goes to the thread pool instead.
/// </remarks>
internal readonly struct ReadThenRun(ValueTask<int> read, LinkCall? then, ReaderTurn turn)
    : ICriticalNotifyCompletion
{
    private readonly ValueTask<int> _read = read;
    private readonly LinkCall? _then = then;
    private readonly ReaderTurn _turn = turn;

    public bool IsCompleted
    {
        get
        {
            if (!_read.IsCompleted)
            {
                return false;
            }

            if (_then is not null)
            {
                ThreadPool.UnsafeQueueUserWorkItem(_then, preferLocal: false);
            }

            return true;
        }
    }

    public ReadThenRun GetAwaiter() => this;

    public int GetResult() => _read.GetAwaiter().GetResult();

    public void OnCompleted(Action continuation) => UnsafeOnCompleted(continuation);

    public void UnsafeOnCompleted(Action continuation)
    {
        (LinkCall? then, ReaderTurn turn) = (_then, _turn); // this struct may be gone once the read resumes the loop
        _read.ConfigureAwait(false).GetAwaiter().UnsafeOnCompleted(continuation);
        if (then is not null)
        {
            turn.RunBeside(then);
        }
    }
}
