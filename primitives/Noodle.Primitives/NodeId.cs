using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Noodle.Primitives;

/// <summary>Names one node for ever: the host name it was born on and a UUID.</summary>
/// <remarks>
/// Text form: <c>host-0123456789abcdef0123456789abcdef</c>. It is a legal member name, DNS label suffix and URI part.
/// Bound: host 1 to 63 characters of a-z, 0-9 and '-', not starting or ending with '-'; text at most 96 characters.
/// Order: ordinal by host, then by UUID, the same on every node.
/// </remarks>
public readonly record struct NodeId : IComparable<NodeId>
{
    /// <summary>Longest text form.</summary>
    public const int MaxLength = MaxHostLength + 1 + UuidLength;

    private const int MaxHostLength = 63;
    private const int UuidLength = 32;

    private readonly string? _host;

    private NodeId(string host, Guid uuid)
    {
        _host = host;
        Uuid = uuid;
    }

    /// <summary>The host part.</summary>
    public string Host => _host ?? "";

    /// <summary>The UUID part.</summary>
    public Guid Uuid { get; }

    /// <summary>True for <c>default</c>, which names no node.</summary>
    public bool IsNone => _host is null;

    /// <summary>Host and the first eight digits of the UUID: for people, not unique by promise.</summary>
    public string ShortName => IsNone
        ? "none"
        : string.Create(CultureInfo.InvariantCulture, $"{_host}-{Uuid:N}")[..(Host.Length + 9)];

    /// <summary>Makes the id of a new node; every character that is not allowed in a host becomes '-'.</summary>
    public static NodeId Create(string hostName, Guid uuid)
    {
        ArgumentNullException.ThrowIfNull(hostName);
        Span<char> host = stackalloc char[MaxHostLength];
        int length = 0;
        foreach (char c in hostName)
        {
            if (length < MaxHostLength && c != '.')
            {
                char lower = char.ToLowerInvariant(c);
                host[length++] = IsHostCharacter(lower) ? lower : '-';
            }
            else
            {
                break; // the first label of a qualified name is the host
            }
        }

        ReadOnlySpan<char> trimmed = host[..length].Trim('-');
        return new NodeId(trimmed.IsEmpty ? "node" : trimmed.ToString(), uuid);
    }

    /// <summary>Reads the text form; false for anything else.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out NodeId id)
    {
        id = default;
        if (text is null || text.Length is < UuidLength + 2 or > MaxLength)
        {
            return false;
        }

        string host = text[..^(UuidLength + 1)];
        if (text[host.Length] != '-' || host[0] == '-' || host[^1] == '-' || !host.All(IsHostCharacter))
        {
            return false;
        }

        ReadOnlySpan<char> digits = text.AsSpan(host.Length + 1);
        foreach (char digit in digits)
        {
            if (!char.IsAsciiHexDigitLower(digit))
            {
                return false; // one id, one spelling
            }
        }

        if (!Guid.TryParseExact(digits, "N", out Guid uuid))
        {
            return false;
        }

        id = new NodeId(host, uuid);
        return true;
    }

    /// <inheritdoc/>
    public int CompareTo(NodeId other)
    {
        int byHost = string.CompareOrdinal(Host, other.Host);
        return byHost != 0 ? byHost : Uuid.CompareTo(other.Uuid);
    }

    /// <inheritdoc/>
    public override string ToString() => IsNone ? "none" : $"{_host}-{Uuid:N}";

    public static bool operator <(NodeId a, NodeId b) => a.CompareTo(b) < 0;

    public static bool operator >(NodeId a, NodeId b) => a.CompareTo(b) > 0;

    public static bool operator <=(NodeId a, NodeId b) => a.CompareTo(b) <= 0;

    public static bool operator >=(NodeId a, NodeId b) => a.CompareTo(b) >= 0;

    private static bool IsHostCharacter(char c) => c is (>= 'a' and <= 'z') or (>= '0' and <= '9') or '-';
}
