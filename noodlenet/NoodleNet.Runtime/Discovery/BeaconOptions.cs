using NoodleNet.Discovery;
using NoodleNet.Discovery.Wire;

namespace NoodleNet.Runtime.Discovery;

/// <summary>How far beacons go.</summary>
public enum BeaconScope
{
    /// <summary>This machine only: nothing leaves it, nothing from outside is heard.</summary>
    Loopback,

    /// <summary>Every interface that is up, one hop far, and this machine.</summary>
    AllInterfaces,
}

/// <summary>How this node announces itself by multicast.</summary>
public sealed class BeaconOptions
{
    /// <summary>How far beacons go.</summary>
    public BeaconScope Scope { get; set; } = BeaconScope.Loopback;

    /// <summary>The keys of the mesh; null: beacons are sent without a seal and none is verified.</summary>
    public KeyRing? Keys { get; set; }

    /// <summary>Signs what is announced, for those who have no key of the mesh; null: beacons are not
    /// signed.</summary>
    public BeaconSigner? Signer { get; set; }

    /// <summary>UDP port of the groups 239.255.77.77 and ff02::7979, 1 to 65535.</summary>
    public int Port { get; set; } = 7979;

    /// <summary>Longest time until an interface that came up or went away is noticed, 100 ms to 1 h.</summary>
    public TimeSpan ScanPeriod { get; set; } = TimeSpan.FromSeconds(3);
}
