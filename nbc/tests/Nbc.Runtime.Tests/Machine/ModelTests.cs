using Nbc.Instructions;
using Nbc.Runtime.Errors;
using Nbc.Runtime.Frames;
using Nbc.Runtime.Machine;
using Nbc.Runtime.Resources;
using Nbc.Runtime.Tracing;
using Nbc.Tensors;
using Nbc.Values;
using Noodle.Primitives;

namespace Nbc.Runtime.Tests.Machine;

public sealed class ModelTests
{
    private const string Adder = """
        input x : f32 [2]
        output y : f32 [2]
        func main (r0) -> (r1) {
            TENSOR_ADD r1 = r0, r0 loc "model/add"
            RET
        }
        """;

    [Fact]
    public void Wrong_inputs_are_named_with_what_is_expected_and_found()
    {
        using NbcModel model = Programs.Load(Adder);
        Assert.Contains("input x: f32 [2] is expected, f32 [3] was given",
            Fails(() => model.Run(Programs.Floats(1, 2, 3))));
        Assert.Contains("nothing was given", Fails(() => model.Run([null])));
        Assert.Contains("SequenceValue", Fails(() => model.Run(new SequenceValue(ElementType.Float32))));
        Assert.Contains("not 0 and 1", Fails(() => model.Run()));
        static string Fails(Action run)
        {
            NbcError error = Assert.Throws<NbcException>(run).Error;
            Assert.Equal(NbcErrorCode.WrongInput, error.Code);
            return error.Message;
        }
    }

    [Fact]
    public void Weights_that_stay_where_they_lie_give_the_same_as_rearranged_ones()
    {
        const string Product = """
            input x : f32 [1, 3]
            output y : f32 [1, 2]
            const w = f32 [3, 2] [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]
            func main (r0) -> (r1) {
                TENSOR_MATMUL r1 = r0, @w
                RET
            }
            """;
        using NbcModel packed = Programs.Load(Product);
        using NbcModel inPlace = Programs.Load(Product, new NbcLoadOptions { MaxPackedBytes = 23 }); // w takes 24
        TensorValue x = TensorValue.From<float>(ElementType.Float32, [1, -2, 0.5f], 1, 3);
        float[] first = ((TensorValue)packed.Run(x)[0]!).Span<float>().ToArray();
        Assert.Equal([-2.5f, -3], first);
        Assert.Equal(first, ((TensorValue)inPlace.Run(x)[0]!).Span<float>().ToArray());
    }

    [Fact]
    public void Types_of_ports_accept_what_they_say()
    {
        using NbcModel model = Programs.Load("""
            input s : seq(f32 [-1])
            input m : map(si64, f32 [*])
            input o : opt(f32 [1])
            input a : any
            func main (r0, r1, r2, r3) -> () {
                RET
            }
            """);
        MapValue map = new(TensorValue.From<long>(ElementType.Int64, [5], 1), Programs.Floats(6));
        SequenceValue sequence = new(ElementType.Float32, Programs.Floats(1));
        model.Run(sequence, map, new OptionalValue(Programs.Floats(1)), null);
        SequenceValue wrong = new(ElementType.Float64, TensorValue.From<double>(ElementType.Float64, [1], 1));
        Assert.Throws<NbcException>(() => model.Run(wrong, map, null, null));
        Assert.Throws<NbcException>(() => model.Run(sequence, sequence, null, null));
        Assert.Throws<NbcException>(() => model.Run(sequence, map, new OptionalValue(Programs.Floats(1, 2)), null));
    }

    [Fact]
    public async Task Many_threads_run_one_model()
    {
        using NbcModel model = Programs.Load(Adder, new NbcLoadOptions { MaxRuns = 2 });
        await Task.WhenAll(Enumerable.Range(0, 8).Select(thread => Task.Run(() =>
        {
            NbcValue?[] outputs = [null];
            for (int i = 0; i < 200; i++)
            {
                model.Run([Programs.Floats(thread, i)], outputs, NbcRun.Default, CancellationToken.None);
                Assert.Equal([thread * 2f, i * 2f], Programs.Elements(outputs[0]));
            }
        })));
    }

