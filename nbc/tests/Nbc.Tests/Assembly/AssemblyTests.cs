using Nbc.Assembly;
using Nbc.Container;
using Nbc.Instructions;
using Nbc.Kernels;
using Nbc.Tensors;
using Nbc.Values;

namespace Nbc.Tests.Assembly;

public sealed class AssemblyTests
{
    [Fact]
    public void Text_in_normal_form_is_printed_as_it_was() => Assert.Equal(
        SampleProgram.Text.Replace("@\"nan.bits\"", "@nan.bits", StringComparison.Ordinal),
        NbcDisassembler.Disassemble(SampleProgram.Program));

    [Fact]
    public void Reading_what_was_printed_gives_the_same_program() => Gen.Int[0, 1_000_000].Sample(seed =>
    {
        NbcProgram program = RandomPrograms.Make(seed);
        string text = NbcDisassembler.Disassemble(program);
        NbcProgram again = SampleProgram.Read(text);
        Assert.Equal(text, NbcDisassembler.Disassemble(again));
        Assert.Equal(NbcContainer.ToBytes(again), NbcContainer.ToBytes(SampleProgram.Read(text)));
        Assert.Equal(NbcContainer.ToBytes(program), NbcContainer.ToBytes(again));
    }, iter: 200);

    [Fact]
    public void Attributes_of_every_kind_go_there_and_back()
    {
        NbcProgramBuilder program = new();
        NbcFunctionBuilder main = program.AddFunction("main");
        main.AddRegister(NbcType.Any);
        main.Kernel("relu", KernelAttributes.Of(
            ("a", 1L), ("b", double.NaN), ("c", "text"), ("d", new long[] { 1, -2 }), ("e", new[] { 0.5, 2 }),
            ("f", AttributeValue.FromTexts([[0xFF], []])), ("g", TensorValue.From<int>(ElementType.Int32, [7], 1)),
            ("h", AttributeValue.FromTensors([TensorValue.FromStrings([[65]], 1)])), ("i", Array.Empty<long>()),
            ("j", Array.Empty<double>()), ("k", AttributeValue.FromTexts([])), ("l m", -1e30)), [0], [0]);
        main.Emit(NbcOpcode.Ret);
        NbcProgram built = program.Build();
        string text = NbcDisassembler.Disassemble(built);
        Assert.Contains("""
            {a = 1, b = nan, c = "text", d = [1, -2], e = [0.5, 2.0], f = ["\xff", ""], g = tensor si32 [1] [7], h =
            """, text);
        Assert.Contains("""
            h = tensors [!ntir.string [1] ["A"]], i = ints [], j = floats [], k = texts [], "l m" = -1e+30}
            """, text);
        byte[] bytes = NbcContainer.ToBytes(built);
        Assert.Equal(bytes, NbcContainer.ToBytes(SampleProgram.Read(text)));
        Assert.True(NbcContainer.TryRead(bytes, out NbcProgram? read, out ContainerFault fault), fault.ToString());
        Assert.Equal(text, NbcDisassembler.Disassemble(read));
    }

    [Fact]
    public void Text_may_be_laid_out_as_its_writer_likes()
    {
        NbcProgram program = SampleProgram.Read("""

            ; a comment
            nbc 1 ; another
            entry main
            const m = f32 [2, 2] [1, 2,
                3, +4e0
            ]
            const h = f16 [2] [1.0, -inf]
            const o = i1 [2] [0, 1]
            func other ( ) -> ( ) { HALT
            }
            func main () -> () {
                JMP later
              sooner:
                CALL other
                RET
              later:
                TENSOR_ADD r7 = @m, @m {
                } loc "x"
                TENSOR_CONCAT r7 = @m, @m {axis = 0}
                PUSH -inf
                POP
                PUSH +inf
                POP
                JMP sooner
            }
            """);
        Assert.Equal(1, program.Entry);
        Assert.Equal(8, program.Functions[1].Registers.Length);
        Assert.Equal([1f, 2, 3, 4], program.Constants[0].Value!.Span<float>().ToArray());
        Assert.Equal([(Half)1, Half.NegativeInfinity], program.Constants[1].Value!.Span<Half>().ToArray());
        Assert.Equal(3, program.Functions[1].Instructions[0].A);
    }

