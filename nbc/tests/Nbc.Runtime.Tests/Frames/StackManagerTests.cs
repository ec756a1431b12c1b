using Nbc.Instructions;
using Nbc.Runtime.Errors;
using Nbc.Runtime.Frames;

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
        Assert.Equal(("tester", "t1"), (stack.Task.Owner, stack.Task.TraceId));
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
