using Nbc.Kernels;
using static Ahr.Ntir.Tests.Ops.RuleRun;

namespace Ahr.Ntir.Tests.Ops;

public sealed class ReductionTests
{
    private static readonly KernelAttributes s_flat = KernelAttributes.Of(("keepdims", 0L));
    private static readonly KernelAttributes s_noop = KernelAttributes.Of(("noop_with_empty_axes", 1L));

    [Fact]
    public void Axes_become_one_or_go()
    {
        Assert.Equal("f32 [1, 1]", Type("reduce_sum", "f32 [batch, 3]"));
        Assert.Equal("f32 []", Type("reduce_sum", s_flat, "f32 [batch, 3]"));
        Assert.Equal("f32 [batch, 1]", Type("reduce_mean", "f32 [batch, 3]", Numbers(-1)));
        Assert.Equal("f32 [3]", Type("reduce_max", s_flat, "f32 [batch, 3]", Numbers(0)));
        Assert.Equal("f32 [batch, 3]", Type("reduce_l1", s_noop, "f32 [batch, 3]"));
        Assert.Equal("f32 [batch, 3]", Type("reduce_l1", s_noop, "f32 [batch, 3]", Numbers()));
        Assert.Equal("fails", Type("reduce_sum", "f32 [batch, 3]", Numbers(2)));
    }

    [Fact]
    public void Axes_that_are_not_known_leave_what_can_be_said()
    {
        Assert.Equal("f32 [?, ?]", Type("reduce_sum", "f32 [batch, 3]", "si64 [1]"));
        Assert.Equal("f32 [?]", Type("reduce_sum", s_flat, "f32 [batch, 3]", "si64 [1]"));
        Assert.Equal("f32 *", Type("reduce_sum", s_flat, "f32 [batch, 3]", "si64 [n]"));
        Assert.Equal("f32 [1, 1]", Type("reduce_sum", "f32 [batch, 3]", "si64 [0]"));
        Assert.Equal("f32 *", Type("reduce_sum", "f32 *", Numbers(0)));
        Assert.Equal("?", Type("reduce_sum", "?"));
    }

    [Fact]
    public void Sizes_are_multiplied_out()
    {
        Assert.Equal("[12*batch]", Elements("reduce_prod", "sizes [batch, 3, 4]", Numbers(0)));
        Assert.Equal("[batch + 7]", Elements("reduce_sum", "sizes [batch, 3, 4]"));
        Assert.Equal("[4]", Elements("reduce_max", "sizes [1, 3, 4]"));
        Assert.Equal("[1]", Elements("reduce_min", "sizes [1, 3, 4]"));
    }

    [Fact]
    public void Positions_are_whole_numbers()
    {
        Assert.Equal("si64 [1, 3]", Type("arg_max", "f32 [batch, 3]"));
        Assert.Equal("si64 [batch]", Type("arg_min", s_flat.With("axis", -1L), "f32 [batch, 3]"));
        Assert.Equal("si64 *", Type("arg_min", "f32 *"));
        Assert.Equal("fails", Type("arg_min", KernelAttributes.Of(("axis", 2L)), "f32 [batch, 3]"));
    }

    [Fact]
    public void The_largest_are_as_many_as_asked_for()
    {
        Assert.Equal(
            ["f32 [batch, 2]", "si64 [batch, 2]"], ResultTypes("top_k", KernelAttributes.None, 2, "f32 [batch, 3]",
                Numbers(2)));
        Assert.Equal(
            ["f32 [?, 3]", "si64 [?, 3]"],
            ResultTypes("top_k", KernelAttributes.Of(("axis", 0L)), 2, "f32 [batch, 3]", "si64 [1]"));
        Assert.Equal(["f32 *", "si64 *"], ResultTypes("top_k", KernelAttributes.None, 2, "f32 *", "si64 [1]"));
        Assert.Equal("fails", Type("top_k", "f32 [batch, 3]", Numbers(4)));
        Assert.Equal("fails", Type("top_k", KernelAttributes.Of(("axis", 5L)), "f32 [batch, 3]", Numbers(1)));
        Assert.Equal("?", Type("top_k", "?", Numbers(4)));
    }

    [Fact]
    public void Normalisations_keep_the_type_and_tell_moments()
    {
        Assert.Equal("f32 [a, b]", Type("softmax", "f32 [a, b]"));
        Assert.Equal("fails", Type("softmax", KernelAttributes.Of(("axis", 2L)), "f32 [a, b]"));
        Assert.Equal("f32 [a, b]", Type("cum_sum", "f32 [a, b]", Numbers(0)));
        Assert.Equal(["f16 [a, b, 3]", "f32 [a, 1, 1]", "f32 [a, 1, 1]"], ResultTypes(
            "layer_normalization", KernelAttributes.Of(("axis", -2L)), 3, "f16 [a, b, 3]", "f16 [3]"));
        Assert.Equal(["f16 *", "f32 *", "f32 *"], ResultTypes(
            "layer_normalization", KernelAttributes.None, 3, "f16 *", "f16 [3]"));
        Assert.Equal("f32 [a, 4, 5]", Type("instance_normalization", "f32 [a, 4, 5]", "f32 [4]", "f32 [4]"));
        Assert.Equal("fails", Type("group_normalization", "f32 [a, 4, 5]", "f32 [3]", "f32 [4]"));
        Assert.Equal(["f16 [a, c, 5]", "f32 [c]", "f32 [4]"], ResultTypes("batch_normalization",
            KernelAttributes.None, 3, "f16 [a, c, 5]", "f16 [c]", "f16 [c]", "f32 *", "f32 [4]"));
    }
}
