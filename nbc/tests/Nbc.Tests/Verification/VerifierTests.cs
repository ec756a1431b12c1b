using Nbc.Assembly;
using Nbc.Instructions;
using Nbc.Kernels;
using Nbc.Tensors;
using Nbc.Verification;

namespace Nbc.Tests.Verification;

public sealed class VerifierTests
{
    private const string Head = """
        nbc 1
        global g = 1
        const c = f32 [2] [1.0, 2.0]
        entry main

        """;

    public static TheoryData<string, FaultKind, string> Flows => new()
    {
        { "ADD", FaultKind.WrongStack, "ADD takes 'ii>i' or 'ff>f' or 'tt>t', on the stack are no scalars" },
        { "PUSH 1\nPUSH 1.0\nADD\nPOP", FaultKind.WrongStack, "Int, Float" },
        { "PUSH 1", FaultKind.WrongStack, "RET with Int on the stack" },
        { "PUSH 1.0\nSTORE_GLOB g", FaultKind.WrongStack, "STORE_GLOB takes Int" },
        { "STORE 0", FaultKind.WrongStack, "nothing" },
        { "LOAD 9", FaultKind.WrongIndex, "local 9" },
        { "PUSH 1\nSTORE 9", FaultKind.WrongIndex, "local 9" },
        { "EXIT_FRAME", FaultKind.WrongStack, "without a frame" },
        { "ENTER_FRAME \"f\" 65000\nENTER_FRAME \"g\" 65000", FaultKind.WrongSize, "65536" },
        { "again:\nPUSH 1\nJMP again", FaultKind.WrongMerge, "scalars are on the stack" },
        { "again:\nENTER_FRAME \"f\" 1\nJMP again", FaultKind.WrongMerge, "frames" },
        { "PUSH true\nJZ end\nPUSH 1\nSTORE 0\nend:\nLOAD 0\nNEG\nPOP", FaultKind.WrongStack, "several kinds" },
        { "TENSOR_ADD r0 = r1, @c", FaultKind.Unassigned, "r1" },
        { "PUSH true\nJZ end\nMOVE r1 = @c\nend:\nMOVE r0 = r1", FaultKind.Unassigned, "r1" },
        { "MOVE r1 = @c\nTENSOR_DESTROY r1\nMOVE r0 = r1", FaultKind.Unassigned, "r1" },
        { "TENSOR_ADD r2 = @c, @c\nTENSOR_ADD r3 = @c, @c", FaultKind.WrongPlan, "r3 is planned over r2" },
        { "TENSOR_ADD r0 = @c", FaultKind.WrongOperand, "takes 2 inputs and 1 outputs, not 1 and 1" },
        { "TENSOR_ADD r0 = @c, _", FaultKind.WrongOperand, "may not be absent" },
        { "TENSOR_ADD r0 = @c, @c {axis = 1}", FaultKind.WrongAttribute, "no attribute axis" },
        { "TENSOR_CAST r0 = @c {to = 1.0}", FaultKind.WrongAttribute, "to is Int, not Float" },
        { "TENSOR_CAST r0 = @c", FaultKind.WrongAttribute, "needs the attribute to" },
        { "CALL main r0 = @c", FaultKind.WrongOperand, "main takes 0 inputs" },
        { "CALL two", FaultKind.WrongStack, "CALL takes Int, Float" },
        { "TENSOR_SPLIT r0, r0 = @c {num_outputs = 2}", FaultKind.WrongOperand, "twice" },
        { "TENSOR_DESTROY @c", FaultKind.WrongOperand, "constant 0" },
        { "REPLICAS 0", FaultKind.WrongIndex, "number 0" },
        { "TENSOR_TO_SCALAR null @c", FaultKind.WrongIndex, "ScalarKind" },
        { "CALL result r0 =\nMOVE r1 = r0", FaultKind.Unassigned, "RET gives r0" },
    };

    [Theory]
    [MemberData(nameof(Flows))]
    public void A_program_that_is_not_legal_is_refused(string body, FaultKind kind, string says)
    {
        NbcProgram program = Parse($$"""
            {{Head}}
            func main () -> () {
            registers 4
            locals 1
            arena 64
            r2 : any at 0 size 64
            r3 : any at 0 size 64
            {{body}}
            RET
            }
            func two () (int, float) -> () {
            locals 2
            RET
            }
            func result () -> (r0) {
            {{(body.Contains("result", StringComparison.Ordinal) ? "" : "MOVE r0 = @c")}}
            RET
            }
            """);
        ProgramFault fault = Assert.Single(NbcVerifier.Verify(program));
        Assert.Equal(kind, fault.Kind);
        Assert.Contains(says, fault.ToString());
    }

