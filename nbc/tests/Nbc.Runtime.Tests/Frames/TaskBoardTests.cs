using Nbc.Runtime.Errors;
using Nbc.Runtime.Frames;
using Nbc.Runtime.Machine;
using Nbc.Runtime.Network;
using Nbc.Runtime.Tests.Machine;
using Nbc.Values;
using Noodle.Primitives;

namespace Nbc.Runtime.Tests.Frames;

public sealed class TaskBoardTests
{
    private const string Forever = "func main () -> () {\nagain:\nJMP again\n}";
    private readonly SteppedTime _time = new();
    private readonly TaskBoard _board;

    public TaskBoardTests() => _board = new TaskBoard(_time);

    private NbcLoadOptions Options => new() { Clock = _time, Tasks = _board, MaxRuns = 1 };

    [Fact]
    public void What_runs_is_seen_with_owner_trace_age_and_time_left()
    {
        NbcTask task = new() { Owner = "anna", TraceId = "t1", Deadline = In(3) };
        TaskFrame first = _board.Enter("load digits", task);
        _time.Step(TimeSpan.FromSeconds(1));
        using TaskFrame second = _board.Enter("fetch", NbcTask.Default);
        Assert.Equal(
            [
                new RunningTask("load digits", "anna", "t1", TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(2)),
                new RunningTask("fetch", "", "", TimeSpan.Zero, null),
            ],
            _board.List());
        Assert.Equal(("load digits", "anna"), (first.Stack.Name, first.Stack.Owner));
        first.Dispose();
        first.Dispose(); // closes nothing that is not its own
        Assert.Equal("fetch", Assert.Single(_board.List()).Name);
        using TaskFrame third = _board.Enter("third", NbcTask.Default);
        Assert.Same(first.Stack, third.Stack); // stacks are used again, and nothing is left on them
        Assert.Equal(("", null), (third.Stack.Owner, third.Stack.Deadline));
        first.Dispose(); // late, when its stack serves another task
        Assert.Equal(["fetch", "third"], _board.List().Select(running => running.Name).Order());
    }

    [Fact]
    public void Many_tasks_at_once_are_all_seen_and_all_go()
    {
        TaskFrame[] frames = [.. Enumerable.Range(0, 300).Select(i => _board.Enter($"t{i}", NbcTask.Default))];
        Assert.Equal(300, _board.List().Count);
        Assert.Equal(300, _board.List().Select(static task => task.Name).Distinct().Count());
        Array.ForEach(frames, frame => frame.Dispose());
        Assert.Empty(_board.List());
    }

    [Fact]
    public void A_task_on_the_board_allocates_nothing()
    {
        NbcTask task = new() { Owner = "anna", Deadline = In(3) };
        _board.Enter("warm", task).Dispose();
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 100; i++)
        {
            _board.Enter("run", task).Dispose();
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public void A_run_is_on_the_board_while_it_lasts_under_its_name_and_for_its_caller()
    {
        IReadOnlyList<RunningTask> seen = [];
        using NbcModel model = Programs.Load("func main () -> () {\nPUSH 1\nPRINT\nRET\n}", Options);
        NbcRun run = new()
        {
            Name = "adder",
            Task = new NbcTask { Owner = "node", TraceId = "t0", Deadline = In(9) },
            Print = _ => seen = _board.List(),
        };
        model.Run([], [], run, new NbcTask { Owner = "anna", Deadline = In(20) }, CancellationToken.None);
        Assert.Equal(new RunningTask("adder", "anna", "t0", TimeSpan.Zero, TimeSpan.FromSeconds(9)),
            Assert.Single(seen));
        Assert.Empty(_board.List());
        model.Run([], [], run with { Name = null, Task = NbcTask.Default }, CancellationToken.None);
        Assert.Equal(new RunningTask("main", "", "", TimeSpan.Zero, null), Assert.Single(seen));
        model.Run([], [], run, new NbcTask { Name = "sum" }, CancellationToken.None);
        Assert.Equal("sum", Assert.Single(seen).Name);
    }

    [Theory]
    [InlineData(5, 60, NbcErrorCode.DeadlineExceeded)]
    [InlineData(60, 5, NbcErrorCode.OutOfTime)]
    public void What_ends_first_ends_the_run_and_says_so(int deadline, int limit, NbcErrorCode code)
    {
        using NbcModel model = Programs.Load(Forever, Options);
        _time.StepPerLook = TimeSpan.FromMilliseconds(1);
        NbcException error = Assert.Throws<NbcException>(() => model.Run(
            [], [], new NbcRun { Task = new NbcTask { Limits = new NbcLimits { Time = TimeSpan.FromSeconds(limit) } } },
            new NbcTask { Deadline = In(deadline) }, CancellationToken.None));
        Assert.Equal((code, "main"), (error.Error.Code, error.Error.Function));
        Assert.Equal(RecoveryStrategy.Degrade, error.Error.Recovery);
        Assert.Empty(_board.List());
    }

    [Fact]
    public void The_deadline_of_a_call_never_reaches_past_the_one_around_it()
    {
        using NbcModel model = Programs.Load(Forever, Options);
        _time.StepPerLook = TimeSpan.FromMilliseconds(1);
        Instant start = In(0);
        NbcRun soon = new() { Task = new NbcTask { Deadline = In(1) } };
        NbcException error = Assert.Throws<NbcException>(
            () => model.Run([], [], soon, new NbcTask { Deadline = In(3600) }, CancellationToken.None));
        Assert.Equal(NbcErrorCode.DeadlineExceeded, error.Error.Code);
        Assert.InRange(_time.GetInstant() - start, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(2));
    }

    [Fact]
    public void The_deadline_is_looked_at_before_every_kernel()
    {
        const string Text = """
            input x : f32 [2]
            output y : f32 [2]
            func main (r0) -> (r1) {
                registers 2
                TENSOR_ADD r1 = r0, r0
                PUSH 1
                PRINT
                TENSOR_IDENTITY r1 = r0
                RET
            }
            """;
        using NbcModel model = Programs.Load(Text, Options);
        NbcRun run = new() { Print = _ => _time.Step(TimeSpan.FromSeconds(2)) };
        NbcException error = Assert.Throws<NbcException>(() => model.Run(
            [Programs.Floats(1, 2)], new NbcValue?[1], run, new NbcTask { Deadline = In(1) }, CancellationToken.None));
        Assert.Equal((NbcErrorCode.DeadlineExceeded, 3), (error.Error.Code, error.Error.Instruction));
    }

    [Fact]
    public void A_program_that_waits_for_a_message_ends_at_its_deadline()
    {
        const string Text = """
            func main () -> () {
                registers 1
                PUSH "self"
                NETWORK_RECV "c" r0 =
                RET
            }
            """;
        using NbcModel model = Programs.Load(Text);
        NbcRun run = new() { Network = new LoopbackNetwork() };
        NbcTask task = new() { Deadline = TimeProvider.System.GetInstant() + TimeSpan.FromMilliseconds(40) };
        Assert.Equal(NbcErrorCode.DeadlineExceeded, Assert.Throws<NbcException>(
            () => model.Run([], [], run, task, CancellationToken.None)).Error.Code);
    }

    [Fact]
    public void The_board_and_the_options_have_one_clock() => Assert.Equal(
        NbcErrorCode.WrongOption, Assert.Throws<NbcException>(
            () => Programs.Load(Forever, new NbcLoadOptions { Tasks = _board })).Error.Code);

    private Instant In(int seconds) => _time.GetInstant() + TimeSpan.FromSeconds(seconds);
}
