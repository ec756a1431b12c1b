namespace NoodleNet.Mesh;

/// <summary>Where a node lies in the space of round trip times, as Serf agents tell each other.</summary>
/// <param name="Vector">Eight numbers.</param>
/// <param name="Error">How unsure the node is of its place: 0 is sure, 1.5 knows nothing.</param>
/// <param name="Adjustment">What is added to a distance because the space does not fit the network.</param>
/// <param name="Height">The node's own way to the network, which every distance pays.</param>
/// <remarks>Unit: seconds, except for the error.</remarks>
public sealed record NetworkCoordinate(ReadOnlyMemory<double> Vector, double Error, double Adjustment, double Height);
