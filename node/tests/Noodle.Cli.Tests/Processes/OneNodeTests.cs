using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Noodle.Cli.CommandLine;

namespace Noodle.Cli.Tests.Processes;

/// <summary>Every verb against one real node, and every mistake that a person makes.</summary>
public sealed class OneNodeTests(OneNodeTests.Node node) : IClassFixture<OneNodeTests.Node>
{
    private static string Model => Command.Sample("digits.onnx");

    [Fact]
    public async Task A_model_is_deployed_listed_run_and_removed()
    {
        CommandEnd deployed = (await RunAsync("deploy", Model, "--name", "digits", "-o", "json")).AssertGood();
        Assert.Contains("deploying", deployed.Error, StringComparison.Ordinal);
        JsonElement model = Assert.Single(Parse(deployed).EnumerateArray());
        Assert.Equal((1, 1), (model.GetProperty("version").GetInt64(), model.GetProperty("ready").GetInt32()));

        Assert.Equal("digits", Parse(await RunAsync("ls", "-o", "json"))[0].GetProperty("name").GetString());
        Assert.Equal("ready", Parse(await RunAsync("ps", "-o", "json"))[0].GetProperty("state").GetString());
        Assert.True(Parse(await RunAsync("nodes", "-o", "json"))[0].GetProperty("self").GetBoolean());
        CommandEnd answer = (await RunAsync("run", "digits", "--input", Command.Sample("seven.png"), "-o", "json"))
            .AssertGood();
        Assert.Contains("answered by", answer.Error, StringComparison.Ordinal);
        JsonElement digit = Parse(answer).GetProperty("outputs").EnumerateArray()
            .Single(output => output.GetProperty("name").GetString() == "digit");
        Assert.Equal(7, digit.GetProperty("data")[0].GetInt64());
        Assert.Equal("None", Parse(await RunAsync("decisions", "--limit", "1", "-o",
            "json"))[0].GetProperty("outcome").GetString());

        Assert.Equal(JsonValueKind.Array, Parse(await RunAsync("tasks", "-o", "json")).ValueKind);
        foreach ((string verb, string shown) in new[] { ("ls", "digits"), ("ps", "ready"), ("nodes", "alive"),
            ("decisions", "answered"), ("tasks", "DEADLINE IN") })
        {
            CommandEnd table = (await RunAsync(verb)).AssertGood();
            Assert.Contains(shown, table.Output, StringComparison.Ordinal);
            Assert.DoesNotContain('\e', table.Output);
            Assert.Equal("", table.Error);
        }

        CommandEnd removed = (await RunAsync("rm", "digits")).AssertGood();
        Assert.Equal(("", "removed digits\n"), (removed.Output, removed.Error));
        (await RunAsync("rm", "digits")).AssertRefused(ExitCodes.NotFound, "digits");
        (await RunAsync("run", "digits", "--input", Command.Sample("seven.png"))).AssertRefused(ExitCodes.NotFound,
            "digits");
    }

    [Fact]
    public async Task A_run_may_say_what_its_node_must_be()
    {
        (await RunAsync("deploy", Model, "--name", "placed")).AssertGood();
        string[] run = ["run", "placed", "--input", Command.Sample("seven.png")];
        (await RunAsync([.. run, "--on", "on(cpu>=1, mem>=1KB).qos(batch)"])).AssertGood();
        (await RunAsync([.. run, "--require", "on(npu)"])).AssertRefused(ExitCodes.Failed, "on(npu)", "npu not known");
        (await RunAsync([.. run, "--require", "on(ram)"])).AssertRefused(ExitCodes.Usage, "'ram' is no name");
        (await RunAsync("run", Model, "--input", Command.Sample("seven.png"), "--require", "on(cpu)"))
            .AssertRefused(ExitCodes.Usage, "--require", "digits.onnx");
        (await RunAsync("rm", "placed")).AssertGood();
    }

    [Fact]
    public async Task A_model_file_that_is_none_is_named_and_the_node_stays_up()
    {
        using var folder = new TemporaryFolder();
        byte[] good = await File.ReadAllBytesAsync(Model, TestContext.Current.CancellationToken);
        string missing = folder.File("missing.onnx"), text = folder.File("text.onnx", "not a model\n"u8.ToArray());
        string cut = folder.File("cut.onnx", good[..4000]), empty = folder.File("empty.onnx", []);
        (await RunAsync("deploy", missing, "--name", "m")).AssertRefused(ExitCodes.Usage, missing);
        (await RunAsync("deploy", folder.FullName, "--name", "m")).AssertRefused(ExitCodes.Usage, folder.FullName,
            "folder");
        (await RunAsync("deploy", empty, "--name", "m")).AssertRefused(ExitCodes.Usage, empty, "empty");
        (await RunAsync("deploy", text, "--name", "m")).AssertRefused(ExitCodes.Usage, "m");
        (await RunAsync("deploy", cut, "--name", "m")).AssertRefused(ExitCodes.Usage, "m");
        (await RunAsync("deploy", Model, "--name", "no/name")).AssertRefused(ExitCodes.Usage, "name");
        (await RunAsync("run", text, "--input", Command.Sample("seven.png"))).AssertRefused(ExitCodes.Failed,
            "text.onnx");
        Assert.Equal("[]", (await RunAsync("ls", "-o", "json")).AssertGood().Output.Trim());
    }

