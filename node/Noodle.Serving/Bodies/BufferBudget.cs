using System.Diagnostics;
using Noodle.Primitives;

namespace Noodle.Serving.Bodies;

/// <summary>Memory that all requests together hold.</summary>
/// <param name="limit">In bytes.</param>
/// <param name="account">Counted there too; null when nobody keeps accounts.</param>
internal sealed class BufferBudget(long limit, IResourceAccount? account = null)
{
    private long _inUse;

    public long InUse => Interlocked.Read(ref _inUse);

    /// <summary>Takes memory, or nothing when there is not enough.</summary>
    public bool TryTake(long bytes)
    {
        if (Interlocked.Add(ref _inUse, bytes) <= limit &&
            (account is null || account.TryReserve(ResourceKind.Memory, bytes)))
        {
            return true;
        }

        Interlocked.Add(ref _inUse, -bytes);
        return false;
    }

    public void GiveBack(long bytes)
    {
        long left = Interlocked.Add(ref _inUse, -bytes);
        Debug.Assert(left >= 0, "more given back than was taken");
        account?.Release(ResourceKind.Memory, bytes);
    }
}