    [Fact]
    public void Memory_is_reserved_kept_warm_and_given_back()
    {
        ResourceManager manager = new("node", 16, (ResourceKind.Memory, 1 << 20));
        using ResourceAccount account = manager.Root.OpenChild("model");
        NbcModel model = NbcRuntime.Load(Programs.Parse(Adder), null, account);
        model.Run(Programs.Floats(1, 2));
        long warm = account.GetUse(ResourceKind.Memory).InUse;
        Assert.Equal(model.IdleBytes, warm);
        Assert.True(warm > 0);
        model.Trim();
        Assert.True(account.GetUse(ResourceKind.Memory).InUse <= warm);
        model.Dispose();
        Assert.Throws<ObjectDisposedException>(() => model.Run(Programs.Floats(1, 2)));
    }

    [Fact]
    public void The_memory_limit_of_a_run_holds_and_the_next_run_is_well()
    {
        using NbcModel model = Programs.Load("""
            input x : f32 [-1]
            output y : f32 [-1]
            func main (r0) -> (r2) {
                TENSOR_ADD r1 = r0, r0
                TENSOR_ADD r2 = r1, r0
                RET
            }
            """);
        NbcRun small = new() { Task = new NbcTask { Limits = new NbcLimits { MemoryBytes = 4096 } } };
        NbcValue?[] outputs = [null];
        NbcException refused = Assert.Throws<NbcException>(
            () => model.Run([Programs.Floats(new float[2000])], outputs, small, CancellationToken.None));
        Assert.Equal((NbcErrorCode.TooLarge, RecoveryStrategy.Degrade), (refused.Error.Code, refused.Error.Recovery));
        model.Run([Programs.Floats(new float[100])], outputs, small, CancellationToken.None);
        Assert.Equal(100, Programs.Elements(outputs[0]).Length);
    }

    [Fact]
    public void Strings_and_sequences_count_as_memory_too()
    {
        NbcError error = Programs.Failure("""
            const shape = si64 [1] [100000]
            func main () -> () {
                TENSOR_CREATE !ntir.string r0 = @shape
                RET
            }
            """, new NbcRun { Task = new NbcTask { Limits = new NbcLimits { MemoryBytes = 100_000 } } });
        Assert.Equal(NbcErrorCode.TooLarge, error.Code);
    }

    [Theory]
    [InlineData("TENSOR_OPTIONAL r0 = r0")]
    [InlineData("TENSOR_COLLECT_APPEND r1, r1")]
    [InlineData("TENSOR_COLLECT_APPEND r1, r2")]
    [InlineData("TENSOR_SEQUENCE_INSERT r3 = r3, r4")]
    public void Values_that_grow_without_end_meet_the_limit(string step)
    {
        NbcError error = Programs.Failure($$"""
            const c = f32 [1] [1.0]
            const words = !ntir.string [2] ["one", "another"]
            func main () -> () {
                MOVE r0 = @c
                MOVE r2 = @words
                TENSOR_COLLECT_BEGIN r1 =
                TENSOR_SEQUENCE_EMPTY r3 = {dtype = 8}
                MOVE r4 = @words
              again:
                {{step}}
                JMP again
            }
            """, new NbcRun { Task = new NbcTask { Limits = NbcLimits.Sandbox with { MemoryBytes = 1 << 17 } } });
        Assert.Equal(NbcErrorCode.TooLarge, error.Code);
    }

    [Fact]
    public void Locals_registers_and_arenas_of_many_calls_count_as_memory()
    {
        foreach (string large in (string[])["locals 60000", "registers 60000", "arena 100000",
            "arena 64\nr60000 : any at 0 size 64"])
        {
            NbcError error = Programs.Failure($"func main () -> () {{\n{large}\nCALL main\nRET\n}}",
                new NbcRun { Task = new NbcTask { Limits = new NbcLimits { MemoryBytes = 4 << 20 } } });
            Assert.Equal(NbcErrorCode.TooLarge, error.Code);
        }
    }

    [Fact]
    public void A_cancelled_run_ends()
    {
        using NbcModel model = Programs.Load("func main () -> () {\nagain:\nJMP again\n}");
        using CancellationTokenSource source = new(TimeSpan.FromMilliseconds(20));
        Assert.ThrowsAny<OperationCanceledException>(() => model.Run([], [], NbcRun.Default, source.Token));
    }

