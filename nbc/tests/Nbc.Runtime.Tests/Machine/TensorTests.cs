using System.Text;
using Nbc.Runtime.Errors;
using Nbc.Runtime.Machine;
using Nbc.Tensors;
using Nbc.Values;

namespace Nbc.Runtime.Tests.Machine;

public sealed class TensorTests
{
    private const string Chain = """
        input x : f32 [-1]
        output y : f32 [-1]
        const two = f32 [1] [2.0]
        func main (r0) -> (r3) {
            arena 192
            r1 : f32 [4] at 0 size 64
            r2 : f32 [4] at 64 size 64
            TENSOR_ADD r1 = r0, @two loc "model/add"
            TENSOR_MUL r2 = r1, r1
            TENSOR_DESTROY r1
            TENSOR_SUB r3 = r2, r0
            TENSOR_DESTROY r2
            RET
        }
        """;

    [Fact]
    public void A_chain_of_kernels_gives_its_result()
    {
        using NbcModel model = Programs.Load(Chain);
        Assert.Equal([8f, 14, 22], Programs.Elements(model.Run(Programs.Floats(1, 2, 3))[0]));
        // Larger than planned: the machine finds other memory.
        float[] many = [.. Enumerable.Range(0, 100).Select(i => (float)i)];
        Assert.Equal(many.Select(x => ((x + 2) * (x + 2)) - x), Programs.Elements(model.Run(Programs.Floats(many))[0]));
    }

    [Fact]
    public void Warm_runs_allocate_nothing()
    {
        using NbcModel model = Programs.Load(Chain);
        NbcValue?[] inputs = [Programs.Floats(1, 2, 3, 4)];
        NbcValue?[] outputs = [null];
        for (int i = 0; i < 3; i++)
        {
            model.Run(inputs, outputs, NbcRun.Default, CancellationToken.None);
        }

        NbcValue? first = outputs[0];
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 100; i++)
        {
            model.Run(inputs, outputs, NbcRun.Default, CancellationToken.None);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Same(first, outputs[0]);
        Assert.Equal([8f, 14, 22, 32], Programs.Elements(outputs[0]));
    }

    [Fact]
    public void Warm_runs_with_calls_branches_and_moves_allocate_nothing()
    {
        using NbcModel model = Programs.Load("""
            input x : f32 [4]
            output y : f32 [4]
            func main (r0) -> (r1) {
                locals 1
                MOVE r1 = r0
                PUSH 3
                STORE 0
              again:
                CALL twice r2 = r1
                TENSOR_DESTROY r1
                MOVE r1 = r2
                TENSOR_DESTROY r2
                LOAD 0
                PUSH 1
                SUB
                DUP
                STORE 0
                JNZ again
                RET
            }
            func twice (r0) -> (r1) {
                arena 64
                r1 : any at 0 size 64
                TENSOR_ADD r1 = r0, r0
                RET
            }
            """);
        NbcValue?[] inputs = [Programs.Floats(1, 2, 3, 4)];
        NbcValue?[] outputs = [null];
        for (int i = 0; i < 3; i++)
        {
            model.Run(inputs, outputs, NbcRun.Default, CancellationToken.None);
        }

        Assert.Equal([8f, 16, 24, 32], Programs.Elements(outputs[0]));
        long before = GC.GetAllocatedBytesForCurrentThread();
        model.Run(inputs, outputs, NbcRun.Default, CancellationToken.None);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Equal([8f, 16, 24, 32], Programs.Elements(outputs[0]));
    }

    [Fact]
    public void A_value_that_is_still_seen_is_never_written_over()
    {
        // r1 is kept alive by its view r2, though the plan gives its place to r3 and relu could work in place.
        using NbcModel model = Programs.Load("""
            input x : f32 [2]
            output a : f32 [2]
            output b : f32 [2]
            const shape = si64 [1] [2]
            func main (r0) -> (r2, r4) {
                arena 64
                r1 : f32 [2] at 0 size 64
                r3 : f32 [2] at 0 size 64
                TENSOR_NEG r1 = r0
                TENSOR_RESHAPE r2 = r1, @shape
                TENSOR_DESTROY r1
                TENSOR_ADD r3 = r0, r0
                TENSOR_RELU r4 = r3
                TENSOR_DESTROY r3
                RET
            }
            """);
        NbcValue?[] results = model.Run(Programs.Floats(1, -2));
        Assert.Equal([-1f, 2], Programs.Elements(results[0]));
        Assert.Equal([2f, 0], Programs.Elements(results[1]));
    }

