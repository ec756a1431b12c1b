namespace Noodle.Node.Hosting;

/// <summary>Where this node's HTTP API is, fixed before anything starts.</summary>
internal sealed record HttpAddress(Uri Uri);