    [Fact]
    public void A_deadline_ends_a_run_on_the_clock_of_the_options()
    {
        using NbcModel model = Programs.Load("func main () -> () {\nagain:\nJMP again\n}");
        NbcRun late = new() { Task = new NbcTask { Deadline = In(-1000) } };
        Assert.Equal(NbcErrorCode.DeadlineExceeded, Assert.Throws<NbcException>(
            () => model.Run([], [], late, CancellationToken.None)).Error.Code);
    }

    [Fact]
    public async Task Who_waits_for_a_machine_gives_up_at_the_deadline_or_when_cancelled()
    {
        using NbcModel model = Programs.Load(
            "func main () -> () {\nPUSH 1\nPRINT\nagain:\nJMP again\n}", new NbcLoadOptions { MaxRuns = 1 });
        using CancellationTokenSource stop = new();
        TaskCompletionSource started = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Task busy = Task.Run(() => Assert.ThrowsAny<OperationCanceledException>(
            () => model.Run([], [], new NbcRun { Print = _ => started.SetResult() }, stop.Token)));
        await started.Task.WaitAsync(TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken);
        NbcRun late = new() { Task = new NbcTask { Deadline = In(30) } };
        NbcException error = Assert.Throws<NbcException>(() => model.Run([], [], late, CancellationToken.None));
        Assert.Equal(NbcErrorCode.DeadlineExceeded, error.Error.Code);
        Assert.ThrowsAny<OperationCanceledException>(
            () => model.Run([], [], NbcRun.Default, new CancellationToken(canceled: true)));
        await stop.CancelAsync();
        await busy;
    }

    private static Instant In(int ms) => TimeProvider.System.GetInstant() + TimeSpan.FromMilliseconds(ms);

    [Fact]
    public void An_observer_sees_each_instruction_with_its_values_and_place()
    {
        Watcher watcher = new();
        using NbcModel model = Programs.Load(Adder);
        model.Run([Programs.Floats(1, 2)], new NbcValue?[1], new NbcRun { Observer = watcher }, CancellationToken.None);
        Assert.Equal(["main 0 TENSOR_ADD model/add f32 [2], f32 [2] -> f32 [2]", "main 1 RET   -> "], watcher.Lines);
    }

    [Fact]
    public void Random_numbers_follow_the_seed_of_the_run()
    {
        const string Text = """
            output y : f32 [8]
            func main () -> (r0) {
                TENSOR_RANDOM_NORMAL r0 = {shape = [8]}
                RET
            }
            """;
        using NbcModel model = Programs.Load(Text);
        float[] Draw(ulong? seed)
        {
            NbcValue?[] outputs = [null];
            model.Run([], outputs, new NbcRun { Seed = seed }, CancellationToken.None);
            return Programs.Elements(outputs[0]);
        }

        Assert.Equal(Draw(7), Draw(7));
        Assert.NotEqual(Draw(7), Draw(8));
        Assert.NotEqual(Draw(null), Draw(null));
    }

    [Fact]
    public void Constants_come_from_blobs_when_they_are_there_and_large_enough()
    {
        NbcProgram program = Programs.Parse("""
            output y : f32 [2]
            const w : f32 [2] blob "weights" at 64
            func main () -> (r0) {
                TENSOR_ADD r0 = @w, @w
                RET
            }
            """);
        Assert.Equal(NbcErrorCode.NoBlob, Fails(null));
        Assert.Equal(NbcErrorCode.NoBlob, Fails(new Blobs("other", 128, 0)));
        Assert.Equal(NbcErrorCode.WrongBlob, Fails(new Blobs("weights", 71, 0)));
        Assert.Equal(NbcErrorCode.WrongBlob, Fails(new Blobs("weights", 128, 2)));
        using NbcModel model = NbcRuntime.Load(program, new NbcLoadOptions { Blobs = new Blobs("weights", 72, 0) });
        Assert.Equal([6f, 6], Programs.Elements(model.Run()[0]));
        NbcErrorCode Fails(INbcBlobs? blobs) => Assert.Throws<NbcException>(
            () => NbcRuntime.Load(program, new NbcLoadOptions { Blobs = blobs })).Error.Code;
    }

