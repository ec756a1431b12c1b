using Noodle.Primitives;

namespace Nbc.Runtime.Memory;

/// <summary>Counts the memory of one machine against the limit of its run and an owner's account.</summary>
internal sealed class MemoryBudget(IResourceAccount? account)
{
    /// <summary>Unit: bytes.</summary>
    public long Held { get; private set; }

    /// <summary>Unit: bytes. May be set below <see cref="Held"/>: then nothing is taken until enough came back.
    /// </summary>
    public long Limit { get; set; } = long.MaxValue;

    public bool TryTake(long bytes)
    {
        if (bytes > Limit - Held || account?.TryReserve(ResourceKind.Memory, bytes) == false)
        {
            return false;
        }

        Held += bytes;
        return true;
    }

    public void GiveBack(long bytes)
    {
        Held -= bytes;
        account?.Release(ResourceKind.Memory, bytes);
    }
}
