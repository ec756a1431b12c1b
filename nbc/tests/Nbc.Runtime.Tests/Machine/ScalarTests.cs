using Nbc.Runtime.Errors;
using Nbc.Runtime.Frames;

namespace Nbc.Runtime.Tests.Machine;

public sealed class ScalarTests
{
    public static TheoryData<string, string> Bodies => new()
    {
        { "PUSH 7\nPUSH 3\nADD\nPRINT", "10" },
        { "PUSH 7\nPUSH 3\nSUB\nPRINT", "4" },
        { "PUSH 7\nPUSH 3\nMUL\nPRINT", "21" },
        { "PUSH -7\nPUSH 2\nDIV\nPRINT", "-3" },
        { "PUSH -7\nPUSH 2\nMOD\nPRINT", "-1" },
        { "PUSH 9223372036854775807\nPUSH 1\nADD\nPRINT", "-9223372036854775808" },
        { "PUSH -9223372036854775808\nPUSH -1\nDIV\nPRINT", "-9223372036854775808" },
        { "PUSH -9223372036854775808\nPUSH -1\nMOD\nPRINT", "0" },
        { "PUSH -9223372036854775808\nNEG\nPRINT", "-9223372036854775808" },
        { "PUSH 7.5\nPUSH 0.5\nADD\nPRINT", "8.0" },
        { "PUSH 7.5\nPUSH 0.5\nSUB\nPRINT", "7.0" },
        { "PUSH 7.5\nPUSH 2.0\nMUL\nPRINT", "15.0" },
        { "PUSH 1.0\nPUSH 0.0\nDIV\nPRINT", "inf" },
        { "PUSH 7.5\nPUSH 2.0\nMOD\nPRINT", "1.5" },
        { "PUSH 1e300\nNEG\nPRINT", "-1e+300" },
        { "PUSH \"ab\"\nPUSH \"cd\"\nADD\nPRINT", "abcd" },
        { "PUSH 1\nPUSH 2\nLT\nPRINT", "true" }, { "PUSH 2\nPUSH 2\nLE\nPRINT", "true" },
        { "PUSH 1\nPUSH 2\nGT\nPRINT", "false" }, { "PUSH 2\nPUSH 3\nGE\nPRINT", "false" },
        { "PUSH 1.0\nPUSH 2.0\nLT\nPRINT", "true" }, { "PUSH 2.0\nPUSH 2.0\nLE\nPRINT", "true" },
        { "PUSH 1.0\nPUSH nan\nGT\nPRINT", "false" }, { "PUSH 2.0\nPUSH 1.0\nGE\nPRINT", "true" },
        { "PUSH \"a\"\nPUSH \"b\"\nLT\nPRINT", "true" }, { "PUSH \"a\"\nPUSH \"a\"\nLE\nPRINT", "true" },
        { "PUSH \"Z\"\nPUSH \"a\"\nGT\nPRINT", "false" }, { "PUSH \"b\"\nPUSH \"a\"\nGE\nPRINT", "true" },
        { "PUSH nan\nPUSH nan\nEQ\nPRINT", "false" }, { "PUSH nan\nPUSH nan\nNE\nPRINT", "true" },
        { "PUSH 0.0\nPUSH -0.0\nEQ\nPRINT", "true" }, { "PUSH 1\nPUSH 1.0\nEQ\nPRINT", "false" },
        { "PUSH null\nPUSH null\nEQ\nPRINT", "true" }, { "PUSH \"a\"\nPUSH \"a\"\nEQ\nPRINT", "true" },
        { "PUSH true\nNOT\nPRINT", "false" }, { "PUSH 0\nNOT\nPRINT", "-1" },
        { "PUSH true\nPUSH false\nAND\nPRINT", "false" }, { "PUSH 6\nPUSH 3\nAND\nPRINT", "2" },
        { "PUSH true\nPUSH false\nOR\nPRINT", "true" }, { "PUSH 6\nPUSH 3\nOR\nPRINT", "7" },
        { "PUSH -2.9\nTO_INT\nPRINT", "-2" }, { "PUSH true\nTO_INT\nPRINT", "1" },
        { "PUSH \"-12\"\nTO_INT\nPRINT", "-12" }, { "PUSH 4\nTO_INT\nPRINT", "4" },
        { "PUSH 4\nTO_FLOAT\nPRINT", "4.0" }, { "PUSH \"2.5e1\"\nTO_FLOAT\nPRINT", "25.0" },
        { "PUSH \"-inf\"\nTO_FLOAT\nPRINT", "-inf" }, { "PUSH \"nan\"\nTO_FLOAT\nPRINT", "nan" },
        { "PUSH 1.5\nTO_FLOAT\nPRINT", "1.5" }, { "PUSH false\nTO_FLOAT\nPRINT", "0.0" },
        { "PUSH \"inf\"\nTO_FLOAT\nPRINT", "inf" },
        { "PUSH null\nTO_TEXT\nPRINT", "null" }, { "PUSH \"äö\"\nTEXT_LENGTH\nPRINT", "2" },
        { "PUSH 1\nPUSH 2\nSWAP\nPRINT\nPRINT", "1 2" }, { "PUSH 1\nDUP\nPRINT\nPRINT", "1 1" },
        { "PUSH 1\nPUSH 2\nPOP\nPRINT", "1" },
        { "PUSH 5\nSTORE 2\nLOAD 2\nPRINT\nLOAD 1\nPRINT", "5 null" },
    };

