using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Ahr.Ntir.Binary;
using Ahr.Ntir.Graph;
using Ahr.Ntir.Passes;
using Ahr.Ntir.Text;
using Ahr.Ntir.Verification;

namespace Noodle.Bench.Fuzzing;

/// <summary>NTIR from strangers, as text and as bytes: read, verified, written again, and optimised when it is legal.
/// </summary>
internal static class NtirFuzz
{
    private const int HeaderBytes = 56;
    private const int ChecksumOffset = 24;
    private const int LengthOffset = 16;
    private const int RowBytes = 24;

    private static readonly string[] s_texts =
    [
        """
        "ntir.module"() ({
          "ntir.function"() ({
          ^bb0(%0: tensor<?x3xf32, ["batch", ""]>, %1: tensor<si64>):
            %none2 = "ntir.none"() : () -> !ntir.none
            %2 = "ntir.constant"() {value = #ntir.tensor<f32, [3], "0000803F0000004000004040">} : () -> (tensor<3xf32>)
            %3 = "ntir.add"(%0, %2) {ntir.names = ["sum"]} : (tensor<?x3xf32, ["batch", ""]>, tensor<3xf32>)
              -> (tensor<?x3xf32, ["batch", ""]>) loc("head/Add_1"("ai.onnx.Add"))
            %4, %5 = "ntir.loop"(%1, %none2, %3) ({
            ^bb0(%6: tensor<si64>, %7: tensor<i1>, %8: tensor<*xf32>):
              %9 = "ntir.concat"(%8, %3) {axis = 0} : (tensor<*xf32>, tensor<?x3xf32, ["batch", ""]>) -> (!ntir.unknown)
              "ntir.yield"(%7, %9, %6) : (tensor<i1>, !ntir.unknown, tensor<si64>) -> ()
            }) : (tensor<si64>, !ntir.none, tensor<?x3xf32, ["batch", ""]>) -> (!ntir.unknown, !ntir.unknown)
            %10 = "ntir.call"(%4) {callee = "f"} : (!ntir.unknown) -> (!ntir.unknown)
            %11 = "ntir.transpose"(%10) {perm = array<i64: 1, 0>} : (!ntir.unknown) -> (!ntir.unknown)
            %12 = "ntir.transpose"(%11) {perm = array<i64: 1, 0>} : (!ntir.unknown) -> (!ntir.unknown)
            "ntir.yield"(%12, %5) : (!ntir.unknown, !ntir.unknown) -> ()
          }) {sym_name = "main", output_names = ["y", "z"], ntir.parameters = ["x", "n"]} : () -> ()
          "ntir.function"() ({
          ^bb0(%0: !ntir.unknown):
            %1 = "ntir.leaky_relu"(%0) {alpha = 0.5 : f64} : (!ntir.unknown) -> (!ntir.unknown)
            "ntir.yield"(%1) : (!ntir.unknown) -> ()
          }) {sym_name = "f"} : () -> ()
        }) {version = 1, "meta.producer" = "fuzz\0A"} : () -> ()
        """,
        """
        "ntir.module"() ({
          "ntir.function"() ({
          ^bb0(%0: tensor<2x4xf32>, %1: tensor<i1>):
            %2 = "ntir.shape"(%0) : (tensor<2x4xf32>) -> (tensor<2xsi64>)
            %3 = "ntir.reshape"(%0, %2) : (tensor<2x4xf32>, tensor<2xsi64>) -> (!ntir.unknown)
            %4 = "ntir.scan"(%3) ({
            ^bb0(%5: !ntir.unknown):
              "ntir.yield"(%5) : (!ntir.unknown) -> ()
            }) {num_scan_inputs = 1, scan_input_axes = array<i64: 1>} : (!ntir.unknown) -> (!ntir.unknown)
            %6 = "ntir.if"(%1) ({
            ^bb0():
              "ntir.yield"(%4) : (!ntir.unknown) -> ()
            }, {
            ^bb0():
              "ntir.yield"(%0) : (tensor<2x4xf32>) -> ()
            }) : (tensor<i1>) -> (!ntir.optional<!ntir.sequence<!ntir.map<si64, tensor<f32>>>>)
            %7 = "ntir.constant"() {value = #ntir.tensor<!ntir.string, [2], ["a", "\FF"]>}
              : () -> (tensor<2x!ntir.string>)
            "ntir.yield"(%6, %7) : (!ntir.unknown, tensor<2x!ntir.string>) -> ()
          }) {sym_name = "main"} : () -> ()
        }) {version = 1} : () -> ()
        """,
    ];

    /// <summary>The text form.</summary>
    public static FuzzTarget Text { get; } = new("ntir-text", [.. s_texts.Select(Encoding.UTF8.GetBytes)], RunText);

    /// <summary>The binary form; half of the inputs get right checksums, so that what is behind them is met too.
    /// </summary>
    public static FuzzTarget Bytes { get; } = new("ntir-bytes", [.. s_texts.Select(BytesOf)], RunBytes);

    private static byte[] BytesOf(string text) => NtirBinary.ToBytes(NtirParser.Parse(text).Module
        ?? throw new InvalidOperationException($"a seed is no module: {NtirParser.Parse(text).Fault}"));

    private static void RunText(byte[] input)
    {
        NtirReadResult read = NtirParser.Parse(Encoding.UTF8.GetString(input));
        if (read.Module is not { } module)
        {
            return;
        }

        string text = NtirPrinter.Print(module);
        NtirReadResult again = NtirParser.Parse(text);
        if (again.Module is null || NtirPrinter.Print(again.Module) != text)
        {
            throw new InvalidOperationException($"what was printed reads otherwise: {again.Fault}");
        }

        Use(module);
    }

    private static void RunBytes(byte[] input)
    {
        if (input.Length > 0 && input[^1] % 2 == 0)
        {
            Sign(input);
        }

        if (NtirBinary.Read(input).Module is { } module)
        {
            byte[] written = NtirBinary.ToBytes(module);
            NtirReadResult again = NtirBinary.Read(written);
            if (again.Module is null || !NtirBinary.ToBytes(again.Module).AsSpan().SequenceEqual(written))
            {
                throw new InvalidOperationException($"what was written reads otherwise: {again.Fault}");
            }

            Use(module);
        }
    }

    private static void Use(NtirModule module)
    {
        if (Verifier.Check(module).Count == 0)
        {
            _ = NtirOptimizer.Run(module, evaluator: null);
            if (Verifier.Check(module) is [{ } fault, ..])
            {
                throw new InvalidOperationException($"the passes made something illegal: {fault}");
            }
        }
    }

    // Right length and checksum, as far as there is a header and a table.
    private static void Sign(byte[] input)
    {
        int dataRow = HeaderBytes + (4 * RowBytes) + 8;
        if (input.Length < dataRow + sizeof(long))
        {
            return;
        }

        BinaryPrimitives.WriteInt64LittleEndian(input.AsSpan(LengthOffset), input.Length);
        long data = BinaryPrimitives.ReadInt64LittleEndian(input.AsSpan(dataRow));
        if (data >= HeaderBytes && data <= input.Length)
        {
            SHA256.HashData(input.AsSpan(HeaderBytes, (int)data - HeaderBytes), input.AsSpan(ChecksumOffset));
        }
    }
}
