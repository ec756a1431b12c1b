namespace NoodleNet.Discovery;

/// <summary>How full the tables of a <see cref="SwimMachine"/> are; each is bounded by <see cref="SwimOptions"/>.
/// </summary>
public readonly record struct SwimSizes(int Members, int Suspicions, int Broadcasts, int LostPeers);