    [Theory]
    [InlineData("TENSOR_ADD r2 = @c, @c\nTENSOR_RELU r3 = r2\nTENSOR_DESTROY r2")] // in place
    [InlineData("TENSOR_ADD r2 = @c, @c\nTENSOR_DESTROY r2\nTENSOR_ADD r3 = @c, @c")]
    [InlineData("PUSH true\nJZ end\nPUSH 1\nSTORE 0\nend:\nLOAD 0\nPRINT")] // several kinds may be printed
    [InlineData("TENSOR_CLIP r0 = @c, _, @c")]
    [InlineData("PUSH 1\nPUSH 2.0\nCALL two\nJMP end\nADD\nend:")] // what is never reached has no stack
    [InlineData("TENSOR_DESTROY r0")]
    [InlineData("PUSH \"a\"\nPUSH 1\nSWAP\nTEXT_LENGTH\nADD\nPOP")]
    [InlineData("RESOURCE_QUERY files\nPOP")]
    public void A_legal_program_passes(string body) => Assert.Empty(NbcVerifier.Verify(Parse($$"""
        {{Head}}
        func main () -> () {
        registers 4
        locals 1
        arena 64
        r2 : any at 0 size 64
        r3 : any at 0 size 64
        {{body}}
        RET
        }
        func two () (int, float) -> () {
        locals 2
        RET
        }
        """)));

    public static TheoryData<string, NbcProgram, FaultKind> Programs()
    {
        NbcFunction ret = new() { Name = "f", Instructions = [new(NbcOpcode.Ret)] };
        NbcProgram WithInput(NbcType type) => new()
        {
            Functions = [new() { Name = "f", Instructions = [new(NbcOpcode.Ret)], Registers = [new(NbcType.Any)],
                Parameters = [0] }],
            Inputs = [new("x", type)],
        };
        NbcType deep = Enumerable.Range(0, 20).Aggregate(NbcType.Any, (type, _) => NbcType.Sequence(type));
        return new()
        {
            { "no function", Of(), FaultKind.WrongEntry },
            { "entry outside", new() { Functions = [ret], Entry = 1 }, FaultKind.WrongEntry },
            { "ports without registers", new() { Functions = [ret], Inputs = [new("x", NbcType.Any)] },
                FaultKind.WrongEntry },
            { "scalars at the entry", Of(new NbcFunction { Name = "f", Instructions = [new(NbcOpcode.Ret)],
                ScalarParameters = [ScalarKind.Int], LocalCount = 1 }), FaultKind.WrongEntry },
            { "a name twice", Of(ret, ret), FaultKind.WrongName },
            { "no name", Of(new NbcFunction { Name = "", Instructions = ret.Instructions }), FaultKind.WrongName },
            { "a constant of terabytes", new() { Functions = [ret],
                Constants = [NbcConstant.InBlob("c", ElementType.Float32, [1L << 40], "b", 0)] }, FaultKind.WrongType },
            { "nested types", WithInput(deep), FaultKind.WrongType },
            { "a sequence of nothing", WithInput(new NbcType(NbcValueKind.Sequence)), FaultKind.WrongType },
            { "a size of -2", WithInput(NbcType.Tensor(ElementType.Float32, -2)), FaultKind.WrongType },
            { "an element type of 99", WithInput(NbcType.Tensor((ElementType)99, 2)), FaultKind.WrongType },
        };
    }

