using Ahr.Runtime;
using Nbc.Tensors;
using Noodle.Node.Routing;
using NoodleNet.Link.Calls;

namespace Noodle.Node.Tests.Routing;

public sealed class CallRequirementTests
{
    public static TheoryData<string?, int, string?, int> Good => new()
    {
        // as written                          ms given  as routed                        ms left
        { null, 30_000, null, 30_000 },
        { "", 30_000, "", 30_000 },
        { "on( gpu,mem>=8GB )", 30_000, "on(gpu, memory>=8GB)", 30_000 },
        { "qos(responsive)", 30_000, "qos(responsive)", 1_000 },
        { "qos(responsive, latency<10ms)", 400, "qos(responsive, latency<10ms)", 400 },
    };

    [Theory]
    [MemberData(nameof(Good))]
    public void A_requirement_gets_its_one_spelling_and_the_time_that_its_level_leaves(
        string? text, int givenMs, string? routed, int leftMs)
    {
        Assert.True(CallRequirement.TryApply(Call(text, givenMs), out InferenceCall applied, out string? fault));
        Assert.Equal((routed, leftMs, null), (applied.Requirement, applied.Timeout.TotalMilliseconds, fault));
    }

    [Theory]
    [InlineData("on(ram)", "'ram' is no name")]
    [InlineData("on(gpu).replicas(2)", "replicas(2) is no condition of one call")]
    public void What_is_no_requirement_of_a_call_is_named(string text, string named)
    {
        Assert.False(CallRequirement.TryApply(Call(text, 1_000), out _, out string? fault));
        Assert.Contains(named, fault, StringComparison.Ordinal);
    }

    [Fact]
    public void The_settings_of_all_kinds_of_calls_are_in_range_and_only_one_place_tries_inference_again()
    {
        foreach (CallPolicy policy in (CallPolicy[])[
            HedgedAttempts.Policy, PeerCallers.ExchangePolicy, PeerCallers.TrustPolicy])
        {
            Assert.Empty(policy.FindFaults());
        }

        Assert.False(HedgedAttempts.Policy.Retries);
    }

    private static InferenceCall Call(string? requirement, int timeoutMs) => new(
        "m", new TensorSet([]), null, TimeSpan.FromMilliseconds(timeoutMs), Guid.NewGuid(), null, requirement);
}
