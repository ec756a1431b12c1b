using System.ComponentModel;
using System.Diagnostics;
using System.Text.Json;

namespace NoodleNet.Runtime.Storage;

/// <summary>How to reach a node that runs on this machine; what <c>node.json</c> holds.</summary>
/// <param name="Node">Its node id.</param>
/// <param name="ProcessId">The process it runs in.</param>
/// <param name="ProcessStartMs">When that process started, in milliseconds since 1970: numbers are used again.</param>
/// <param name="Url">Where it serves HTTP.</param>
/// <param name="Ports">Its ports by name.</param>
public sealed record RunningNode(
    string Node, int ProcessId, long ProcessStartMs, string Url, IReadOnlyDictionary<string, int> Ports)
{
    private const int MaxBytes = 64 << 10;

    // Linux counts a start time in ticks from boot, and reads of it differ by a little.
    private const long StartToleranceMs = 2_000;

    private static readonly JsonSerializerOptions s_json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    /// <summary>Describes a node of this process.</summary>
    public static RunningNode OfThisProcess(string node, string url, IReadOnlyDictionary<string, int> ports)
    {
        using var self = Process.GetCurrentProcess();
        return new RunningNode(node, self.Id, StartOf(self), url, ports);
    }

    /// <summary>Reads <c>node.json</c>; null when it is missing or not understood.</summary>
    internal static RunningNode? Read(string path)
    {
        try
        {
            byte[]? content = AtomicFile.Read(path, MaxBytes);
            RunningNode? node = content is null ? null : JsonSerializer.Deserialize<RunningNode>(content, s_json);
            return node is { Node: not null, Url: not null, Ports: not null } ? node : null;
        }
        catch (Exception e) when (e is JsonException or StorageException)
        {
            return null;
        }
    }

    internal void Write(string path) => AtomicFile.Write(path, JsonSerializer.SerializeToUtf8Bytes(this, s_json));

    /// <summary>True while the process that wrote this runs.</summary>
    /// <remarks>It leaves the node's lock alone: trying it could make a starting node take another folder.</remarks>
    internal bool IsAlive()
    {
        try
        {
            using var process = Process.GetProcessById(ProcessId);
            return Math.Abs(StartOf(process) - ProcessStartMs) <= StartToleranceMs;
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException or Win32Exception)
        {
            return false;
        }
    }

    private static long StartOf(Process process) => new DateTimeOffset(process.StartTime).ToUnixTimeMilliseconds();
}
