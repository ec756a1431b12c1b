using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Noodle.Primitives;
using NoodleNet.Runtime.Storage;
using NoodleNet.Runtime.Tests.Storage;

namespace NoodleNet.Runtime.Tests.Discovery;

/// <summary>One real <c>serf agent</c> on loopback, the local profile; killed when disposed.</summary>
/// <remarks>The key lies in a configuration file that only its owner reads, not among the arguments. To the query
/// "uptime" each agent answers "up".</remarks>
internal sealed class SerfAgent : IAsyncDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly Process _process;
    private readonly string _rpc;
    private readonly Lock _gate = new();
    private readonly List<string> _lines = [];
    private TaskCompletionSource _said = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private SerfAgent(string name, byte[]? key)
    {
        Node = NodeId.Create(name, Guid.Parse("00000000000000000000000000000001"));
        EndPoint = new IPEndPoint(IPAddress.Loopback, FreePort());
        _rpc = $"127.0.0.1:{FreePort()}";
        string path = _folder["serf.json"];
        string secret = key is null ? "" : $", \"encrypt_key\": \"{Convert.ToBase64String(key)}\"";
        string settings = $$"""
            { "node_name": "{{Node}}", "bind": "{{EndPoint}}", "rpc_addr": "{{_rpc}}", "profile": "local",
              "event_handlers": ["query:uptime=printf up"]{{secret}} }
            """;
        AtomicFile.Write(path, Encoding.UTF8.GetBytes(settings));
        _process = Start("agent", $"-config-file={path}");
        _process.OutputDataReceived += (_, line) => Take(line.Data);
        _process.ErrorDataReceived += (_, line) => Take(line.Data); // a full pipe would stop the agent
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    /// <summary>The agent's name: one that a registry of ours takes in.</summary>
    public NodeId Node { get; }

    public IPEndPoint EndPoint { get; }

    /// <summary>Starts an agent and waits until it answers; skips the test where there is no serf.</summary>
    public static async Task<SerfAgent> StartAsync(string name, byte[]? key, CancellationToken cancellation)
    {
        Assert.SkipUnless(IsInstalled, "serf is not installed (Debian: apt-get install serf)");
        var agent = new SerfAgent(name, key);
        try
        {
            await agent.UntilAsync(agent.Node.ToString(), "alive", cancellation);
            return agent;
        }
        catch
        {
            await agent.DisposeAsync();
            throw;
        }
    }

    /// <summary>Asks until the agent lists the member so.</summary>
    public async Task UntilAsync(string member, string status, CancellationToken cancellation)
    {
        while (await StatusAsync(member, cancellation) != status)
        {
            cancellation.ThrowIfCancellationRequested();
        }
    }

    /// <summary>Status of a member as <c>serf members</c> prints it; null when it is not listed.</summary>
    public async Task<string?> StatusAsync(string member, CancellationToken cancellation)
    {
        string table = (await RunAsync(["members"], cancellation)).Output;
        return table.Split('\n')
            .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .FirstOrDefault(row => row.Length >= 3 && row[0] == member)?[2];
    }

    /// <summary>Runs a command of the serf program against this agent.</summary>
    public async Task<(int Code, string Output)> RunAsync(string[] arguments, CancellationToken cancellation)
    {
        using Process asking = Start([arguments[0], $"-rpc-addr={_rpc}", .. arguments[1..]]);
        Task<string> errors = asking.StandardError.ReadToEndAsync(cancellation);
        string output = await asking.StandardOutput.ReadToEndAsync(cancellation);
        await asking.WaitForExitAsync(cancellation);
        return (asking.ExitCode, output + await errors);
    }

    /// <summary>Waits until the agent's log says so.</summary>
    public async Task UntilSaysAsync(string text, CancellationToken cancellation)
    {
        while (true)
        {
            Task said;
            lock (_gate)
            {
                if (Says(text))
                {
                    return;
                }

                said = _said.Task;
            }

            await said.WaitAsync(cancellation);
        }
    }

    /// <summary>True when the agent's log has said so.</summary>
    public bool Says(string text)
    {
        lock (_gate)
        {
            return _lines.Exists(line => line.Contains(text, StringComparison.Ordinal));
        }
    }

    public void Kill() => _process.Kill();

    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        _folder.Dispose();
    }

    private static bool IsInstalled => (Environment.GetEnvironmentVariable("PATH") ?? "")
        .Split(Path.PathSeparator).Any(folder => File.Exists(Path.Combine(folder, "serf")));

    private void Take(string? line)
    {
        TaskCompletionSource said;
        lock (_gate)
        {
            _lines.Add(line ?? "");
            said = _said;
            _said = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        said.SetResult();
    }

    private static Process Start(params string[] arguments) => Process.Start(
        new ProcessStartInfo("serf", arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;

    private static int FreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }
}
