using Ahr.Backends.Auto;
using Ahr.Backends.Bytecode;
using Ahr.Backends.OnnxRuntime;
using Ahr.Backends.Tests.Bytecode;
using Microsoft.Extensions.Logging.Abstractions;
using Nbc.Assembly;
using Nbc.Instructions;
using Nbc.Runtime.Errors;
using Nbc.Runtime.Frames;
using Nbc.Runtime.Machine;
using Nbc.Tensors;
using Nbc.Values;
using static Ahr.Backends.Tests.ModelFolder;

namespace Ahr.Backends.Tests;

/// <summary>Runs of every engine are tasks with an owner, a trace and a deadline.</summary>
[Collection("engine")]
public sealed class DeadlineTests : IDisposable
{
    private const long Endless = 1L << 62;
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);
    private readonly ModelFolder _folder = new();
    private readonly TaskBoard _board = new(TimeProvider.System);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("onnxruntime")]
    [InlineData("nbc")]
    [InlineData("auto")]
    public async Task A_run_ends_at_its_deadline_and_the_next_one_is_whole(string backend)
    {
        using IBackendModel loop = await LoadAsync(backend, NbcBackendTests.EndlessLoop());
        for (int i = 0; i < 2; i++)
        {
            BackendException late = await LateAsync(loop, Endless, TimeSpan.FromMilliseconds(100));
            Assert.Contains("deadline", late.Message, StringComparison.Ordinal);
            using TensorSet three = await loop.RunAsync(Trips(3), null, Until(s_patience), Cancel);
            Assert.Equal(8f, BitConverter.ToSingle(three.Tensors[0].Data.Span));
        }

        Assert.Empty(_board.List());
    }

    [Theory]
    [InlineData("onnxruntime")]
    [InlineData("nbc")]
    public async Task A_run_whose_deadline_has_passed_does_not_begin(string backend)
    {
        using IBackendModel loop = await LoadAsync(backend, NbcBackendTests.EndlessLoop());
        await LateAsync(loop, 1, TimeSpan.Zero);
        await LateAsync(loop, 1, TimeSpan.FromDays(-1));
    }

    [Theory]
    [InlineData("onnxruntime")]
    [InlineData("nbc")]
    public async Task A_run_is_seen_while_it_lasts_and_a_cancelled_one_is_gone(string backend)
    {
        using IBackendModel loop = await LoadAsync(backend, NbcBackendTests.EndlessLoop());
        using CancellationTokenSource stop = new();
        NbcTask task = Until(s_patience) with { Owner = "anna", TraceId = "0af7" };
        Task run = Task.Run(async () => await loop.RunAsync(Trips(Endless), null, task, stop.Token), Cancel);
        await UntilAsync(() => _board.List().Count > 0);
        RunningTask seen = Assert.Single(_board.List());
        Assert.Equal(("model.onnx", "anna", "0af7"), (seen.Name, seen.Owner, seen.TraceId));
        Assert.InRange(seen.Left!.Value, TimeSpan.Zero, s_patience - seen.Age);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => run.WaitAsync(s_patience, Cancel));
        Assert.Empty(_board.List());
    }

    [Fact]
    public async Task A_part_that_another_engine_runs_ends_with_the_run_around_it()
    {
        string bytes = string.Concat(NbcBackendTests.EndlessLoop().Select(static each => $"\\x{each:X2}"));
        string attributes = "{engine = \"onnxruntime\", inputs = [\"trips\", \"on\", \"x\"], outputs = [\"y\"], " +
            $"model = \"{bytes}\"}}";
        string text = $$"""
            nbc 1
            input trips : {{ElementTypes.TextOf(ElementType.Int64)}} []
            input on : {{ElementTypes.TextOf(ElementType.Bool)}} []
            input x : f32 []
            output y : f32 []
            func main (r0, r1, r2) -> (r3) {
                TENSOR_ENGINE_CALL r3 = r0, r1, r2 {{attributes}}
                RET
            }
            """;
        Assert.True(
            NbcAssembler.TryAssemble(text, out NbcProgram? program, out AssemblyFault? fault), fault?.ToString());
        using NbcModel model = NbcRuntime.Load(program, new NbcLoadOptions { Engines = EngineCallKernel.Create });
        NbcValue?[] Inputs(long trips) =>
        [
            TensorValue.From(ElementType.Int64, [trips]), TensorValue.From(ElementType.Bool, [true]),
            TensorValue.From(ElementType.Float32, [1f]),
        ];
        NbcValue?[] y = new NbcValue?[1];
        NbcException late = await Assert.ThrowsAsync<NbcException>(() => Task.Run(
            () => model.Run(Inputs(Endless), y, NbcRun.Default, Until(TimeSpan.FromMilliseconds(100)), Cancel), Cancel)
            .WaitAsync(s_patience, Cancel));
        Assert.Equal(NbcErrorCode.DeadlineExceeded, late.Error.Code);
        using CancellationTokenSource stop = new(TimeSpan.FromMilliseconds(100));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Task.Run(
            () => model.Run(Inputs(Endless), y, NbcRun.Default, stop.Token), Cancel).WaitAsync(s_patience, Cancel));
        model.Run(Inputs(3), y, NbcRun.Default, Until(s_patience), Cancel);
        Assert.Equal([8f], ((TensorValue)y[0]!).Span<float>());
    }

    [Fact]
    public void An_engine_run_is_ended_by_its_own_deadline_alone()
    {
        HandTime time = new();
        using EngineRun run = new(time);
        Assert.True(run.TryBegin(time.GetInstant() + TimeSpan.FromMilliseconds(10), Cancel));
        Assert.True(run.End());
        time.Fire(); // the callback of the first run comes when it is over
        Assert.True(run.TryBegin(time.GetInstant() + TimeSpan.FromMilliseconds(10), Cancel));
        time.Now += TimeSpan.FromMilliseconds(9);
        time.Fire(); // too early
        Assert.False(run.Options.Terminate);
        Assert.Equal(TimeSpan.FromMilliseconds(1), time.Due);
        time.Now += TimeSpan.FromMilliseconds(1);
        time.Fire();
        Assert.True(run.Options.Terminate && run.IsOver);
        Assert.False(run.End());
        Assert.Equal(1, time.Timers);
    }

    [Fact]
    public void The_frame_and_the_deadline_of_a_run_allocate_nothing()
    {
        using EngineRun run = new(TimeProvider.System);
        NbcTask task = Until(s_patience) with { Owner = "anna" };
        using CancellationTokenSource stop = new();
        long before = 0;
        for (int i = 0; i < 200; i++)
        {
            using (TaskFrame frame = _board.Enter("model", task))
            {
                Assert.True(run.TryBegin(frame.Stack.Deadline, stop.Token) && run.End());
            }

            before = i == 99 ? GC.GetAllocatedBytesForCurrentThread() : before;
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    public void Dispose() => _folder.Dispose();

    private static TensorSet Trips(long count) => Set(
        new Tensor("trips", ElementType.Int64, [], BitConverter.GetBytes(count)),
        new Tensor("on", ElementType.Bool, [], new byte[] { 1 }), Floats("x", [], 1));

    private static NbcTask Until(TimeSpan left) => new() { Deadline = TimeProvider.System.GetInstant() + left };

    private static async Task<BackendException> LateAsync(IBackendModel model, long trips, TimeSpan left)
    {
        BackendException late = await Assert.ThrowsAsync<BackendException>(() => Task.Run(
            async () => await model.RunAsync(Trips(trips), null, Until(left), Cancel), Cancel)
            .WaitAsync(s_patience, Cancel));
        Assert.Equal(BackendFault.DeadlineExceeded, late.Fault);
        return late;
    }

    private async Task<IBackendModel> LoadAsync(string backend, byte[] model) =>
        await Make(backend).LoadAsync(_folder.Write("model.onnx", model), Cancel);

    private IBackend Make(string name) => name switch
    {
        "onnxruntime" => new OnnxRuntimeBackend(
            new OnnxRuntimeOptions(), NullLogger<OnnxRuntimeBackend>.Instance, _board),
        "nbc" => new NbcBackend(new NbcBackendOptions(), NullLogger<NbcBackend>.Instance, tasks: _board),
        _ => new AutoBackend(
            [Make("nbc"), Make("onnxruntime")], TimeProvider.System, NullLogger<AutoBackend>.Instance),
    };

    private static async Task UntilAsync(Func<bool> condition)
    {
        using CancellationTokenSource limit = new(s_patience);
        while (!condition())
        {
            await Task.Yield();
            limit.Token.ThrowIfCancellationRequested();
        }
    }

    /// <summary>A clock with one timer, both moved by hand.</summary>
    private sealed class HandTime : TimeProvider, ITimer
    {
        private Action _fire = static () => { };

        public TimeSpan Now { get; set; } = TimeSpan.FromHours(1);

        public TimeSpan Due { get; private set; }

        public int Timers { get; private set; }

        public override long TimestampFrequency => 7 * TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => 7 * Now.Ticks;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            Timers++;
            _fire = () => callback(state);
            return this;
        }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            Due = dueTime;
            return true;
        }

        public void Fire() => _fire();

        public void Dispose() => _fire = static () => { };

        public ValueTask DisposeAsync() => default;
    }
}
