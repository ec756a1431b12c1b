using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Options;
using NoodleNet.Discovery;
using NoodleNet.Discovery.Wire;

namespace NoodleNet.Runtime.Discovery;

/// <summary>How this node gossips.</summary>
public sealed class GossipOptions
{
    /// <summary>Speeds and bounds of the protocol: Lan, Wan, Local, or one of your own.</summary>
    public SwimOptions Profile { get; set; } = SwimOptions.Lan;

    /// <summary>
    /// Keys of 16, 24 or 32 bytes (32 is Noodle's own); the first seals, all open. Null: no encryption.
    /// </summary>
    public KeyRing? Keys { get; set; }

    /// <summary>Only nodes with the same label hear each other; 0 to 255 bytes of UTF-8.</summary>
    public string Label { get; set; } = "";

    /// <summary>With keys: false lets plain gossip in as well. A mesh without keys gets them node by node: all nodes
    /// with both Verify switches false, then with <see cref="GossipVerifyOutgoing"/> true, then with both true.
    /// </summary>
    public bool GossipVerifyIncoming { get; set; } = true;

    /// <summary>With keys: false sends plain gossip nevertheless.</summary>
    public bool GossipVerifyOutgoing { get; set; } = true;

    /// <summary>What to do when <c>serf keys</c> asks this node to change or tell its gossip keys.</summary>
    public KeyQueryPolicy KeyQueries { get; set; }

    /// <summary>True when something in front of this node takes the label header away; the label must still be set.
    /// </summary>
    public bool LabelIsStripped { get; set; }

    /// <summary>
    /// The address that others are told; null: the bound one, or the first usable one when bound to any.
    /// </summary>
    public IPAddress? Advertise { get; set; }

    /// <summary>An address of the other family to listen on as well, on the same port; null for none. Where the system
    /// does not have that family, it is left out.</summary>
    public IPAddress? AlsoOn { get; set; }

    /// <summary>Takes over connections that begin with a TLS handshake, which gossip never does; false closes them.
    /// Null: they are answered as gossip that cannot be read.</summary>
    public Func<Socket, bool>? TakeTls { get; set; }

    /// <summary>Takes datagrams that begin with the mark of the link's own, which gossip never does; it should not
    /// wait. Null: they are dropped as gossip that cannot be read.</summary>
    public TakeDatagram? TakeDatagram { get; set; }

    /// <summary>
    /// Streams handled at once, in and out, 1 to 1024; more are refused. A quarter is kept for our own.
    /// </summary>
    public int MaxStreams { get; set; } = 128;

    /// <summary>Changes that wait for one slow watcher before it is told that it missed some, 1 to 65,536.</summary>
    public int WatcherCapacity { get; set; } = 1024;

    /// <summary>Nodes kept in the registry, gone ones included, 1 to 1,000,000.</summary>
    public int MaxRegistryEntries { get; set; } = 20_000;

    internal GossipEnvelope ToEnvelope() => new(Label, Keys)
    {
        VerifyIncoming = GossipVerifyIncoming,
        VerifyOutgoing = GossipVerifyOutgoing,
        LabelIsStripped = LabelIsStripped,
        SealVersion = Profile.Versions.ProtocolCurrent == 1 ? (byte)0 : (byte)1,
    };

    /// <summary>Gathers every fault.</summary>
    /// <exception cref="OptionsValidationException">At least one setting is not sound.</exception>
    internal void ThrowIfUnsound()
    {
        var faults = new List<string>(Profile.Validate());
        if (MaxStreams is < 1 or > 1024)
        {
            faults.Add("MaxStreams must be 1 to 1,024.");
        }

        if (WatcherCapacity is < 1 or > 65_536)
        {
            faults.Add("WatcherCapacity must be 1 to 65,536.");
        }

        if (MaxRegistryEntries is < 1 or > 1_000_000)
        {
            faults.Add("MaxRegistryEntries must be 1 to 1,000,000.");
        }

        if (System.Text.Encoding.UTF8.GetByteCount(Label) > GossipEnvelope.MaxLabelBytes)
        {
            faults.Add("Label must take at most 255 bytes of UTF-8.");
        }

        if (faults.Count != 0)
        {
            throw new OptionsValidationException(nameof(GossipOptions), typeof(GossipOptions), faults);
        }
    }
}