    public static TheoryData<string, int, int, string> Faults => new()
    {
        { "", 1, 1, "'nbc' is expected, the end of the text" },
        { "nbc 2", 1, 5, "version 1" },
        { "nbc 1 x", 1, 7, "the end of the line is expected, 'x'" },
        { "nbc 1\nfoo", 2, 1, "func, const, global" },
        { "nbc 1\nentry nobody", 2, 7, "the name of a function" },
        { "nbc 1\nglobal g = x", 2, 12, "an int, float, text, true, false or null" },
        { "nbc 1\nglobal g = 1\nglobal g = 1", 3, 8, "no global has" },
        { "nbc 1\nglobal g = 99999999999999999999", 2, 12, "an int" },
        { "nbc 1\nglobal g = nan \"7ff\"", 2, 16, "16 hexadecimal" },
        { "nbc 1\nglobal g = \"open", 2, 12, "a text that ends" },
        { "nbc 1\nglobal g = \"\\q\"", 2, 13, "escapes" },
        { "nbc 1\nglobal g = \"\\xff\"", 2, 12, "UTF-8" },
        { "nbc 1\nglobal g = #", 2, 12, "a word, number, text or mark is expected, '#'" },
        { "nbc 1\nconst c = f99 [1] [1]", 2, 11, "an element type" },
        { "nbc 1\nconst c = complex<f32", 2, 18, "a closing >" },
        { "nbc 1\nconst c = f32 [2] [1.0]", 2, 19, "a list of 2 elements" },
        { "nbc 1\nconst c = f32 [1] [true]", 2, 20, "an element of f32" },
        { "nbc 1\nconst c = f32 [1] [[", 2, 20, "a number, true or false" },
        { "nbc 1\nconst c = bf16 [1] [1.0]", 2, 21, "an element of bf16" },
        { "nbc 1\nconst c = si8 [1] [128]", 2, 20, "an element of si8" },
        { "nbc 1\nconst c = i1 [1] [2]", 2, 19, "an element of i1" },
        { "nbc 1\nconst c = f32 [1] hex \"00\"", 2, 19, "8 hexadecimal digits" },
        { "nbc 1\nconst c = f32 [1] hex \"0000000g\"", 2, 19, "8 hexadecimal digits" },
        { "nbc 1\nconst c = f32 [-1] []", 2, 16, "a size from 0 on" },
        { "nbc 1\nconst c = f32 [99999, 99999] []", 2, 15, "at most 2^31 - 1" },
        { "nbc 1\nconst c = f32 [] [1.0]\nconst c = f32 [] [1.0]", 3, 7, "no constant has" },
        { "nbc 1\nconst c : f32 [*] blob \"b\" at 0", 2, 11, "all sizes" },
        { "nbc 1\nconst c : f32 [1] blob \"b\" at -1", 2, 31, "an offset" },
        { "nbc 1\ninput x f32", 2, 9, "':'" },
        { "nbc 1\nfunc f () -> () {\nFLY\n}", 3, 1, "an instruction is expected, 'FLY'" },
        { "nbc 1\nfunc f () -> () {\nJMP away\n}", 3, 5, "a label of this function" },
        { "nbc 1\nfunc f () -> () {\na:\na:\n}", 4, 1, "a label that is not there yet" },
        { "nbc 1\nfunc f () -> () {\nCALL g\n}", 3, 6, "the name of a function" },
        { "nbc 1\nfunc f () -> () {\nMOVE r1 = @c\n}", 3, 12, "the name of a constant" },
        { "nbc 1\nfunc f () -> () {\nMOVE r1 = x\n}", 3, 11, "a register" },
        { "nbc 1\nfunc f () -> () {\nRESOURCE_QUERY air\n}", 3, 16, "memory, threads" },
        { "nbc 1\nfunc f () -> () {\nTENSOR_TO_SCALAR big r1\n}", 3, 18, "int, float" },
        { "nbc 1\nfunc f () -> () {\nregisters 9999999\n}", 3, 11, "a number of registers" },
        { "nbc 1\nfunc f () -> () {\nTENSOR_RELU r1 = r2 {a = []}\n}", 3, 27, "empty lists" },
        { "nbc 1\nfunc f () -> () {\nTENSOR_RELU r1 = r2 {a = }}\n}", 3, 26, "a number, text" },
        { "nbc 1\nfunc f () -> () {\nRET", 3, 4, "an instruction, a label or }" },
        { "nbc 1\nfunc f () -> () {\n}\nfunc f () -> () {\n}", 4, 6, "a name that no function has" },
        { "nbc 1\ninput x : " + Nested(17), 2, 75, "a type at most 16 deep" },
        { "nbc 1\ninput x : f32 [" + string.Join(',', Enumerable.Repeat('1', 65)) + "]", 2, 15,
            "at most 64 dimensions" },
    };

    [Theory]
    [MemberData(nameof(Faults))]
    public void A_fault_has_its_place_and_says_what_is_expected(string text, int line, int column, string says)
    {
        Assert.False(NbcAssembler.TryAssemble(text, out NbcProgram? program, out AssemblyFault? fault));
        Assert.Null(program);
        Assert.Contains(says, fault.ToString());
        Assert.Equal((line, column), (fault.Line, fault.Column));
    }

    private static string Nested(int depth) =>
        string.Concat(Enumerable.Repeat("seq(", depth)) + "any" + new string(')', depth);
}