    public static TheoryData<string, NbcProgram, FaultKind> Functions()
    {
        NbcFunction ret = new() { Name = "f", Instructions = [new(NbcOpcode.Ret)] };
        NbcFunction With(params NbcInstruction[] code) => new()
        {
            Name = "f", Instructions = [.. code], Registers = [new NbcRegister(NbcType.Any)], Operands = [0, 5, -9],
        };
        ushort add = KernelTable.Find("add")!.Opcode;
        return new()
        {
            { "no instruction", Of(new NbcFunction { Name = "f" }), FaultKind.WrongTarget },
            { "no end", Of(With(new NbcInstruction(NbcOpcode.ZeroCopy))), FaultKind.WrongTarget },
            { "jump outside", Of(With(new NbcInstruction(NbcOpcode.Jmp, 7))), FaultKind.WrongTarget },
            { "unknown opcode", Of(With(new NbcInstruction(0x0FFF))), FaultKind.UnknownOpcode },
            { "unused field", Of(With(new NbcInstruction(NbcOpcode.Ret, 1))), FaultKind.WrongOperand },
            { "no scalar", Of(With(new NbcInstruction(NbcOpcode.Push, 0))), FaultKind.WrongIndex },
            { "no such name", Of(With(new NbcInstruction(NbcOpcode.OnPlacement, 0))), FaultKind.WrongIndex },
            { "no such resource", Of(With(new NbcInstruction(NbcOpcode.ResourceQuery, 9))), FaultKind.WrongIndex },
            { "operands outside", Of(With(new NbcInstruction(add, 2, 2, 1, -1))), FaultKind.WrongOperand },
            { "no such register", Of(With(new NbcInstruction(add, 0, 2, 1, -1))), FaultKind.WrongOperand },
            { "no such attributes", Of(With(new NbcInstruction(NbcOpcode.Move, 0, 1, 1, 3))), FaultKind.WrongOperand },
            { "detail of nothing", Of(With(new NbcInstruction(NbcOpcode.TensorRank, 0, 1, 0, 3))),
                FaultKind.WrongIndex },
            { "result outside", Of(new NbcFunction { Name = "f", Results = [3] }), FaultKind.WrongEntry },
            { "parameters twice", Of(new NbcFunction { Name = "f", Parameters = [0, 0],
                Registers = [new(NbcType.Any)] }), FaultKind.WrongEntry },
            { "many locals", Of(new NbcFunction { Name = "f", LocalCount = 1 << 20 }), FaultKind.WrongSize },
            { "places of other instructions", Of(new NbcFunction { Name = "f", Locations = [0] }),
                FaultKind.WrongSize },
            { "a place that is no name", Of(new NbcFunction { Name = "f", Locations = [5],
                Instructions = [new(NbcOpcode.Ret)] }), FaultKind.WrongIndex },
            { "an arena of exabytes", Of(new NbcFunction { Name = "f", ArenaBytes = long.MaxValue }),
                FaultKind.WrongSize },
            { "a plan outside", Of(new NbcFunction { Name = "f", Registers = [new(NbcType.Any, 64, 64)],
                ArenaBytes = 64 }),
                FaultKind.WrongPlan },
            { "a plan that is not aligned", Of(new NbcFunction { Name = "f", Registers = [new(NbcType.Any, 8, 8)],
                ArenaBytes = 64 }), FaultKind.WrongPlan },
            { "a scalar of no kind", Of(ret, new NbcFunction { Name = "g", ScalarResults = [(ScalarKind)9] }),
                FaultKind.WrongType },
            { "a register of no type", Of(new NbcFunction { Name = "f", Registers = [new(new((NbcValueKind)9))] }),
                FaultKind.WrongType },
        };
    }

    private static NbcProgram Of(params NbcFunction[] functions) => new() { Functions = [.. functions] };

    [Theory]
    [MemberData(nameof(Programs))]
    [MemberData(nameof(Functions))]
    public void What_no_text_can_say_is_refused_too(string what, NbcProgram program, FaultKind kind)
    {
        IReadOnlyList<ProgramFault> faults = NbcVerifier.Verify(program);
        Assert.True(faults.Any(fault => fault.Kind == kind), $"{what}: {string.Join("; ", faults)}");
    }

    [Fact]
    public void A_program_of_endless_ways_ends_the_patience()
    {
        NbcInstruction[] code =
        [
            .. Enumerable.Range(0, 20_000).SelectMany(i => (NbcInstruction[])
                [new(NbcOpcode.PlacementCheck), new(NbcOpcode.Jz, (i * 7919) % 40_000 / 2 * 2)]),
            new(NbcOpcode.Ret),
        ];
        NbcFunction function = new()
        {
            Name = "f",
            Instructions = [.. code],
            Registers = [.. Enumerable.Repeat(new NbcRegister(NbcType.Any), 200_000)],
        };
        Assert.Equal(FaultKind.TooComplex, Assert.Single(
            NbcVerifier.Verify(new NbcProgram { Functions = [function] })).Kind);
    }

    [Fact]
    public void Only_so_many_faults_are_told()
    {
        NbcFunction function = new()
        {
            Name = "f", Instructions = [.. Enumerable.Repeat(new NbcInstruction(0x0FFF), 1000)],
        };
        Assert.Equal(NbcVerifier.MaxFaults, NbcVerifier.Verify(new NbcProgram { Functions = [function] }).Count);
    }

    private static NbcProgram Parse(string text)
    {
        Assert.True(
            NbcAssembler.TryAssemble(text, out NbcProgram? program, out AssemblyFault? fault), fault?.ToString());
        return program;
    }
}
