using Nbc.Instructions;
using Nbc.Runtime.Errors;
using Nbc.Runtime.Frames;
using Noodle.Primitives;

namespace Nbc.Runtime.Tests.Frames;

public sealed class StackManagerTests
{
    [Fact]
    public void A_call_sees_its_own_locals_and_operands_alone()
    {
        StackManager stack = new(new NbcTask { Owner = "tester", TraceId = "t1" });
        stack.EnterCall("outer", 1, 0);
        stack.Store(0, 7L);
        stack.Push(1L);
        stack.EnterCall("inner", 2, 42);
        Assert.Equal(NbcScalar.Null, stack.Load(0));
        Assert.Equal(NbcErrorCode.StackUnderflow, Fails(() => stack.Pop()));
        Assert.Equal(NbcErrorCode.StackUnderflow, Fails(() => stack.Load(2)));
        Assert.Equal(NbcErrorCode.StackUnderflow, Fails(() => stack.Load(-1)));
        stack.EnterFrame("block", 1);
        stack.Store(2, "text");
        Assert.Equal(["block", "inner", "outer"], stack.Names());
        Assert.Equal("block", stack.Name);
        stack.Push(true);
        Assert.Equal(42, stack.ExitCall());
        Assert.Equal((1, 2), (stack.Depth, stack.Operands));
        Assert.Equal(7L, stack.Load(0));
        Assert.Equal(0, stack.ExitFrame());
        Assert.Equal(("tester", "t1"), (stack.Owner, stack.TraceId));
    }

    [Fact]
    public void A_thousand_frames_are_the_default_limit()
    {
        StackManager stack = new();
        for (int i = 0; i < 1000; i++)
        {
            stack.EnterCall("f", 3, i);
        }

        Assert.Equal(NbcErrorCode.TooManyFrames, Fails(() => stack.EnterCall("f", 0, 0)));
        Assert.Equal(NbcErrorCode.TooManyFrames, Fails(() => stack.EnterFrame("f", 0)));
        stack.Clear();
        Assert.Equal(0, stack.Depth);
        Assert.Equal(NbcErrorCode.StackUnderflow, Fails(() => stack.ExitFrame()));
        Assert.Equal(NbcErrorCode.StackUnderflow, Fails(() => stack.EnterFrame("f", 0)));
        Assert.Equal(NbcErrorCode.StackUnderflow, Fails(() => stack.Pop()));
        Assert.Throws<ArgumentOutOfRangeException>(() => stack.EnterCall("f", -1, 0));
    }

    [Fact]
    public void A_task_inside_another_one_reaches_no_further_than_the_one_around_it()
    {
        Instant noon = new(1_000_000), evening = noon + TimeSpan.FromHours(6);
        StackManager stack = new(new NbcTask
        {
            Owner = "anna", TraceId = "t1", Deadline = noon, Limits = new NbcLimits { StackDepth = 2, FrameDepth = 3 },
        });
        stack.EnterTask("call", new NbcTask { Owner = "ben", Deadline = evening });
        Assert.Equal(("ben", "t1", noon, 3), (stack.Owner, stack.TraceId, stack.Deadline, stack.Limits.FrameDepth));
        stack.EnterTask("part", new NbcTask
        {
            TraceId = "t2", Deadline = noon - TimeSpan.FromTicks(1), Limits = new NbcLimits { StackDepth = 1 },
        });
        stack.EnterFrame("block", 0); // carries what the frame around it does
        Assert.Equal(
            ("ben", "t2", noon - TimeSpan.FromTicks(1)), (stack.Owner, stack.TraceId, stack.Deadline!.Value));
        Assert.Equal((1, 3), (stack.Limits.StackDepth, stack.Limits.FrameDepth));
        Assert.Equal(NbcErrorCode.TooManyFrames, Fails(() => stack.EnterTask("deep", NbcTask.Default)));
        stack.Push(1L);
        Assert.Equal(NbcErrorCode.StackOverflow, Fails(() => stack.Push(2L)));
        stack.ExitCall();
        Assert.Equal(("ben", "t1", noon, 2), (stack.Owner, stack.TraceId, stack.Deadline, stack.Limits.StackDepth));
        stack.ExitCall();
        Assert.Equal(("anna", noon), (stack.Owner, stack.Deadline));
        stack.EnterTask("again", new NbcTask { Owner = "carl" });
        stack.Clear();
        Assert.Equal("anna", stack.Owner);
    }

    [Fact]
    public void Of_two_limits_the_stricter_one_holds_and_equal_ones_cost_nothing()
    {
        NbcLimits sandbox = NbcLimits.Sandbox;
        Assert.Same(sandbox, NbcLimits.None.Within(sandbox));
        Assert.Same(sandbox, sandbox.Within(NbcLimits.None));
        Assert.Equal(
            new NbcLimits
            {
                Instructions = 5, Time = TimeSpan.FromSeconds(10), MemoryBytes = 256 << 20, FrameDepth = 7,
                StackDepth = 9, OutputChars = 3, AllowsNetwork = false,
            },
            new NbcLimits { Instructions = 5, FrameDepth = 7, StackDepth = 9, OutputChars = 3 }.Within(sandbox));
        NbcLimits quick = new() { Time = TimeSpan.FromSeconds(1) };
        Assert.Equal(sandbox with { Time = quick.Time }, quick.Within(sandbox));
        Assert.Equal(sandbox with { Time = quick.Time }, sandbox.Within(quick));
    }

    [Fact]
    public void The_operand_stack_has_a_limit()
    {
        StackManager stack = new(new NbcTask { Limits = new NbcLimits { StackDepth = 2 } });
        stack.Push(1L);
        stack.Push(2L);
        Assert.Equal(NbcErrorCode.StackOverflow, Fails(() => stack.Push(3L)));
        Assert.Equal(2L, stack.Pop());
    }

    [Fact]
    public void Scalars_compare_by_kind_and_bits()
    {
        NbcScalar half = 0.5, same = 0.5, zero = 0.0, minus = -0.0, text = "a";
        Assert.True(half == same && zero != minus && text.Equals((object)(NbcScalar)"a") && !text.Equals(new object()));
        Assert.Equal(half.GetHashCode(), same.GetHashCode());
        Assert.Equal(["null", "0.5", "-0.0", "a", "1e+30"],
            new[] { NbcScalar.Null, half, minus, text, 1e30 }.Select(each => each.ToString()));
    }

    private static NbcErrorCode Fails(Action action) => Assert.Throws<NbcException>(action).Error.Code;
}
