using System.Diagnostics;
using System.Text.Json;

namespace Noodle.Cli.Tests.Processes;

/// <summary>A running <c>noodle up</c>.</summary>
internal sealed class UpProcess : IAsyncDisposable
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(60);

    private readonly Process _process;
    private readonly Task<string> _output;
    private readonly Task<string> _error;

    private UpProcess(Process process, Task<string> output, Task<string> error, JsonElement ready)
    {
        (_process, _output, _error, Ready) = (process, output, error, ready);
        Http = ready.GetProperty("http").GetString()!;
        Id = ready.GetProperty("node").GetString()!;
        Link = ready.GetProperty("link").GetString()!;
    }

    public JsonElement Ready { get; }

    public string Http { get; }

    public string Id { get; }

    public string Link { get; }

    public static Task<UpProcess> StartAsync(params string[] arguments) => StartAtAsync([], arguments);

    public static Task<UpProcess> StartAtAsync(string[] host, params string[] arguments) =>
        StartVerbAsync(host, ["up", .. arguments]);

    /// <summary>As <see cref="StartAtAsync"/>, by another verb that starts a node.</summary>
    public static async Task<UpProcess> StartVerbAsync(string[] host, params string[] verb)
    {
        Process process = Command.StartAt(
            host, [], [.. verb, "-o", "json", "--until-eof", "--http-port", "0", "--mesh-port", "0"]);
        Task<string> error = process.StandardError.ReadToEndAsync();
        string? line = await process.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken).AsTask()
            .WaitAsync(s_limit);
        if (line is null)
        {
            Assert.Fail($"The node did not come up. It said: {await error}");
        }

        return new UpProcess(process, process.StandardOutput.ReadToEndAsync(), error, JsonDocument.Parse(line)
            .RootElement);
    }

    public void Kill() => _process.Kill();

    public async Task<CommandEnd> SignalAsync(string signal)
    {
        using Process kill = Process.Start("kill", [$"-{signal}", $"{_process.Id}"]);
        await kill.WaitForExitAsync();
        return await Command.EndAsync(_process, _output, _error);
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }

        await Task.WhenAll(_output, _error);
        _process.Dispose();
    }
}
