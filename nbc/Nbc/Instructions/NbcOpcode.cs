namespace Nbc.Instructions;

/// <summary>Instructions of the machine itself; those of kernels begin at <see cref="InstructionTable.FirstKernel"/>.
/// </summary>
/// <remarks>Frozen: a number once given is never given again. What each does is in <see cref="InstructionTable"/>.
/// </remarks>
public enum NbcOpcode : ushort
{
    /// <summary>No instruction.</summary>
    None = 0,

    Push = 0x01, Pop = 0x02, Dup = 0x03, Swap = 0x04,

    Add = 0x10, Sub = 0x11, Mul = 0x12, Div = 0x13, Mod = 0x14, Neg = 0x15,
    Eq = 0x18, Ne = 0x19, Lt = 0x1A, Le = 0x1B, Gt = 0x1C, Ge = 0x1D,
    Not = 0x20, And = 0x21, Or = 0x22,
    ToInt = 0x24, ToFloat = 0x25, ToText = 0x26, TextLength = 0x27,

    Jmp = 0x30, Jz = 0x31, Jnz = 0x32, Call = 0x33, Ret = 0x34, Halt = 0x35,

    Load = 0x40, Store = 0x41, LoadGlob = 0x42, StoreGlob = 0x43, EnterFrame = 0x44, ExitFrame = 0x45,

    Print = 0x50,

    ResourceAlloc = 0x60, ResourceFree = 0x61, ResourceQuery = 0x62,

    TensorCreate = 0x80, TensorDestroy = 0x81, Move = 0x82, TensorToScalar = 0x83, ScalarToTensor = 0x84,
    TensorRank = 0x85, TensorDim = 0x86,

    OnPlacement = 0xA0, QosConstraint = 0xA1, Replicas = 0xA2, PlacementCheck = 0xA3,

    NetworkTransfer = 0xB0, NetworkRecv = 0xB1, NetworkBatch = 0xB2, ZeroCopy = 0xB3,
    DistributedAllReduce = 0xB8, DistributedAllGather = 0xB9, DistributedBroadcast = 0xBA, DistributedBarrier = 0xBB,
}