    [Fact]
    public async Task A_wrong_input_is_named_whether_a_node_runs_the_model_or_this_process()
    {
        using var folder = new TemporaryFolder();
        string shape = folder.File("shape.json", "[1, 2, 3]"u8.ToArray());
        string type = folder.File("type.json", """["a"]"""u8.ToArray());
        (await RunAsync("deploy", Model, "--name", "inputs")).AssertGood();
        foreach (string target in new[] { "inputs", Model })
        {
            (await RunAsync("run", target, "--input", shape)).AssertRefused(ExitCodes.Usage, "shape.json");
            (await RunAsync("run", target, "--input", type)).AssertRefused(ExitCodes.Usage, "type.json");
            (await RunAsync("run", target, "--input", "picture=" + shape)).AssertRefused(ExitCodes.Usage, "picture");
            (await RunAsync("run", target, "--input", folder.File("none.npy"))).AssertRefused(ExitCodes.Usage,
                "none.npy");
            (await RunAsync("run", target, "--input", folder.FullName)).AssertRefused(ExitCodes.Usage, folder.FullName);
        }

        (await RunAsync("rm", "inputs")).AssertGood();
    }

    [Fact]
    public async Task A_port_in_use_is_named()
    {
        using var folder = new TemporaryFolder();
        string http = new Uri(node.Process.Http).Port.ToString(CultureInfo.InvariantCulture);
        string mesh = IPEndPoint.Parse(node.Process.Link).Port.ToString(CultureInfo.InvariantCulture);
        (await Command.RunAsync("up", "--data", folder.FullName, "--no-multicast", "--http-port", http))
            .AssertRefused(ExitCodes.Failed, http, "--http-port");
        CommandEnd second = await Command.RunAsync(
            "up", "--data", folder.FullName, "--no-multicast", "--http-port", "0", "--mesh-port", mesh);
        second.AssertRefused(ExitCodes.Failed, mesh, "--mesh-port");
        (await RunAsync("nodes")).AssertGood();
    }

    [Fact]
    public async Task A_node_is_found_by_its_data_folder_or_its_address()
    {
        (await Command.RunAsync("nodes", "--data", node.Folder.FullName)).AssertGood();
        (await Command.RunAsync([("NOODLE_DATA", node.Folder.FullName)], "nodes")).AssertGood();
        (await Command.RunAsync([("NOODLE_NODE", new Uri(node.Process.Http).Authority)], "nodes")).AssertGood();
        using var empty = new TemporaryFolder();
        (await Command.RunAsync("nodes", "--data", empty.FullName)).AssertRefused(ExitCodes.NoNode, empty.FullName,
            "noodle up");
        (await Command.RunAsync("nodes", "--node", "ftp://x")).AssertRefused(ExitCodes.Usage, "ftp://x");
        using var closed = new TcpListener(IPAddress.Loopback, 0);
        closed.Start();
        string address = $"http://{closed.LocalEndpoint}";
        closed.Stop();
        (await Command.RunAsync("ls", "--node", address)).AssertRefused(ExitCodes.NoNode, address);
    }

    private static JsonElement Parse(CommandEnd end) => JsonDocument.Parse(end.AssertGood().Output).RootElement;

    private Task<CommandEnd> RunAsync(params string[] arguments) =>
        Command.RunAsync([.. arguments, "--node", node.Process.Http]);

    /// <summary>One node for the class; each test leaves it as it was.</summary>
    public sealed class Node : IAsyncLifetime
    {
        internal TemporaryFolder Folder { get; } = new();

        internal UpProcess Process { get; private set; } = null!;

        public async ValueTask InitializeAsync() =>
            Process = await UpProcess.StartAsync("--data", Folder.FullName, "--no-multicast");

        public async ValueTask DisposeAsync()
        {
            CommandEnd end = await Process.SignalAsync("TERM");
            await Process.DisposeAsync();
            Folder.Dispose();
            Assert.Equal((ExitCodes.Success, ""), (end.ExitCode, end.Output));
        }
    }
}
