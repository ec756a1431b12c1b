using System.Diagnostics;
using System.Text.Json;
using Noodle.Cli.CommandLine;

namespace Noodle.Cli.Tests.Processes;

/// <summary>The verbs of trust as people run them, and where a secret could leak.</summary>
public sealed class TrustTests
{
    [Fact]
    public async Task A_token_is_made_used_listed_and_its_node_revoked_and_no_secret_is_seen_by_others()
    {
        using var folder = new TemporaryFolder();
        await using UpProcess founder = await UpProcess.StartAsync(
            "--data", folder.File("a"), "--no-multicast", "--drain-timeout", "1");
        CommandEnd made = (await Command.RunAsync(
            "token", "create", "--ttl", "1h", "--uses", "1", "--node", founder.Http)).AssertGood();
        string token = made.Output.Trim(), id = made.Error.Split(' ')[1].TrimEnd(':');
        Assert.StartsWith("noodle1.", token, StringComparison.Ordinal);
        Assert.DoesNotContain(token[8..], made.Error, StringComparison.Ordinal);

        using Process joined = Command.Start(
            [], "join", "-", founder.Link, "--data", folder.File("b"), "--no-multicast", "--http-port", "0",
            "--mesh-port", "0", "-o", "json", "--drain-timeout", "1");
        try
        {
            Task<string> log = joined.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
            await joined.StandardInput.WriteLineAsync(token);
            joined.StandardInput.Close();
            string? line = await joined.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken).AsTask()
                .WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
            Assert.True(line is not null, line is null ? await log : "");
            JsonElement ready = JsonDocument.Parse(line!).RootElement;
            Assert.Equal("joined", ready.GetProperty("joined").GetString());
            AssertNotSeen(joined, token);
            AssertForOwner(folder.File("b/token"));
            AssertAllForOwner(folder.File("a"));
            AssertAllForOwner(folder.File("b"));

            string list = (await Command.RunAsync("token", "ls", "--node", founder.Http)).AssertGood().Output;
            Assert.Contains(id, list, StringComparison.Ordinal);
            Assert.Contains("1/1", list, StringComparison.Ordinal);
            Assert.Contains("used up", list, StringComparison.Ordinal);
            Assert.DoesNotContain(token[8..40], list, StringComparison.Ordinal);
            Assert.Contains("settled", (await Command.RunAsync("gossip-key", "ls", "--node", founder.Http))
                .AssertGood().Output, StringComparison.OrdinalIgnoreCase);
            Assert.Contains("fingerprint", (await Command.RunAsync("admit", "--node", founder.Http)).AssertGood().Error,
                StringComparison.Ordinal);

            string node = ready.GetProperty("node").GetString()!;
            (await Command.RunAsync("revoke", node, "--node", founder.Http)).AssertGood();
            Assert.Contains("revoked", (await Command.RunAsync("nodes", "--node", founder.Http)).AssertGood().Output,
                StringComparison.Ordinal);
            (await Command.RunAsync("gossip-key", "rotate", "--node", founder.Http, "-o", "json")).AssertGood();
            (await Command.RunAsync("token", "revoke", id, "--node", founder.Http)).AssertGood();
            joined.Kill();
            Assert.DoesNotContain(token[8..40], await log, StringComparison.Ordinal);
        }
        finally
        {
            joined.Kill();
        }

        CommandEnd end = await founder.SignalAsync("TERM");
        Assert.DoesNotContain(token[8..40], end.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Mistakes_get_one_sentence_with_the_way_out()
    {
        using var folder = new TemporaryFolder();
        string[] nowhere = ["--node", "http://127.0.0.1:1"];
        (await Command.RunAsync("join", "noodle1.secret")).AssertRefused(ExitCodes.Usage, "argument", "noodle join -");
        (await Command.RunAsync("join", folder.File("none"))).AssertRefused(ExitCodes.Usage, "none");
        (await Command.RunAsync("join", "--wait", "--data", folder.File("w")))
            .AssertRefused(ExitCodes.Usage, "--mesh", "noodle admit");
        (await Command.RunAsync("join", "--wait", "--mesh", "abc", "--data", folder.File("w")))
            .AssertRefused(ExitCodes.Usage, "ABCD-EFGH-2345-WXYZ");
        (await Command.RunAsync(["token", "create", "--ttl", "never", .. nowhere]))
            .AssertRefused(ExitCodes.Usage, "--ttl");
        (await Command.RunAsync(["token", "ls", .. nowhere])).AssertRefused(ExitCodes.NoNode, "127.0.0.1:1");
    }

    private static void AssertNotSeen(Process joined, string token)
    {
        if (OperatingSystem.IsLinux())
        {
            string process = $"/proc/{joined.Id}/";
            Assert.DoesNotContain(token[8..], File.ReadAllText(process + "cmdline"), StringComparison.Ordinal);
            Assert.DoesNotContain(token[8..], File.ReadAllText(process + "environ"), StringComparison.Ordinal);
        }
    }

    // Of what two running nodes have on disk (keys, tokens, state, logs, locks) nobody else reads a byte.
    private static void AssertAllForOwner(string folder)
    {
        if (!OperatingSystem.IsWindows())
        {
            const UnixFileMode others = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute
                | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;
            string[] all = [folder, .. Directory.GetFileSystemEntries(folder, "*", SearchOption.AllDirectories)];
            Assert.Contains(all, path => path.EndsWith("credentials.pem", StringComparison.Ordinal));
            foreach (string path in all)
            {
                Assert.True((File.GetUnixFileMode(path) & others) == UnixFileMode.None, path);
            }
        }
    }

    private static void AssertForOwner(string path)
    {
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
        }
    }
}