    [Fact]
    public void Inputs_constants_and_shared_values_stay_as_they_are()
    {
        using NbcModel model = Programs.Load("""
            input x : f32 [2]
            output y : f32 [2]
            output z : f32 [2]
            const c = f32 [2] [-1.0, 5.0]
            func main (r0) -> (r1, r3) {
                MOVE r2 = @c
                TENSOR_RELU r3 = r2
                TENSOR_DESTROY r2
                TENSOR_RELU r0 = r0
                MOVE r1 = r0
                RET
            }
            """);
        TensorValue x = Programs.Floats(-3, 4);
        NbcValue?[] outputs = [null, null];
        for (int i = 0; i < 2; i++)
        {
            model.Run([x], outputs, NbcRun.Default, CancellationToken.None);
            Assert.Equal([0f, 4], Programs.Elements(outputs[0]));
            Assert.Equal([0f, 5], Programs.Elements(outputs[1]));
            Assert.Equal([-3f, 4], Programs.Elements(x));
        }
    }

    [Fact]
    public void Results_of_one_value_are_memory_of_their_own()
    {
        using NbcModel model = Programs.Load("""
            input x : f32 [2]
            output a : f32 [2]
            output b : f32 [2]
            output c : f32 [2]
            func main (r0) -> (r1, r2, r0) {
                TENSOR_NEG r1 = r0
                MOVE r2 = r1
                RET
            }
            """);
        NbcValue?[] results = model.Run(Programs.Floats(1, 2));
        Assert.IsType<TensorValue>(results[0]).Span<float>()[0] = 99;
        Assert.Equal([-1f, -2], Programs.Elements(results[1]));
        Assert.Equal([1f, 2], Programs.Elements(results[2]));
        model.Run([Programs.Floats(3, 4)], results, NbcRun.Default, CancellationToken.None);
        Assert.Equal([-3f, -4], Programs.Elements(results[0]));
        Assert.Equal([-3f, -4], Programs.Elements(results[1]));
    }

    [Fact]
    public void Scalars_go_to_tensors_and_back_for_every_type_that_has_them()
    {
        string[] whole = ["si8", "si16", "si32", "si64", "ui8", "ui16", "ui32", "ui64", "si4", "ui4", "ui2", "si2",
            "f16", "bf16", "f32", "f64"];
        foreach (string type in whole)
        {
            string body = $"PUSH 1\nSCALAR_TO_TENSOR {type} r0 =\nTENSOR_TO_SCALAR int r0\nPRINT\n" +
                "TENSOR_TO_SCALAR float r0\nPRINT\nTENSOR_TO_SCALAR bool r0\nPRINT\nTENSOR_RANK r0\nPRINT\n";
            Assert.Equal("1 1.0 true 0", Programs.PrintBody(body));
        }

        Assert.Equal("true 1 0.5 true", Programs.PrintBody("PUSH 0.5\nSCALAR_TO_TENSOR i1 r0 =\n" +
            "TENSOR_TO_SCALAR bool r0\nPRINT\nTENSOR_TO_SCALAR int r0\nPRINT\n" +
            "PUSH 0.5\nSCALAR_TO_TENSOR f32 r0 =\nTENSOR_TO_SCALAR text r0\nPRINT\nTENSOR_TO_SCALAR bool r0\nPRINT"));
        Assert.Equal("ab", Programs.PrintBody(
            "PUSH \"ab\"\nSCALAR_TO_TENSOR !ntir.string r0 =\nTENSOR_TO_SCALAR text r0\nPRINT"));
    }

    [Theory]
    [InlineData("PUSH 300\nSCALAR_TO_TENSOR ui8 r0 =", NbcErrorCode.NoSuchNumber)]
    [InlineData("PUSH 1\nSCALAR_TO_TENSOR complex<f32> r0 =", NbcErrorCode.WrongType)]
    [InlineData("TENSOR_TO_SCALAR int @many\nPOP", NbcErrorCode.WrongShape)]
    [InlineData("TENSOR_TO_SCALAR int @complex\nPOP", NbcErrorCode.WrongType)]
    [InlineData("TENSOR_TO_SCALAR bool @words\nPOP", NbcErrorCode.WrongType)]
    [InlineData("TENSOR_TO_SCALAR int @huge\nPOP", NbcErrorCode.NoSuchNumber)]
    [InlineData("PUSH 5\nTENSOR_DIM @many\nPOP", NbcErrorCode.OutOfRange)]
    [InlineData("TENSOR_CREATE f32 r0 = @words", NbcErrorCode.WrongShape)]
    [InlineData("TENSOR_CREATE f32 r0 = @negative", NbcErrorCode.TooLarge)]
    [InlineData("TENSOR_CREATE f32 r0 = @large", NbcErrorCode.TooLarge)]
    [InlineData("TENSOR_ADD r0 = @many, @three", NbcErrorCode.WrongShape)]
    [InlineData("TENSOR_ADD r0 = @many, @words", NbcErrorCode.WrongType)]
    public void What_a_tensor_cannot_do_is_an_error(string body, NbcErrorCode code)
    {
        NbcError error = Programs.Failure($$"""
            const many = si64 [2] [1, 2]
            const three = si64 [3] [1, 2, 3]
            const complex = complex<f32> [] hex "0000000000000000"
            const words = !ntir.string [1] ["x"]
            const huge = ui64 [] [18446744073709551615]
            const negative = si64 [1] [-1]
            const large = si64 [2] [1000000, 1000000]
            func main () -> () {
                registers 1
            {{body}}
                RET
            }
            """);
        Assert.Equal(code, error.Code);
    }

