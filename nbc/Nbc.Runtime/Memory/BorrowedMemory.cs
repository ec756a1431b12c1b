using Nbc.Values;

namespace Nbc.Runtime.Memory;

/// <summary>What a caller lends for the time of a run: never written over, its own count never touched.</summary>
internal sealed unsafe class BorrowedMemory() : TensorMemory(null, 0)
{
    /// <inheritdoc/>
    public override bool IsExclusive => false;

    public void Lend(TensorValue value) => Restart(value.Pointer, value.ByteCount);

    public override void Retain()
    {
    }

    public override void Release()
    {
    }

    protected override void Free()
    {
    }
}
