using NoodleNet.Simulation.Swim;

namespace NoodleNet.Simulation.Tests;

public sealed class ChaosTests
{
    [Fact]
    public void Two_hundred_meshes_under_random_faults_break_no_rule_and_agree_in_the_end()
    {
        var broken = new List<string>();
        for (ulong seed = 1; seed <= 200; seed++)
        {
            ChaosReport first = new SwimChaos(seed).Run(), second = new SwimChaos(seed).Run();
            if (!first.IsSound)
            {
                broken.Add(first.ToString());
            }

            Assert.Equal(first.TraceHash, second.TraceHash);
        }

        Assert.True(broken.Count == 0, string.Join('\n', broken));
    }
}
