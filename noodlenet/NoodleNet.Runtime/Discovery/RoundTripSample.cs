using NoodleNet.Mesh;

namespace NoodleNet.Runtime.Discovery;

/// <summary>One probe that a member answered itself.</summary>
/// <param name="Member">The member's name; that of a Noodle node is its id.</param>
/// <param name="Coordinate">Where the member says that it lies; null when it says nothing readable.</param>
public readonly record struct RoundTripSample(string Member, TimeSpan RoundTrip, NetworkCoordinate? Coordinate);
