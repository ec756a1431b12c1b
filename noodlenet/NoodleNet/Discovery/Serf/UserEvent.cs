namespace NoodleNet.Discovery.Serf;

/// <summary>A word to everybody, as Serf calls it: a name and a few bytes.</summary>
/// <param name="Time">Number on the cluster's event clock; equal events with equal numbers are one event.</param>
/// <param name="Coalesce">The sender's hint that only the last event of this name matters.</param>
public sealed record UserEvent(ulong Time, string Name, ReadOnlyMemory<byte> Payload, bool Coalesce)
{
    /// <summary>Most bytes of name and payload together that this node sends.</summary>
    public const int MaxBytes = 512;

    /// <summary>Most bytes of a whole event that are taken from others.</summary>
    public const int MaxHeardBytes = 9 * 1024;
}
