using System.ComponentModel.DataAnnotations;
using NoodleNet.Link;
using NoodleNet.Link.Datagrams;

namespace NoodleNet.Runtime.Link;

/// <summary>Settings of a <see cref="LinkHost"/>.</summary>
public sealed class LinkOptions
{
    /// <summary>What one connection may take and how long it waits.</summary>
    public LinkLimits Limits { get; init; } = new();

    /// <summary>How datagrams are sent, where they are.</summary>
    public DatagramOptions Datagrams { get; init; } = new();

    /// <summary>Connections at once, those in the handshake included, 1 to 65536.</summary>
    [Range(1, 65536)]
    public int MaxConnections { get; init; } = 1024;

    /// <summary>
    /// Accepted connections that have not proven who they are yet, 1 to 65536. One above it is closed at once, so
    /// that strangers cannot take the places of peers.
    /// </summary>
    [Range(1, 65536)]
    public int MaxHandshakes { get; init; } = 128;

    /// <summary>Longest body that is gathered in memory, in bytes, 1 KiB to 2,147,483,591.</summary>
    [Range(1024, 2_147_483_591)]
    public int MaxBodyBytes { get; init; } = 1 << 30;

    /// <summary>From the first packet of a dial to the end of TLS, 10 ms to 5 min.</summary>
    [Range(typeof(TimeSpan), "00:00:00.010", "00:05:00")]
    public TimeSpan ConnectLimit { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Every setting out of its range, as sentences.</summary>
    public IReadOnlyList<string> FindFaults()
    {
        var found = new List<ValidationResult>();
        Validator.TryValidateObject(this, new ValidationContext(this), found, validateAllProperties: true);
        return [.. found.Select(fault => fault.ErrorMessage!), .. Limits.FindFaults(), .. Datagrams.FindFaults()];
    }
}
