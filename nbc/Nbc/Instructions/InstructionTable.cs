using Nbc.Kernels;

namespace Nbc.Instructions;

/// <summary>Every instruction, by opcode and by mnemonic: those of the machine and one for each kernel.</summary>
public static class InstructionTable
{
    /// <summary>Opcodes from here on are those of <see cref="KernelTable"/>.</summary>
    public const ushort FirstKernel = 0x1000;

    private static readonly string[] s_arithmetic = ["ii>i", "ff>f"];
    private static readonly string[] s_order = ["ii>b", "ff>b", "tt>b"];

    private static readonly InstructionDescriptor[] s_own =
    [
        Row(NbcOpcode.Push, "PUSH", "a literal onto the stack", NbcFormat.Scalar),
        Row(NbcOpcode.Pop, "POP", "drops the top", stack: ["x>"]),
        Row(NbcOpcode.Dup, "DUP", "pushes the top once more", stack: ["x>xx"]),
        Row(NbcOpcode.Swap, "SWAP", "exchanges the two on top", stack: ["xy>yx"]),
        Row(NbcOpcode.Add, "ADD", "sum, wrapping; texts are joined", stack: [.. s_arithmetic, "tt>t"], errors: [4001]),
        Row(NbcOpcode.Sub, "SUB", "difference, wrapping", stack: s_arithmetic),
        Row(NbcOpcode.Mul, "MUL", "product, wrapping", stack: s_arithmetic),
        Row(NbcOpcode.Div, "DIV", "quotient, ints toward zero", stack: s_arithmetic, errors: [1001]),
        Row(NbcOpcode.Mod, "MOD", "remainder with the sign of the left", stack: s_arithmetic, errors: [1001]),
        Row(NbcOpcode.Neg, "NEG", "the number with the other sign, wrapping", stack: ["i>i", "f>f"]),
        Row(NbcOpcode.Eq, "EQ", "equal; of two kinds: false; NaN equals nothing", stack: ["xy>b"]),
        Row(NbcOpcode.Ne, "NE", "not EQ", stack: ["xy>b"]),
        Row(NbcOpcode.Lt, "LT", "left less than right; texts by UTF-16 unit", stack: s_order),
        Row(NbcOpcode.Le, "LE", "left less than or equal to right", stack: s_order),
        Row(NbcOpcode.Gt, "GT", "left greater than right", stack: s_order),
        Row(NbcOpcode.Ge, "GE", "left greater than or equal to right", stack: s_order),
        Row(NbcOpcode.Not, "NOT", "the other truth value, all bits of an int", stack: ["b>b", "i>i"]),
        Row(NbcOpcode.And, "AND", "both; bit by bit of ints", stack: ["bb>b", "ii>i"]),
        Row(NbcOpcode.Or, "OR", "either; bit by bit of ints", stack: ["bb>b", "ii>i"]),
        Row(NbcOpcode.ToInt, "TO_INT", "floats toward zero, true is 1, texts are read",
            stack: ["i>i", "f>i", "b>i", "t>i"], errors: [1002]),
        Row(NbcOpcode.ToFloat, "TO_FLOAT", "the nearest float, true is 1, texts are read",
            stack: ["i>f", "f>f", "b>f", "t>f"], errors: [1002]),
        Row(NbcOpcode.ToText, "TO_TEXT", "as PRINT writes it", stack: ["x>t"], errors: [4001]),
        Row(NbcOpcode.TextLength, "TEXT_LENGTH", "UTF-16 units of a text", stack: ["t>i"]),
        Row(NbcOpcode.Jmp, "JMP", "goes on at the label", NbcFormat.Target) with { FallsThrough = false },
        Row(NbcOpcode.Jz, "JZ", "goes on at the label when the top is false or 0", NbcFormat.Target, ["b>", "i>"]),
        Row(NbcOpcode.Jnz, "JNZ", "goes on at the label when the top is true or not 0", NbcFormat.Target, ["b>", "i>"]),
        Values(NbcOpcode.Call, "CALL", "runs a function in a frame of its own", NbcDetail.Function,
            0, int.MaxValue, 0, int.MaxValue, errors: [1003, 4001]),
        Row(NbcOpcode.Ret, "RET", "ends the function and gives its results") with { FallsThrough = false },
        Row(NbcOpcode.Halt, "HALT", "ends the run; results not yet made stay absent") with { FallsThrough = false },
        Row(NbcOpcode.Load, "LOAD", "pushes a local", NbcFormat.Local),
        Row(NbcOpcode.Store, "STORE", "pops into a local", NbcFormat.Local),
        Row(NbcOpcode.LoadGlob, "LOAD_GLOB", "pushes a global", NbcFormat.Global),
        Row(NbcOpcode.StoreGlob, "STORE_GLOB", "pops into a global of the same kind", NbcFormat.Global),
        Row(NbcOpcode.EnterFrame, "ENTER_FRAME", "opens a named frame; its locals follow those there are",
            NbcFormat.Frame, errors: [1003]),
        Row(NbcOpcode.ExitFrame, "EXIT_FRAME", "closes the innermost frame of this function and its locals"),
        Row(NbcOpcode.Print, "PRINT", "writes the top and a line break to the run's output", stack: ["x>"],
            errors: [1008]),
        Row(NbcOpcode.ResourceAlloc, "RESOURCE_ALLOC", "takes an amount; false when a limit is in the way",
            NbcFormat.Resource, ["i>b"], [4003]),
        Row(NbcOpcode.ResourceFree, "RESOURCE_FREE", "gives back an amount that RESOURCE_ALLOC took",
            NbcFormat.Resource, ["i>"], [4003]),
        Row(NbcOpcode.ResourceQuery, "RESOURCE_QUERY", "what the run's owner holds of it", NbcFormat.Resource, [">i"]),
        Values(NbcOpcode.TensorCreate, "TENSOR_CREATE", "a tensor of zeros; the input is its shape (si64 [n])",
            NbcDetail.ElementType, 1, 1, 1, 1, errors: [3004, 4001, 5001, 5002]),
        Values(NbcOpcode.TensorDestroy, "TENSOR_DESTROY", "lets go of registers, which are unset then",
            NbcDetail.None, 1, int.MaxValue, 0, 0) with { TakesConstants = false },
        Values(NbcOpcode.Move, "MOVE", "the same value in a second register; memory is shared", NbcDetail.None,
            1, 1, 1, 1),
        Values(NbcOpcode.TensorToScalar, "TENSOR_TO_SCALAR", "pushes the only element of a tensor",
            NbcDetail.ScalarKind, 1, 1, 0, 0, [">d"], [1002, 5001, 5002]),
        Values(NbcOpcode.ScalarToTensor, "SCALAR_TO_TENSOR", "pops into a tensor without dimensions",
            NbcDetail.ElementType, 0, 0, 1, 1, ["i>", "f>", "b>", "t>"], [1002, 4001, 5001]),
        Values(NbcOpcode.TensorRank, "TENSOR_RANK", "pushes the number of dimensions", NbcDetail.None, 1, 1, 0, 0,
            [">i"], [5001]),
        Values(NbcOpcode.TensorDim, "TENSOR_DIM", "pops an axis, negative from the end, pushes its size",
            NbcDetail.None, 1, 1, 0, 0, ["i>i"], [3004, 5001]),
        Row(NbcOpcode.OnPlacement, "ON_PLACEMENT", "where the next operation is to run", NbcFormat.Name),
        Row(NbcOpcode.QosConstraint, "QOS_CONSTRAINT", "what the next operation must keep to", NbcFormat.Name),
        Row(NbcOpcode.Replicas, "REPLICAS", "how often the next operation is to run", NbcFormat.Number),
        Row(NbcOpcode.PlacementCheck, "PLACEMENT_CHECK", "pushes whether the next operation may run here",
            stack: [">b"]),
        Values(NbcOpcode.NetworkTransfer, "NETWORK_TRANSFER", "pops a node's name, sends it a value by channel",
            NbcDetail.Name, 1, 1, 0, 0, ["t>"], [6001, 7001, 7002, 7004]),
        Values(NbcOpcode.NetworkRecv, "NETWORK_RECV", "pops a node's name, waits for its values by channel",
            NbcDetail.Name, 0, 0, 1, int.MaxValue, ["t>"], [6001, 7001, 7002, 7004]),
        Values(NbcOpcode.NetworkBatch, "NETWORK_BATCH", "pops a node's name, sends it several values as one message",
            NbcDetail.Name, 1, int.MaxValue, 0, 0, ["t>"], [6001, 7001, 7002, 7004]),
        Row(NbcOpcode.ZeroCopy, "ZERO_COPY", "the next transfer may hand its memory over instead of a copy"),
        Values(NbcOpcode.DistributedAllReduce, "DISTRIBUTED_ALLREDUCE",
            "reduces a tensor over all nodes of the group: sum, max, min or mean", NbcDetail.Name, 1, 1, 1, 1,
            errors: [6001, 7001, 7003]),
        Values(NbcOpcode.DistributedAllGather, "DISTRIBUTED_ALLGATHER", "all nodes' tensors, joined on the first axis",
            NbcDetail.None, 1, 1, 1, 1, errors: [6001, 7001, 7003]),
        Values(NbcOpcode.DistributedBroadcast, "DISTRIBUTED_BROADCAST", "pops a rank, gives that node's tensor to all",
            NbcDetail.None, 1, 1, 1, 1, ["i>"], [6001, 7001, 7002, 7003]),
        Row(NbcOpcode.DistributedBarrier, "DISTRIBUTED_BARRIER", "waits until all nodes of the group are here",
            errors: [6001, 7001, 7003]),
    ];

