using Nbc.Instructions;
using Nbc.Kernels;

namespace Nbc.Tests.Instructions;

public sealed class InstructionTableTests
{
    // Frozen: rows are added, never changed or taken away.
    private static readonly (ushort Opcode, string Mnemonic)[] s_frozen =
    [
        (0x01, "PUSH"), (0x02, "POP"), (0x03, "DUP"), (0x04, "SWAP"), (0x10, "ADD"), (0x11, "SUB"), (0x12, "MUL"),
        (0x13, "DIV"), (0x14, "MOD"), (0x15, "NEG"), (0x18, "EQ"), (0x19, "NE"), (0x1A, "LT"), (0x1B, "LE"),
        (0x1C, "GT"), (0x1D, "GE"), (0x20, "NOT"), (0x21, "AND"), (0x22, "OR"), (0x24, "TO_INT"),
        (0x25, "TO_FLOAT"), (0x26, "TO_TEXT"), (0x27, "TEXT_LENGTH"), (0x30, "JMP"), (0x31, "JZ"), (0x32, "JNZ"),
        (0x33, "CALL"), (0x34, "RET"), (0x35, "HALT"), (0x40, "LOAD"), (0x41, "STORE"), (0x42, "LOAD_GLOB"),
        (0x43, "STORE_GLOB"), (0x44, "ENTER_FRAME"), (0x45, "EXIT_FRAME"), (0x50, "PRINT"),
        (0x60, "RESOURCE_ALLOC"), (0x61, "RESOURCE_FREE"), (0x62, "RESOURCE_QUERY"), (0x80, "TENSOR_CREATE"),
        (0x81, "TENSOR_DESTROY"), (0x82, "MOVE"), (0x83, "TENSOR_TO_SCALAR"), (0x84, "SCALAR_TO_TENSOR"),
        (0x85, "TENSOR_RANK"), (0x86, "TENSOR_DIM"), (0xA0, "ON_PLACEMENT"), (0xA1, "QOS_CONSTRAINT"),
        (0xA2, "REPLICAS"), (0xA3, "PLACEMENT_CHECK"), (0xB0, "NETWORK_TRANSFER"), (0xB1, "NETWORK_RECV"),
        (0xB2, "NETWORK_BATCH"), (0xB3, "ZERO_COPY"), (0xB8, "DISTRIBUTED_ALLREDUCE"),
        (0xB9, "DISTRIBUTED_ALLGATHER"), (0xBA, "DISTRIBUTED_BROADCAST"), (0xBB, "DISTRIBUTED_BARRIER"),
    ];

    [Fact]
    public void Numbers_and_mnemonics_never_change()
    {
        foreach ((ushort opcode, string mnemonic) in s_frozen)
        {
            Assert.Equal(mnemonic, InstructionTable.Find(opcode)?.Mnemonic);
            Assert.Equal(opcode, InstructionTable.Find(mnemonic)?.Opcode);
        }

        Assert.Equal(s_frozen.Select(row => row.Opcode), InstructionTable.Own.Select(row => row.Opcode).Order());
    }

    [Fact]
    public void Every_opcode_of_the_machine_has_a_row_below_those_of_kernels()
    {
        foreach (NbcOpcode opcode in Enum.GetValues<NbcOpcode>())
        {
            Assert.Equal(opcode != NbcOpcode.None, InstructionTable.Find((ushort)opcode) is { Meaning.Length: > 0 });
            Assert.True((ushort)opcode < InstructionTable.FirstKernel);
        }
    }

    [Fact]
    public void Every_kernel_is_an_instruction()
    {
        foreach (KernelDescriptor kernel in KernelTable.All)
        {
            InstructionDescriptor? row = InstructionTable.Find(kernel.Mnemonic);
            Assert.Equal(kernel.Opcode, row?.Opcode);
            Assert.True(kernel.Opcode >= InstructionTable.FirstKernel);
            Assert.Equal((NbcFormat.Values, NbcDetail.Attributes), (row!.Format, row.Detail));
        }
    }

    [Fact]
    public void Stack_effects_are_written_in_known_letters()
    {
        foreach (string form in InstructionTable.Own.SelectMany(row => row.Stack))
        {
            Assert.Equal(1, form.Count(c => c == '>'));
            Assert.True(form.All(c => "ifbtnxyd>".Contains(c, StringComparison.Ordinal)), form);
        }
    }
}
