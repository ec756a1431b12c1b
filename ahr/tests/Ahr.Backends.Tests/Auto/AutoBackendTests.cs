using Ahr.Backends.Auto;
using Microsoft.Extensions.Logging.Abstractions;
using Nbc.Runtime.Frames;
using Nbc.Tensors;
using static Ahr.Backends.Tests.ModelFolder;

namespace Ahr.Backends.Tests.Auto;

public sealed class AutoBackendTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_faster_engine_answers_once_both_were_measured()
    {
        SteppedTime time = new();
        ScriptedEngine slow = new("slow", () => time.Step(40)), fast = new("fast", () => time.Step(10));
        using IBackendModel model = await LoadAsync(time, slow, fast);
        string?[] engines = await AskAsync(model, 60);
        Assert.Equal(14, engines.Take(14).Count(engine => engine is "slow" or "fast"));
        Assert.All(engines.Skip(14), engine => Assert.Equal("fast", engine));
        EngineChoice choice = Assert.Single(model.Engines);
        Assert.Equal(("x [1]", "fast"), (choice.Shapes, choice.Engine));
        Assert.Equal(["slow", "fast"], choice.Times.Select(each => each.Engine));
        Assert.Equal([40, 10], choice.Times.Select(each => Math.Round(each.Microseconds)));
    }

    [Fact]
    public async Task An_engine_that_never_makes_the_deadline_is_not_the_only_one_that_is_tried()
    {
        SteppedTime time = new();
        ScriptedEngine late = new("late", () =>
        {
            time.Step(1_000_000);
            throw new BackendException(BackendFault.DeadlineExceeded, "too late");
        });
        using IBackendModel model = await LoadAsync(time, late, new("quick", () => time.Step(10)));
        int missed = 0;
        for (int call = 0; call < 60; call++)
        {
            NbcTask task = new() { Deadline = time.GetInstant() + TimeSpan.FromSeconds(1) };
            try
            {
                (await model.RunAsync(new TensorSet([Floats("x", [1], 1)]), null, task, Cancel)).Dispose();
            }
            catch (BackendException)
            {
                missed++;
            }
        }

        Assert.Equal(7, missed); // while they were tried in turn, and never again
        Assert.Equal("quick", Assert.Single(model.Engines).Engine);
    }

    [Fact]
    public async Task Each_set_of_shapes_has_its_own_winner()
    {
        SteppedTime time = new();
        ScriptedEngine a = new("a", inputs => time.Step(inputs.Tensors[0].Shape[0] == 1 ? 10 : 90));
        ScriptedEngine b = new("b", () => time.Step(50));
        using IBackendModel model = await LoadAsync(time, a, b);
        await AskAsync(model, 20);
        await AskAsync(model, 21, 8);
        Assert.Equal([("x [8]", "b"), ("x [1]", "a")], model.Engines.Select(choice => (choice.Shapes, choice.Engine!)));
    }

    [Fact]
    public async Task Shapes_without_end_share_a_trial()
    {
        SteppedTime time = new();
        using IBackendModel model = await LoadAsync(time, new("a", () => time.Step(1)), new("b", () => time.Step(2)));
        for (int size = 0; size < AutoModel.MostShapes + 50; size++)
        {
            await AskAsync(model, 1, size);
        }

        Assert.Equal(AutoModel.MostShapes + 1, model.Engines.Count);
        Assert.Equal("*", model.Engines[0].Shapes);
    }

    [Fact]
    public async Task When_one_engine_fails_the_other_answers_the_same_call_and_all_later_ones()
    {
        SteppedTime time = new();
        ScriptedEngine broken = new("broken", () => throw new BackendException(BackendFault.RunFailed, "it broke"));
        ScriptedEngine whole = new("whole", () => time.Step(10));
        using IBackendModel model = await LoadAsync(time, broken, whole);
        Assert.All(await AskAsync(model, 20), engine => Assert.Equal("whole", engine));
        Assert.Equal(1, broken.Runs);
        Assert.Equal("whole", Assert.Single(model.Engines).Engine);
    }

    [Fact]
    public async Task When_all_fail_the_inputs_are_at_fault_and_nothing_is_remembered()
    {
        ScriptedEngine first = new("first", () => throw new BackendException(BackendFault.RunFailed, "first says"));
        ScriptedEngine last = new("last", () => throw new BackendException(BackendFault.RunFailed, "last says"));
        using IBackendModel model = await LoadAsync(TimeProvider.System, first, last);
        for (int i = 0; i < 2; i++)
        {
            BackendException failed = await Assert.ThrowsAsync<BackendException>(() => AskAsync(model, 1));
            Assert.Equal("last says", failed.Message);
        }

        Assert.Equal((2, 2), (first.Runs, last.Runs));
    }

    [Theory]
    [InlineData(BackendFault.InvalidInput)]
    [InlineData(BackendFault.LimitReached)]
    public async Task A_wrong_input_or_a_limit_is_not_put_to_another_engine(BackendFault fault)
    {
        ScriptedEngine first = new("first", () => throw new BackendException(fault, "no"));
        ScriptedEngine second = new("second", () => { });
        using IBackendModel model = await LoadAsync(TimeProvider.System, first, second);
        BackendException refused = await Assert.ThrowsAsync<BackendException>(() => AskAsync(model, 1));
        Assert.Equal(fault, refused.Fault);
        Assert.Equal(0, second.Runs);
    }

    [Fact]
    public async Task A_model_that_one_engine_takes_runs_there()
    {
        ScriptedEngine refuses = new("refuses", () => { }) { Refusal = "not for me" };
        ScriptedEngine takes = new("takes", () => { });
        using IBackendModel model = await LoadAsync(TimeProvider.System, refuses, takes);
        Assert.All(await AskAsync(model, 3), engine => Assert.Equal("takes", engine));
    }

    [Fact]
    public async Task A_model_that_no_engine_takes_is_refused_in_the_words_of_the_last()
    {
        AutoBackend auto = new(
            [new ScriptedEngine("a", () => { }) { Refusal = "a says no" },
                new ScriptedEngine("b", () => { }) { Refusal = "b says no" }],
            TimeProvider.System, NullLogger<AutoBackend>.Instance);
        Assert.Equal("auto", auto.Name);
        Assert.Equal(2, auto.Engines.Count);
        BackendException refused = await Assert.ThrowsAsync<BackendException>(
            async () => await auto.LoadAsync("model", Cancel));
        Assert.Equal("b says no", refused.Message);
    }

    [Fact]
    public async Task What_was_loaded_is_let_go_when_a_load_is_cancelled()
    {
        ScriptedEngine loaded = new("loaded", () => { });
        ScriptedEngine cancelled = new("cancelled", () => { }) { LoadFault = new OperationCanceledException() };
        AutoBackend auto = new([loaded, cancelled], TimeProvider.System, NullLogger<AutoBackend>.Instance);
        await Assert.ThrowsAsync<OperationCanceledException>(async () => await auto.LoadAsync("model", Cancel));
        Assert.Equal(1, loaded.Disposed);
    }

    [Fact]
    public async Task Both_engines_are_let_go_with_the_model()
    {
        ScriptedEngine a = new("a", () => { }), b = new("b", () => { });
        (await LoadAsync(TimeProvider.System, a, b)).Dispose();
        Assert.Equal((1, 1), (a.Disposed, b.Disposed));
    }

    private static async Task<IBackendModel> LoadAsync(TimeProvider time, params ScriptedEngine[] engines) =>
        await new AutoBackend(engines, time, NullLogger<AutoBackend>.Instance).LoadAsync("folder/model.onnx", Cancel);

    private static async Task<string?[]> AskAsync(IBackendModel model, int calls, int size = 1)
    {
        string?[] engines = new string?[calls];
        for (int i = 0; i < calls; i++)
        {
            using TensorSet answer = await model.RunAsync(Set(Floats("x", [size], new float[size])), null, Cancel);
            engines[i] = answer.Engine;
        }

        return engines;
    }

    /// <summary>A clock that moves only when an engine says that it worked; one tick is 0.1 us.</summary>
    private sealed class SteppedTime : TimeProvider
    {
        private long _now;

        public override long TimestampFrequency => 10_000_000;

        public override long GetTimestamp() => _now;

        public void Step(long microseconds) => _now += microseconds * 10;
    }

    private sealed class ScriptedEngine(string name, Action<TensorSet> run) : IBackend
    {
        public ScriptedEngine(string name, Action run)
            : this(name, _ => run())
        {
        }

        public string Name => name;

        public string? Refusal { get; init; }

        public Exception? LoadFault { get; init; }

        public int Runs { get; private set; }

        public int Disposed { get; private set; }

        public ValueTask<IBackendModel> LoadAsync(string path, CancellationToken cancellation) =>
            LoadFault is { } fault ? throw fault
            : Refusal is { } refusal ? throw new BackendException(BackendFault.UnsupportedModel, refusal)
            : new(new Model(this));

        private sealed class Model(ScriptedEngine engine) : IBackendModel
        {
            public IReadOnlyList<TensorSpec> Inputs { get; } = [new("x", ElementType.Float32, [-1])];

            public IReadOnlyList<TensorSpec> Outputs { get; } = [];

            public ValueTask<TensorSet> RunAsync(
                TensorSet inputs, IReadOnlyList<string>? outputs, NbcTask task, CancellationToken cancellation)
            {
                engine.Runs++;
                engine.Run(inputs);
                return new(new TensorSet([]) { Engine = engine.Name });
            }

            public void Dispose() => engine.Disposed++;
        }

        private void Run(TensorSet inputs) => run(inputs);
    }
}