    private static readonly Dictionary<ushort, InstructionDescriptor> s_byOpcode = Build();

    private static readonly Dictionary<string, InstructionDescriptor> s_byMnemonic =
        s_byOpcode.Values.ToDictionary(row => row.Mnemonic, StringComparer.Ordinal);

    /// <summary>The instructions of the machine itself, in the order of their groups.</summary>
    public static IReadOnlyList<InstructionDescriptor> Own => s_own;

    /// <summary>Null when there is no such instruction.</summary>
    public static InstructionDescriptor? Find(ushort opcode) => s_byOpcode.GetValueOrDefault(opcode);

    /// <summary>Null when there is no such instruction.</summary>
    public static InstructionDescriptor? Find(string mnemonic) => s_byMnemonic.GetValueOrDefault(mnemonic);

    private static Dictionary<ushort, InstructionDescriptor> Build()
    {
        Dictionary<ushort, InstructionDescriptor> table = s_own.ToDictionary(row => row.Opcode);
        foreach (KernelDescriptor kernel in KernelTable.All)
        {
            table.Add(kernel.Opcode, new InstructionDescriptor
            {
                Opcode = kernel.Opcode,
                Mnemonic = kernel.Mnemonic,
                Format = NbcFormat.Values,
                Detail = NbcDetail.Attributes,
                MinInputs = kernel.MinInputs,
                MaxInputs = kernel.MaxInputs,
                MinOutputs = kernel.MinOutputs,
                MaxOutputs = kernel.MaxOutputs,
            });
        }

        return table;
    }

    private static InstructionDescriptor Row(
        NbcOpcode opcode, string mnemonic, string meaning, NbcFormat format = NbcFormat.Plain, string[]? stack = null,
        int[]? errors = null) => new()
        {
            Opcode = (ushort)opcode,
            Mnemonic = mnemonic,
            Meaning = meaning,
            Format = format,
            Stack = stack ?? [">"],
            Errors = errors ?? [],
        };

    private static InstructionDescriptor Values(
        NbcOpcode opcode, string mnemonic, string meaning, NbcDetail detail,
        int minInputs, int maxInputs, int minOutputs, int maxOutputs, string[]? stack = null, int[]? errors = null) =>
        Row(opcode, mnemonic, meaning, NbcFormat.Values, stack, errors) with
        {
            Detail = detail,
            MinInputs = minInputs,
            MaxInputs = maxInputs,
            MinOutputs = minOutputs,
            MaxOutputs = maxOutputs,
        };
}
