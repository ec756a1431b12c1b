using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Noodle.Primitives;
using NoodleNet.Discovery.Wire;

namespace NoodleNet.Discovery;

/// <summary>What a beacon says beside its numbers.</summary>
[Flags]
public enum BeaconFlags
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>This node can admit joiners.</summary>
    AdmitsJoiners = 1,

    /// <summary>A newcomer asks who is there.</summary>
    Asks = 2,
}

/// <summary>One multicast announcement: this node of this mesh is here.</summary>
/// <remarks>
/// Form: <c>"NDLB" | version 1 | flags | mesh id 16 | gossip port | link port | HTTP port | length | node id | seal
/// 16</c>,
/// numbers big-endian. The seal is HMAC-SHA256, cut to 16 bytes, under a key derived from the mesh's gossip key: an
/// outsider reads a beacon but makes none. It can send an old one again from elsewhere; what opens a way into the mesh
/// is therefore never the beacon, only the gossip key and the certificates.
/// Bound: <see cref="MaxBytes"/>; bytes after the node id are left to later versions and covered by the seal.
/// </remarks>
/// <param name="LinkPort">Zero: none. So for the other ports.</param>
public sealed record Beacon(
    Guid Mesh, NodeId Node, ushort GossipPort, ushort LinkPort, ushort HttpPort, BeaconFlags Flags)
{
    public const int MaxBytes = 512;
    private const byte Version = 1;
    private const int SealBytes = 16;
    private const int FixedBytes = 29;

    private static ReadOnlySpan<byte> Magic => "NDLB"u8;

    /// <summary>Writes a beacon; without keys its seal is zero, and nobody verifies it.</summary>
    public byte[] ToBytes(KeyRing? keys)
    {
        byte[] name = Encoding.ASCII.GetBytes(Node.ToString());
        var bytes = new byte[FixedBytes + name.Length + SealBytes];
        Magic.CopyTo(bytes);
        bytes[4] = Version;
        bytes[5] = (byte)Flags;
        Mesh.TryWriteBytes(bytes.AsSpan(6), bigEndian: true, out _);
        BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(22), GossipPort);
        BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(24), LinkPort);
        BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(26), HttpPort);
        bytes[28] = (byte)name.Length;
        name.CopyTo(bytes, FixedBytes);
        if (keys is not null)
        {
            Seal(keys.Primary.Span, bytes.AsSpan(..^SealBytes), bytes.AsSpan(^SealBytes..));
        }

        return bytes;
    }

    /// <summary>Reads a beacon of any mesh.</summary>
    /// <param name="verified">True when a key of the ring made its seal.</param>
    public static WireFault Read(ReadOnlySpan<byte> bytes, KeyRing? keys, out Beacon? beacon, out bool verified)
    {
        (beacon, verified) = (null, false);
        if (bytes.Length > MaxBytes)
        {
            return WireFault.TooLarge;
        }

        if (!bytes.StartsWith(Magic))
        {
            return WireFault.UnknownType;
        }

        if (bytes.Length < FixedBytes + SealBytes || bytes.Length < FixedBytes + bytes[28] + SealBytes)
        {
            return WireFault.Truncated;
        }

        if (bytes[4] != Version)
        {
            return WireFault.BadVersions;
        }

        string name = Encoding.ASCII.GetString(bytes.Slice(FixedBytes, bytes[28]));
        if (!NodeId.TryParse(name, out NodeId node))
        {
            return WireFault.Malformed;
        }

        beacon = new Beacon(
            new Guid(bytes.Slice(6, 16), bigEndian: true),
            node,
            BinaryPrimitives.ReadUInt16BigEndian(bytes[22..]),
            BinaryPrimitives.ReadUInt16BigEndian(bytes[24..]),
            BinaryPrimitives.ReadUInt16BigEndian(bytes[26..]),
            (BeaconFlags)bytes[5] & (BeaconFlags.AdmitsJoiners | BeaconFlags.Asks));
        verified = keys is not null && IsSealedBy(keys, bytes);
        return WireFault.None;
    }

    private static bool IsSealedBy(KeyRing keys, ReadOnlySpan<byte> bytes)
    {
        Span<byte> seal = stackalloc byte[SealBytes];
        foreach (ReadOnlyMemory<byte> key in keys.All)
        {
            Seal(key.Span, bytes[..^SealBytes], seal);
            if (CryptographicOperations.FixedTimeEquals(seal, bytes[^SealBytes..]))
            {
                return true;
            }
        }

        return false;
    }

    private static void Seal(ReadOnlySpan<byte> gossipKey, ReadOnlySpan<byte> bytes, Span<byte> seal)
    {
        Span<byte> key = stackalloc byte[32], whole = stackalloc byte[32];
        HKDF.DeriveKey(HashAlgorithmName.SHA256, gossipKey, key, [], "noodle beacon v1"u8);
        HMACSHA256.HashData(key, bytes, whole);
        whole[..SealBytes].CopyTo(seal);
    }
}
