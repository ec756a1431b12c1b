using Noodle.Cli.CommandLine;

namespace Noodle.Cli.Tests.Processes;

/// <summary><c>noodle up --lan</c> on two hosts with one cable between them.</summary>
public sealed class LanTests
{
    [Fact]
    public async Task Two_hosts_meet_by_multicast_and_one_answers_for_the_other_and_HTTP_stays_at_home()
    {
        using var folder = new TemporaryFolder();
        using var subnet = TestSubnet.Lay();
        await using UpProcess first = await UpProcess.StartAtAsync(
            subnet.First, "--lan", "--data", folder.File("a"), "--token-file", folder.File("token"));
        await using UpProcess second = await UpProcess.StartAtAsync(
            subnet.Second, "--lan", "--data", folder.File("b"), "--token-file", folder.File("token"));
        Assert.Equal("joined", second.Ready.GetProperty("joined").GetString());
        Assert.StartsWith("10.77.0.2:", second.Link, StringComparison.Ordinal);

        (await Command.RunAtAsync(subnet.Second, "deploy", Command.Sample("digits.onnx"), "--name", "digits",
            "--replicas", "2", "--node", second.Http)).AssertGood();
        CommandEnd run = (await Command.RunAtAsync(subnet.First, "run", "digits", "--input",
            Command.Sample("seven.png"), "--node", first.Http)).AssertGood();
        Assert.Contains("[7]", run.Output, StringComparison.Ordinal);

        string abroad = $"http://10.77.0.2:{new Uri(second.Http).Port}";
        (await Command.RunAtAsync(subnet.First, "nodes", "--node", abroad)).AssertRefused(ExitCodes.NoNode, abroad);
        CommandEnd mesh = await Command.RunAtAsync(subnet.First, "nodes", "--node", $"http://{second.Link}");
        Assert.NotEqual(ExitCodes.Success, mesh.ExitCode); // plain text to the mesh port gets nothing
        Assert.Equal("", mesh.Output);
    }
}
