using Nbc.Tensors;

namespace Ahr.Runtime;

/// <summary>One result for several callers: its memory is given back when the last of them is done with it.</summary>
internal sealed class SharedAnswer(InferenceAnswer answer)
{
    private int _holders = 1;

    public InferenceFault Fault => answer.Fault;

    public long ByteCount => answer.Outputs?.ByteCount ?? 0;

    /// <summary>An answer of its own for one more caller; null when the memory has been given back already.</summary>
    public InferenceAnswer? TryShare()
    {
        int holders = Volatile.Read(ref _holders);
        while (holders > 0)
        {
            int seen = Interlocked.CompareExchange(ref _holders, holders + 1, holders);
            if (seen == holders)
            {
                return answer.Outputs is { } outputs
                    ? answer with { Outputs = new TensorSet(outputs.Tensors, new Share(this)) }
                    : answer with { Outputs = null };
            }

            holders = seen;
        }

        return null;
    }

    /// <summary>Gives up one hold; the first is the maker's.</summary>
    public void Release()
    {
        if (Interlocked.Decrement(ref _holders) == 0)
        {
            answer.Dispose();
        }
    }

    private sealed class Share(SharedAnswer owner) : IDisposable
    {
        private SharedAnswer? _owner = owner;

        public void Dispose() => Interlocked.Exchange(ref _owner, null)?.Release();
    }
}