    [Fact]
    public void Tensors_of_attributes_belong_to_the_program()
    {
        using NbcModel model = Programs.Load("""
            output y : f32 [2]
            func main () -> (r0) {
                TENSOR_CONSTANT r0 = {value = tensor f32 [2] [1.0, 2.0]}
                RET
            }
            """);
        NbcValue?[] outputs = model.Run();
        Assert.IsType<TensorValue>(outputs[0]).Span<float>()[0] = 99; // the caller's own
        Assert.Equal([1f, 2], Programs.Elements(model.Run()[0]));
        model.Run([], outputs, NbcRun.Default, CancellationToken.None);
        Assert.Equal([1f, 2], Programs.Elements(outputs[0]));
    }

    [Fact]
    public void What_cannot_be_loaded_says_why()
    {
        NbcException wrong = Assert.Throws<NbcException>(
            () => Programs.Load("func main () -> () {\nADD loc \"a/b\"\nRET\n}"));
        Assert.Equal((NbcErrorCode.WrongProgram, "ADD", "a/b"),
            (wrong.Error.Code, wrong.Error.Mnemonic, wrong.Error.Location));
        Assert.Equal(NbcErrorCode.WrongProgram,
            Assert.Throws<NbcException>(() => Programs.Load("")).Error.Code);
        Assert.Equal(NbcErrorCode.WrongProgram,
            Assert.Throws<NbcException>(() => Programs.Load("func f () -> () {\nlocals 70000\nRET\n}")).Error.Code);
        Assert.Equal(NbcErrorCode.WrongOption, Assert.Throws<NbcException>(
            () => Programs.Load(Adder, new NbcLoadOptions { MaxRuns = 0 })).Error.Code);
        NbcException attribute = Assert.Throws<NbcException>(
            () => Programs.Load(
                "const c = f32 [] [1.0]\nfunc f () -> () {\nTENSOR_CAST r0 = @c {to = 99} loc \"x\"\nRET\n}"));
        Assert.Equal((NbcErrorCode.WrongAttribute, "x"), (attribute.Error.Code, attribute.Error.Location));
    }

    [Fact]
    public void Errors_read_as_people_write_them()
    {
        Assert.Equal("NBC1001: why", new NbcError(NbcErrorCode.DivisionByZero, "why").ToString());
        Assert.Equal("NBC3004 in f, instruction 2, ADD: why",
            new NbcError(NbcErrorCode.OutOfRange, "why", "f", 2, "ADD").ToString());
        Assert.Equal("NBC3004 at a/b (f, instruction 2, ADD): why",
            new NbcError(NbcErrorCode.OutOfRange, "why", "f", 2, "ADD", "a/b").ToString());
        foreach (NbcErrorCode code in Enum.GetValues<NbcErrorCode>())
        {
            Assert.True(code == NbcErrorCode.None || Enum.IsDefined(NbcError.RecoveryOf(code)));
        }

        foreach (int fault in Enum.GetValues<Kernels.KernelFault>().Select(each => (int)each))
        {
            Assert.True(Enum.IsDefined((NbcErrorCode)fault), $"{fault}");
        }
    }

    private sealed class Watcher : INbcObserver
    {
        public List<string> Lines { get; } = [];

        public void Executed(in NbcStep step)
        {
            Assert.True(step.Ticks >= 0);
            Lines.Add($"{step.Function.Name} {step.Index} {step.Descriptor.Mnemonic} {step.Location} " +
                $"{string.Join(", ", step.Inputs.ToArray().Select(each => each?.ToString()))} -> " +
                string.Join(", ", step.Outputs.ToArray().Select(each => each?.ToString())));
        }
    }

    private sealed class Blobs(string name, long length, int shift) : INbcBlobs
    {
        private readonly HeapMemory _memory = new(length + 64);

        public unsafe ForeignMemory? Find(string blob)
        {
            new Span<float>(_memory.Pointer, (int)(_memory.Length / sizeof(float))).Fill(3);
            return blob == name ? new ForeignMemory(_memory.Pointer + shift, length, _memory) : null;
        }
    }
}
