using Nbc.Assembly;
using Nbc.Instructions;

namespace Nbc.Tests.Assembly;

/// <summary>A text that uses every format and every kind of literal, in its normal form.</summary>
internal static class SampleProgram
{
    public const string Text = """
        nbc 1
        meta "producer" = "a test, \"quoted\" \\ \n \x01"
        input x : f32 [2, -1]
        input "odd/name:0" : seq(opt(map(si64, f32 [*])))
        output y : any
        global count = -5
        global ratio = 0.5
        global odd = nan "7ff8000000000001"
        global bound = -inf
        global flag = false
        global text = "grüße"
        global nothing = null
        const floats = f32 [2, 2] [1.0, -0.0, nan, 1e-07]
        const doubles = f64 [2] [inf, -2.5]
        const nan.bits = f32 [1] hex "0100c07f"
        const ints = si8 [2] [-128, 127]
        const longs = ui64 [1] [18446744073709551615]
        const bools = i1 [2] [true, false]
        const halves = f16 [1] hex "003c"
        const complexes = complex<f32> [] hex "0000803f00000040"
        const words = !ntir.string [2] ["a\"b", "\xff\xfe"]
        const empty = si64 [0] []
        const big : f32 [1024, 2] blob "sha256:00" at 4096
        entry main

        func main (r0, r1) -> (r2) {
            registers 4
            locals 2
            arena 128
            r0 : f32 [2, -1]
            r2 : any at 0 size 64
            PUSH 1 loc "the model's \"node\""
            PUSH 1.5
            PUSH "text"
            PUSH null
            POP
            POP
            POP
            STORE 0
          L8:
            LOAD_GLOB count
            STORE_GLOB count
            ENTER_FRAME "inner" 2
            EXIT_FRAME
            ON_PLACEMENT "gpu, mem>=8GB"
            QOS_CONSTRAINT "responsive, latency<10ms"
            REPLICAS 3
            RESOURCE_QUERY memory
            CALL "helper one" r3 = r0, @floats
            TENSOR_CLIP r2 = r0, _, @"nan.bits"
            TENSOR_CAST r2 = r2 {saturate = 1, to = 10}
            TENSOR_TO_SCALAR int @ints
            SCALAR_TO_TENSOR f32 r2 =
            TENSOR_CREATE bf16 r3 = @empty
            PUSH "self"
            NETWORK_RECV "channel" r3, _ =
            TENSOR_DESTROY r3, r0
            PUSH true
            JNZ L8
            RET
        }

        func "helper one" (r0, r1) (int) -> (r1) {
            registers 2
            locals 1
            RET
        }

        """;

    public static NbcProgram Program { get; } =
        Read(Text.Replace("@\"nan.bits\"", "@nan.bits", StringComparison.Ordinal));

    public static NbcProgram Read(string text)
    {
        Assert.True(
            NbcAssembler.TryAssemble(text, out NbcProgram? program, out AssemblyFault? fault), fault?.ToString());
        return program;
    }
}
