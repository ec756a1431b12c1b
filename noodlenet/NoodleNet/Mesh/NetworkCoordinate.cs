namespace NoodleNet.Mesh;

/// <summary>Where a node lies in the space of round-trip times.</summary>
/// <param name="Vector">Unit: seconds; 8 dimensions in a mesh that Serf agents share.</param>
/// <param name="Error">How unsure the node is of its place; 0 is sure, 1.5 knows nothing.</param>
/// <param name="Adjustment">Unit: seconds; what the model is wrong by on average.</param>
/// <param name="Height">Unit: seconds; the way from the node to the network that the vector describes.</param>
public sealed record NetworkCoordinate(ReadOnlyMemory<double> Vector, double Error, double Adjustment, double Height);
