using System.Buffers.Binary;
using Noodle.Primitives;

namespace NoodleNet.State;

/// <summary>The key spaces of the cluster state: what stands under which prefix, and how it merges.</summary>
/// <remarks>A prefix never changes its meaning or its rule.</remarks>
public static class StateKeys
{
    /// <summary><c>model/NAME</c>: what is deployed, and how many replicas are wanted. The last writer wins.</summary>
    public const string Models = "model/";

    /// <summary><c>setting/NAME</c>: settings of the whole mesh. The last writer wins.</summary>
    public const string Settings = "setting/";

    /// <summary><c>role/NODE</c>: what a node may do. The last writer wins.</summary>
    public const string Roles = "role/";

    /// <summary><c>key/ID</c>: API keys, as hashes. The last writer wins.</summary>
    public const string Keys = "key/";

    /// <summary><c>gossip-key/ID</c>: keys of the gossip ring. The last writer wins.</summary>
    public const string GossipKeys = "gossip-key/";

    /// <summary><c>token/ID</c>: join tokens. The last writer wins; <see cref="Revoked"/> revokes them.</summary>
    public const string Tokens = "token/";

    /// <summary><c>token-use/ID/NODE</c>: how often that node took the token. The greatest stays.</summary>
    public const string TokenUses = "token-use/";

    /// <summary>
    /// <c>revoked/KIND/ID</c>: what no longer holds. The first writer wins, and nothing takes it back.
    /// </summary>
    public const string Revoked = "revoked/";

    /// <summary>The rules of all nodes.</summary>
    public static MergeRules Rules { get; } =
        new((Revoked, MergeRule.FirstWins), (TokenUses, MergeRule.Greatest));

    /// <summary>Where one node counts: a counter is the sum of what each node counted for itself.</summary>
    /// <remarks>Only that node writes the key, so that two that count at once both count.</remarks>
    public static string CounterOf(string counter, NodeId node) => $"{counter}/{node}";

    /// <summary>A number as <see cref="MergeRule.Greatest"/> compares it: 8 bytes, the highest first.</summary>
    public static byte[] Number(ulong value)
    {
        byte[] bytes = new byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, value);
        return bytes;
    }

    /// <summary>Reads what <see cref="Number"/> wrote; 0 for any other length.</summary>
    public static ulong ReadNumber(ReadOnlySpan<byte> value) =>
        value.Length == sizeof(ulong) ? BinaryPrimitives.ReadUInt64BigEndian(value) : 0;
}
