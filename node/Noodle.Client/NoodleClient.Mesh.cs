using Noodle.Client.Control;

namespace Noodle.Client;

public sealed partial class NoodleClient
{
    /// <summary>Nodes, links and relays as the answering node sees them.</summary>
    /// <param name="require">
    /// A requirement such as <c>on(gpu, mem&gt;=8GB).qos(latency&lt;10ms)</c>: each node then says whether it would be
    /// chosen and why. Null asks for none.
    /// </param>
    /// <exception cref="NoodleException">The requirement cannot be read, or no node answered.</exception>
    public Task<MeshInfo> GetMeshAsync(string? require = null, CancellationToken cancellation = default) => GetAsync(
        require is null ? ControlPaths.Mesh : $"{ControlPaths.Mesh}?require={Uri.EscapeDataString(require)}",
        ControlJson.Default.MeshInfo, cancellation);
}