    [Fact]
    public void Created_tensors_are_zero_and_know_their_sizes() => Assert.Equal("2 3 0.0 1", Programs.Print("""
        const shape = si64 [2] [2, 3]
        const none = si64 [0] []
        func main () -> () {
            TENSOR_CREATE f32 r0 = @shape
            TENSOR_RANK r0
            PRINT
            PUSH -1
            TENSOR_DIM r0
            PRINT
            TENSOR_CREATE f64 r0 = @none
            TENSOR_TO_SCALAR float r0
            PRINT
            TENSOR_CREATE !ntir.string r1 = @shape
            MOVE _ = r1
            PUSH 1
            PRINT
            RET
        }
        """));

    [Fact]
    public void Strings_sequences_and_optionals_come_in_and_go_out()
    {
        using NbcModel model = Programs.Load("""
            input words : !ntir.string [2]
            input items : seq(f32 [*])
            input maybe : opt(f32 [*])
            input map : map(si64, f32 [*])
            output words : !ntir.string [2]
            output items : seq(f32 [*])
            output maybe : opt(f32 [*])
            output map : map(si64, f32 [*])
            const c = f32 [1] [7.0]
            func main (r0, r1, r2, r3) -> (r4, r5, r6, r7) {
                MOVE r4 = r0
                TENSOR_SEQUENCE_INSERT r5 = r1, @c
                MOVE r6 = r2
                CALL same r7 = r3
                RET
            }
            func same (r0) -> (r0) {
                RET
            }
            entry main
            """);
        TensorValue words = TensorValue.FromStrings([Encoding.UTF8.GetBytes("a"), [0xFF]], 2);
        SequenceValue items = new(ElementType.Float32, Programs.Floats(1, 2));
        MapValue map = new(TensorValue.From<long>(ElementType.Int64, [5], 1), Programs.Floats(6));
        NbcValue?[] results = model.Run(words, items, null, map);
        Assert.Equal(words.Strings, Assert.IsType<TensorValue>(results[0]).Strings);
        SequenceValue longer = Assert.IsType<SequenceValue>(results[1]);
        Assert.Equal([1f, 2], Programs.Elements(longer.Items[0]));
        Assert.Equal([7f], Programs.Elements(longer.Items[1]));
        Assert.Single(items.Items);
        Assert.Null(Assert.IsType<OptionalValue>(results[2]).Content);
        Assert.Equal([6f], Programs.Elements(Assert.IsType<MapValue>(results[3]).Values));
        OptionalValue given = new(Programs.Floats(8));
        Assert.Equal([8f], Programs.Elements(
            Assert.IsType<OptionalValue>(model.Run(words, items, given, map)[2]).Content));
    }

    [Fact]
    public void Halt_leaves_results_absent_that_are_not_made()
    {
        using NbcModel model = Programs.Load("""
            output a : f32 []
            output b : f32 []
            func main () -> (r0, r1) {
                PUSH 1
                SCALAR_TO_TENSOR f32 r0 =
                PUSH true
                JNZ stop
                PUSH 2
                SCALAR_TO_TENSOR f32 r1 =
                RET
              stop:
                HALT
            }
            """);
        NbcValue?[] results = model.Run();
        Assert.Equal([1f], Programs.Elements(results[0]));
        Assert.Null(results[1]);
    }

    [Fact]
    public void Functions_recurse_with_an_arena_for_each_call() => Assert.Equal("21", Programs.Print("""
        func main () -> () {
            PUSH 6
            CALL sum r0 =
            TENSOR_TO_SCALAR int r0
            PRINT
            RET
        }
        func sum () (int) -> (r2) {
            locals 1
            arena 192
            r0 : si64 [] at 0 size 64
            r1 : si64 [] at 64 size 64
            r2 : si64 [] at 128 size 64
            LOAD 0
            SCALAR_TO_TENSOR si64 r0 =
            LOAD 0
            JZ last
            LOAD 0
            PUSH 1
            SUB
            CALL sum r1 =
            TENSOR_ADD r2 = r0, r1
            RET
          last:
            MOVE r2 = r0
            RET
        }
        entry main
        """));

    [Fact]
    public void A_function_may_give_one_value_twice() => Assert.Equal("3 3", Programs.Print("""
        const c = si64 [] [3]
        func main () -> () {
            CALL both r0, r1 = @c
            TENSOR_TO_SCALAR int r0
            PRINT
            TENSOR_TO_SCALAR int r1
            PRINT
            CALL both _, r1 = @c
            RET
        }
        func both (r0) -> (r0, r0) {
            RET
        }
        entry main
        """));
}