    [Theory]
    [MemberData(nameof(Bodies))]
    public void A_body_prints(string body, string printed) => Assert.Equal(printed, Programs.PrintBody(body));

    [Theory]
    [InlineData("PUSH 1\nPUSH 0\nDIV", NbcErrorCode.DivisionByZero)]
    [InlineData("PUSH 1\nPUSH 0\nMOD", NbcErrorCode.DivisionByZero)]
    [InlineData("PUSH nan\nTO_INT", NbcErrorCode.NoSuchNumber)]
    [InlineData("PUSH 1e19\nTO_INT", NbcErrorCode.NoSuchNumber)]
    [InlineData("PUSH \"12x\"\nTO_INT", NbcErrorCode.NoSuchNumber)]
    [InlineData("PUSH \"NaN\"\nTO_FLOAT", NbcErrorCode.NoSuchNumber)]
    public void What_has_no_result_is_an_error_with_its_place(string body, NbcErrorCode code)
    {
        NbcError error = Programs.Failure($"func main () -> () {{\n{body} loc \"here\"\nPOP\nRET\n}}");
        Assert.Equal((code, "main", "here"), (error.Code, error.Function, error.Location));
    }

    [Fact]
    public void A_loop_adds_up() => Assert.Equal("5050", Programs.PrintBody("""
        PUSH 0
        STORE 0
        PUSH 1
        STORE 1
        again:
        LOAD 0
        LOAD 1
        ADD
        STORE 0
        LOAD 1
        PUSH 1
        ADD
        DUP
        STORE 1
        PUSH 100
        LE
        JNZ again
        LOAD 0
        PRINT
        """));

    [Fact]
    public void Functions_call_themselves_with_scalars() => Assert.Equal("120", Programs.Print("""
        func main () -> () {
            PUSH 5
            CALL factorial
            PRINT
            RET
        }
        func factorial () (int) -> () (int) {
            locals 1
            LOAD 0
            PUSH 2
            LT
            JZ more
            PUSH 1
            RET
          more:
            LOAD 0
            LOAD 0
            PUSH 1
            SUB
            CALL factorial
            MUL
            RET
        }
        entry main
        """));

    [Fact]
    public void Frames_add_locals_and_take_them_away() => Assert.Equal("3 1 null", Programs.PrintBody("""
        PUSH 1
        STORE 0
        ENTER_FRAME "inner" 2
        PUSH 3
        STORE 5
        LOAD 5
        PRINT
        LOAD 0
        PRINT
        EXIT_FRAME
        ENTER_FRAME "again" 2
        LOAD 5
        PRINT
        """));

    [Fact]
    public void Globals_begin_anew_in_every_run()
    {
        const string Text = """
            global count = 10
            global text = "a"
            func main () -> () {
                LOAD_GLOB count
                PUSH 1
                ADD
                STORE_GLOB count
                LOAD_GLOB text
                DUP
                ADD
                STORE_GLOB text
                LOAD_GLOB count
                PRINT
                LOAD_GLOB text
                PRINT
                RET
            }
            """;
        Assert.Equal("11 aa", Programs.Print(Text));
        Assert.Equal("11 aa", Programs.Print(Text));
    }

    [Fact]
    public void Halt_ends_the_run_from_within_a_call() => Assert.Equal("1", Programs.Print("""
        func main () -> () {
            CALL inner
            PUSH 2
            PRINT
            RET
        }
        func inner () -> () {
            PUSH 1
            PRINT
            HALT
        }
        """));

    public static TheoryData<string, NbcLimits, NbcErrorCode> Runaways => new()
    {
        { "again:\nJMP again", new() { Instructions = 1000 }, NbcErrorCode.TooManyInstructions },
        { "again:\nJMP again", new() { Time = TimeSpan.FromMilliseconds(20) }, NbcErrorCode.OutOfTime },
        { "CALL main\nRET", new(), NbcErrorCode.TooManyFrames },
        { "CALL main\nRET", new() { FrameDepth = 10 }, NbcErrorCode.TooManyFrames },
        { "CALL push\nPOP\nRET", new() { StackDepth = 100 }, NbcErrorCode.StackOverflow },
        { "PUSH \"0123456789\"\nagain:\nDUP\nADD\nJMP again", new() { MemoryBytes = 1 << 20 }, NbcErrorCode.TooLarge },
        { "PUSH \"0123456789\"\nSTORE_GLOB text\nagain:\nLOAD_GLOB text\nDUP\nADD\nSTORE_GLOB text\nJMP again",
            new() { MemoryBytes = 1 << 20 }, NbcErrorCode.TooLarge },
        { "again:\nPUSH \"line\"\nPRINT\nJMP again", new() { OutputChars = 100 }, NbcErrorCode.TooMuchOutput },
    };

    [Theory]
    [MemberData(nameof(Runaways))]
    public void A_runaway_meets_its_limit(string body, NbcLimits limits, NbcErrorCode code)
    {
        NbcError error = Programs.Failure($$"""
            global text = ""
            entry main
            func push () -> () (int) {
                PUSH 1
                CALL push
                POP
                RET
            }
            func main () -> () {
            {{body}}
            }
            """, new() { Task = new() { Limits = limits } });
        Assert.Equal(code, error.Code);
        Assert.NotNull(error.Mnemonic);
    }
}
