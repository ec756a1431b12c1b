using Nbc.Kernels;
using static Ahr.Ntir.Tests.Ops.RuleRun;

namespace Ahr.Ntir.Tests.Ops;

public sealed class TrainingTests
{
    [Fact]
    public void Optimisers_give_tensors_and_states_of_the_types_that_they_got()
    {
        Assert.Equal(["f32 [2]", "f32 [3]", "f64 [2]", "f64 [3]"], ResultTypes("training.adagrad",
            KernelAttributes.None, 4,
            "f32 []", "si64 []", "f32 [2]", "f32 [3]", "f32 [2]", "f32 [3]", "f64 [2]", "f64 [3]"));
        Assert.Equal(["f32 [2]", "f32 [3]", "f32 [4]"], ResultTypes(
            "training.adam", KernelAttributes.None, 3, "f32 []", "si64 []", "f32 [2]", "f32 [2]", "f32 [3]",
                "f32 [4]"));
        Assert.Equal("fails", Type("training.momentum", "f32 []", "si64 []", "f32 [2]", "f32 [2]"));
        Assert.Equal("?", Type("training.momentum", "f32 []", "si64 []", "?", "f32 [2]", "f32 [2]"));
    }

    [Theory]
    [InlineData("negative_log_likelihood_loss")]
    [InlineData("softmax_cross_entropy_loss")]
    public void A_loss_is_one_number_or_one_for_each_label(string name)
    {
        KernelAttributes none = KernelAttributes.Of(("reduction", "none"));
        Assert.Equal("f32 []", Type(name, "f32 [n, 4]", "si64 [n]"));
        Assert.Equal("f32 [n, h]", Type(name, none, "f32 [n, 4, h]", "si64 [n, h]"));
        Assert.Equal("f32 [n, h]", Type(name, none, "f32 [n, 4, h]", "si64 *"));
        Assert.Equal("f32 *", Type(name, none, "f32 *", "si64 *"));
        Assert.Equal("fails", Type(name, "f32 [n, 4]", "si64 [n, 4]"));
        Assert.Equal("?", Type(name, "?", "si64 [n]"));
    }

    [Fact]
    public void Cross_entropy_tells_the_logarithms_too() => Assert.Equal(["f32 []", "f32 [n, 4]"], ResultTypes(
        "softmax_cross_entropy_loss", KernelAttributes.None, 2, "f32 [n, 4]", "si64 [n]"));
}
