using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Noodle.Primitives;
using NoodleNet.Runtime.Storage;
using NoodleNet.Runtime.Tests.Storage;

namespace NoodleNet.Runtime.Tests.Discovery;

/// <summary>One real <c>serf agent</c> on loopback, the local profile; killed when disposed.</summary>
/// <remarks>The key lies in a configuration file that only its owner reads, not among the arguments.</remarks>
internal sealed class SerfAgent : IAsyncDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly Process _process;
    private readonly string _rpc;

    /// <summary>The agent's name: one that a registry of ours takes in.</summary>
    public static readonly NodeId Node = NodeId.Create("serf", Guid.Parse("00000000000000000000000000000001"));

    private SerfAgent(byte[]? key)
    {
        EndPoint = new IPEndPoint(IPAddress.Loopback, FreePort());
        _rpc = $"127.0.0.1:{FreePort()}";
        string path = _folder["serf.json"];
        string secret = key is null ? "" : $", \"encrypt_key\": \"{Convert.ToBase64String(key)}\"";
        string settings = $$"""
            { "node_name": "{{Node}}", "bind": "{{EndPoint}}", "rpc_addr": "{{_rpc}}", "profile": "local"{{secret}} }
            """;
        AtomicFile.Write(path, Encoding.UTF8.GetBytes(settings));
        _process = Start("agent", $"-config-file={path}");
        _process.BeginOutputReadLine(); // a full pipe would stop the agent
        _process.BeginErrorReadLine();
    }

    public IPEndPoint EndPoint { get; }

    /// <summary>Starts an agent and waits until it answers; skips the test where there is no serf.</summary>
    public static async Task<SerfAgent> StartAsync(byte[]? key, CancellationToken cancellation)
    {
        Assert.SkipUnless(IsInstalled, "serf is not installed (Debian: apt-get install serf)");
        var agent = new SerfAgent(key);
        try
        {
            await agent.UntilAsync(Node.ToString(), "alive", cancellation);
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
        using Process asking = Start("members", $"-rpc-addr={_rpc}");
        string table = await asking.StandardOutput.ReadToEndAsync(cancellation);
        await asking.WaitForExitAsync(cancellation);
        return table.Split('\n')
            .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .FirstOrDefault(row => row.Length >= 3 && row[0] == member)?[2];
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        _folder.Dispose();
    }

    private static bool IsInstalled => (Environment.GetEnvironmentVariable("PATH") ?? "")
        .Split(Path.PathSeparator).Any(folder => File.Exists(Path.Combine(folder, "serf")));

    private static Process Start(params string[] arguments) => Process.Start(
        new ProcessStartInfo("serf", arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;

    private static int FreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }
}
