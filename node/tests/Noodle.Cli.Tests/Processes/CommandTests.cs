using System.Diagnostics;
using System.Text.Json;
using Noodle.Cli.CommandLine;

namespace Noodle.Cli.Tests.Processes;

public sealed class CommandTests
{
    [Fact]
    public async Task Version_prints_itself_for_people_and_for_programs()
    {
        CommandEnd text = (await Command.RunAsync("version")).AssertGood();
        Assert.StartsWith("noodle ", text.Output, StringComparison.Ordinal);
        Assert.Equal("", text.Error);
        using JsonDocument json = JsonDocument.Parse((await Command.RunAsync("version", "-o", "json")).AssertGood()
            .Output);
        Assert.Equal(["noodle", "dotnet", "platform"], json.RootElement.EnumerateObject().Select(member =>
            member.Name));
    }

    [Theory]
    [InlineData("nonsense")]
    [InlineData("deploy")]
    [InlineData("ls", "-o", "xml")]
    [InlineData("decisions", "--limit", "0")]
    [InlineData("demo", "--requests", "1")]
    public async Task A_wrong_command_line_says_so_and_where_the_help_is(params string[] arguments)
    {
        CommandEnd end = await Command.RunAsync(arguments);
        Assert.Equal((ExitCodes.Usage, ""), (end.ExitCode, end.Output));
        Assert.All(
            end.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries),
            line => Assert.StartsWith("noodle: ", line, StringComparison.Ordinal));
        Assert.Contains("--help`", end.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task All_wrong_settings_are_listed_at_once()
    {
        CommandEnd end = await Command.RunAsync(
            [("NOODLE_SPEED", "9"), ("NOODLE_LAN", "perhaps")], "up", "--http-port", "x", "--join", "nowhere:0");
        Assert.Equal((ExitCodes.Usage, ""), (end.ExitCode, end.Output));
        Assert.All(
            ["4 settings are wrong", "NOODLE_SPEED", "lan", "httpPort", "nowhere:0"],
            name => Assert.Contains(name, end.Error, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_data_folder_that_cannot_be_used_is_named()
    {
        using var folder = new TemporaryFolder();
        string file = folder.File("file", [1]);
        (await UpAsync(file)).AssertRefused(ExitCodes.Failed, file, "--data");
        string open = Directory.CreateDirectory(folder.File("open")).FullName;
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        File.SetUnixFileMode(open,
            UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.OtherWrite);
        (await UpAsync(open)).AssertRefused(ExitCodes.Failed, open, "chmod");
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "only root can give a folder to another user");
        string foreign = Directory.CreateDirectory(folder.File("foreign")).FullName;
        using Process chown = Process.Start("chown", ["65534", foreign]);
        await chown.WaitForExitAsync(TestContext.Current.CancellationToken);
        (await UpAsync(foreign)).AssertRefused(ExitCodes.Failed, foreign, "another user", "--data");
    }

    [Fact]
    public async Task A_token_file_that_holds_none_is_named()
    {
        using var folder = new TemporaryFolder();
        string token = folder.File("token", "garbage"u8.ToArray());
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(token, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }

        (await UpAsync(folder.File("data"), "--token-file", token)).AssertRefused(ExitCodes.Failed, token);
    }

    private static Task<CommandEnd> UpAsync(string data, params string[] more) => Command.RunAsync(
        ["up", "--data", data, "--no-multicast", "--http-port", "0", "--mesh-port", "0", .. more]);
}
