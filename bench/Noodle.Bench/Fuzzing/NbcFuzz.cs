using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Nbc.Assembly;
using Nbc.Container;
using Nbc.Instructions;
using Nbc.Runtime.Errors;
using Nbc.Runtime.Frames;
using Nbc.Runtime.Machine;
using Nbc.Values;
using Nbc.Verification;

namespace Noodle.Bench.Fuzzing;

/// <summary>Bytecode from strangers: read, verified, printed, and run in a sandbox when it is legal.</summary>
internal static class NbcFuzz
{
    private const int HeaderBytes = 56;
    private const int ChecksumOffset = 24;
    private const int RowBytes = 24;

    private static readonly string[] s_texts =
    [
        """
        nbc 1
        meta "producer" = "fuzz"
        global total = 0
        const x = f32 [2, 2] [1.0, -2.0, 3.0, nan]
        const s = !ntir.string [1] ["word"]
        const shape = si64 [1] [4]
        entry main
        func main () -> () {
            registers 5
            locals 2
            arena 128
            r1 : f32 [4] at 0 size 64
            r2 : f32 [2, 2] at 64 size 64
            PUSH 10
            STORE 0
          again:
            TENSOR_RESHAPE r0 = @x, @shape
            TENSOR_RELU r1 = r0 loc "node/relu"
            TENSOR_ADD r2 = @x, @x
            TENSOR_DESTROY r2, r0
            TENSOR_CONCAT r3 = r1, r1 {axis = 0}
            CALL size r4 = r3
            LOAD_GLOB total
            ADD
            STORE_GLOB total
            LOAD 0
            PUSH 1
            SUB
            DUP
            STORE 0
            JNZ again
            LOAD_GLOB total
            PRINT
            RET
        }
        func size (r0) -> (r0) (int) {
            registers 1
            PUSH -1
            TENSOR_DIM r0
            RET
        }
        """,
        """
        nbc 1
        input x : seq(opt(f32 [-1, 2]))
        output y : any
        const big : f32 [4] blob "b" at 64
        func main (r0) -> (r1) {
            registers 2
            ENTER_FRAME "inner" 1
            PUSH "text"
            PUSH 1.5
            TO_TEXT
            ADD
            TEXT_LENGTH
            SCALAR_TO_TENSOR f32 r1 =
            EXIT_FRAME
            PUSH 3
            RESOURCE_ALLOC memory
            POP
            ON_PLACEMENT "gpu, mem>=8GB"
            PLACEMENT_CHECK
            POP
            RET
        }
        """,
    ];

    private static readonly NbcRun s_sandbox = new()
    {
        Seed = 1,
        Task = new NbcTask
        {
            Limits = NbcLimits.Sandbox with { Instructions = 5000, MemoryBytes = 8 << 20, FrameDepth = 100 },
        },
    };

    /// <summary>The binary form; half of the inputs get right checksums, so that what is behind them is met too.
    /// </summary>
    public static FuzzTarget Container { get; } = new("nbc-container", [.. s_texts.Select(ContainerOf)], RunContainer);

    /// <summary>The text form.</summary>
    public static FuzzTarget Text { get; } = new("nbc-text", [.. s_texts.Select(Encoding.UTF8.GetBytes)], RunText);

    private static byte[] ContainerOf(string text) => NbcAssembler.TryAssemble(text, out NbcProgram? program, out _)
        ? NbcContainer.ToBytes(program)
        : throw new InvalidOperationException("a seed is no program");

    private static void RunContainer(byte[] input)
    {
        if (input.Length > 0 && input[^1] % 2 == 0)
        {
            Sign(input);
        }

        if (NbcContainer.TryRead(input, out NbcProgram? program, out _))
        {
            RunProgram(program);
            if (!NbcContainer.TryRead(NbcContainer.ToBytes(program), out _, out ContainerFault fault))
            {
                throw new InvalidOperationException($"what was read and written is not read again: {fault}");
            }
        }
    }

    private static void RunText(byte[] input)
    {
        if (NbcAssembler.TryAssemble(Encoding.UTF8.GetString(input), out NbcProgram? program, out _))
        {
            RunProgram(program);
        }
    }

    private static void RunProgram(NbcProgram program)
    {
        if (NbcVerifier.Verify(program).Count > 0)
        {
            return;
        }

        string text = NbcDisassembler.Disassemble(program);
        if (!NbcAssembler.TryAssemble(text, out NbcProgram? again, out AssemblyFault? fault)
            || NbcDisassembler.Disassemble(again) != text)
        {
            throw new InvalidOperationException($"what was printed reads otherwise: {fault}");
        }

        if (program.Inputs.Any(port => port.Type.Kind is NbcValueKind.Tensor or NbcValueKind.Map))
        {
            return;
        }

        try
        {
            using NbcModel model = NbcRuntime.Load(program);
            NbcValue?[] inputs = [.. program.Inputs.Select(port => port.Type.Kind == NbcValueKind.Sequence
                ? new SequenceValue(Nbc.Tensors.ElementType.Float32) : null)];
            model.Run(inputs, new NbcValue?[program.Outputs.Length], s_sandbox, CancellationToken.None);
        }
        catch (NbcException e) when (e.Error.Code != NbcErrorCode.KernelFailed)
        {
        }
    }

    // Right length and checksum, as far as there is a header and a table.
    private static void Sign(byte[] input)
    {
        int dataRow = HeaderBytes + (6 * RowBytes) + 8;
        if (input.Length < dataRow + sizeof(long))
        {
            return;
        }

        BinaryPrimitives.WriteInt64LittleEndian(input.AsSpan(16), input.Length);
        long data = BinaryPrimitives.ReadInt64LittleEndian(input.AsSpan(dataRow));
        if (data >= HeaderBytes && data <= input.Length)
        {
            SHA256.HashData(input.AsSpan(HeaderBytes, (int)data - HeaderBytes), input.AsSpan(ChecksumOffset));
        }
    }
}
