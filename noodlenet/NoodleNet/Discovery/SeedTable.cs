using System.Net;
using Noodle.Primitives;

namespace NoodleNet.Discovery;

/// <summary>How the name of a seed is turned into addresses.</summary>
public enum SeedKind
{
    /// <summary>It is an address already.</summary>
    Address,

    /// <summary>A host name: every A and AAAA record it has, each with the port given.</summary>
    Host,

    /// <summary>A service name: every SRV record it has, each with its own host and port.</summary>
    Service,
}

/// <summary>A place at which nodes of the mesh may be, as a person named it.</summary>
/// <param name="Host">Address, host name or service name.</param>
/// <param name="Port">1 to 65,535; 0 for a service, which tells its ports itself.</param>
public sealed record SeedName(SeedKind Kind, string Host, int Port)
{
    /// <inheritdoc/>
    public override string ToString() => Kind == SeedKind.Service ? "srv:" + Host
        : Host.Contains(':', StringComparison.Ordinal) ? $"[{Host}]:{Port}" : $"{Host}:{Port}";
}

/// <summary>When each seed name is looked up again, and which addresses all of them have now.</summary>
/// <remarks>
/// Meaning: an answer holds for as long as its records say, but at least <see cref="ShortestLife"/> and at most
/// <see cref="LongestLife"/>. After a failure the pause is <see cref="FirstPause"/>, doubled with each further one up
/// to <see cref="LongestPause"/>; the addresses of the last answer stay meanwhile: old ones are better than none.
/// Bound: <see cref="MaxPerName"/> addresses a name, <see cref="MaxAddresses"/> together; the rest is left out.
/// </remarks>
public sealed class SeedTable
{
    public const int MaxPerName = 256;
    public const int MaxAddresses = 1024;
    public static readonly TimeSpan ShortestLife = TimeSpan.FromSeconds(1);
    public static readonly TimeSpan LongestLife = TimeSpan.FromSeconds(60);
    public static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1);
    public static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);

    private readonly List<Entry> _entries = [];

    public SeedTable(IReadOnlyList<SeedName> names)
    {
        ArgumentNullException.ThrowIfNull(names);
        foreach (SeedName name in names)
        {
            bool literal = IPAddress.TryParse(name.Host, out IPAddress? address) && name.Kind == SeedKind.Address;
            _entries.Add(new Entry(name)
            {
                Addresses = literal ? [new IPEndPoint(address!, name.Port)] : [],
                DueAt = literal ? null : Instant.Origin,
            });
        }
    }

    /// <summary>Every address known now, once, in the order of the names.</summary>
    public IReadOnlyList<IPEndPoint> Addresses =>
        [.. _entries.SelectMany(entry => entry.Addresses).Distinct().Take(MaxAddresses)];

    /// <summary>Names whose time has come; each is due again after <see cref="SetFound"/> or
    /// <see cref="SetFailed"/>.</summary>
    public IReadOnlyList<SeedName> TakeDue(Instant now)
    {
        var due = new List<SeedName>();
        foreach (Entry entry in _entries)
        {
            if (entry.DueAt is { } at && at <= now)
            {
                entry.DueAt = null;
                due.Add(entry.Name);
            }
        }

        return due;
    }

    /// <summary>Takes an answer with at least one address.</summary>
    /// <param name="life">How long it may be kept, as its records say.</param>
    /// <returns>True when the name failed before.</returns>
    public bool SetFound(SeedName name, IReadOnlyList<IPEndPoint> addresses, TimeSpan life, Instant now)
    {
        ArgumentNullException.ThrowIfNull(addresses);
        Entry entry = Find(name);
        bool wasFailing = entry.Pause != TimeSpan.Zero;
        (entry.Addresses, entry.Pause) = ([.. addresses.Distinct().Take(MaxPerName)], TimeSpan.Zero);
        entry.DueAt = now + (life < ShortestLife ? ShortestLife : life > LongestLife ? LongestLife : life);
        return wasFailing;
    }

    /// <summary>The name has no address now, or nobody could say.</summary>
    /// <returns>True for the first failure in a row.</returns>
    public bool SetFailed(SeedName name, Instant now)
    {
        Entry entry = Find(name);
        bool first = entry.Pause == TimeSpan.Zero;
        TimeSpan doubled = entry.Pause * 2;
        entry.Pause = first ? FirstPause : doubled < LongestPause ? doubled : LongestPause;
        entry.DueAt = now + entry.Pause;
        return first;
    }

    private Entry Find(SeedName name) => _entries.First(entry => entry.Name == name);

    private sealed class Entry(SeedName name)
    {
        public SeedName Name { get; } = name;

        public IReadOnlyList<IPEndPoint> Addresses { get; set; } = [];

        public Instant? DueAt { get; set; } // null: looked up just now, or never to be

        public TimeSpan Pause { get; set; } // zero: the last answer was good
    }
}
