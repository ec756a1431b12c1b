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

    /// <summary>This node belongs to no mesh and waits to be admitted to one.</summary>
    WantsAdmission = 4,
}

/// <summary>What a beacon's signature says.</summary>
public enum BeaconProof
{
    /// <summary>It has none, as beacons of older versions.</summary>
    None,

    /// <summary>The owner of the key with its fingerprint made it.</summary>
    Signed,

    /// <summary>The signature does not fit: somebody changed it or made it up.</summary>
    Forged,
}

/// <summary>One multicast announcement: this node of this mesh is here.</summary>
/// <remarks>
/// Form: <c>"NDLB" | version | flags | mesh id 16 | gossip port | link port | HTTP port | length | node id | pairs |
/// seal 16</c>, numbers big-endian, pairs as <see cref="BeaconFields"/> has them. Version is 1; a higher one promises
/// the same form with more pairs, so that versions hear each other.
/// The seal is HMAC-SHA256, cut to 16 bytes, under a key derived from the mesh's gossip key: it tells members that a
/// member made the beacon, and an outsider makes none. The signature is by the node's own key: it tells everybody that
/// the owner of that key made it, and so ties what a newcomer shows of itself to the fingerprint that people compare;
/// that the key is a member's, only who has seen its certificate knows. Neither says when or from where: anybody can
/// send an old beacon again. What opens a way into the mesh is therefore never the beacon, only certificates and the
/// gossip key, and what a beacon sets off is bounded (<see cref="SeedAttempts"/>).
/// Bound: <see cref="MaxBytes"/>.
/// </remarks>
/// <param name="LinkPort">Zero: none. So for the other ports.</param>
public sealed record Beacon(
    Guid Mesh, NodeId Node, ushort GossipPort, ushort LinkPort, ushort HttpPort, BeaconFlags Flags)
{
    public const int MaxBytes = 512;

    /// <summary>Length to which a question is filled up, so that answers need not be longer than it.</summary>
    public const int QuestionBytes = 384;

    private const byte Version = 1;
    private const int SealBytes = 16;
    private const int FixedBytes = 29;
    private const BeaconFlags KnownFlags = BeaconFlags.AdmitsJoiners | BeaconFlags.Asks | BeaconFlags.WantsAdmission;

    /// <summary>The fingerprint of the node's key; null where it names none.</summary>
    public KeyFingerprint? KeyFingerprint { get; init; }

    private static ReadOnlySpan<byte> Magic => "NDLB"u8;

    /// <summary>Writes a beacon; without keys its seal is zero, and nobody verifies it.</summary>
    /// <param name="signer">Signs it, and gives it the key's fingerprint; null leaves it unsigned.</param>
    public byte[] ToBytes(KeyRing? keys, BeaconSigner? signer = null)
    {
        List<byte> output = WriteHead();
        if (signer is not null)
        {
            BeaconFields.Write(output, BeaconFields.PublicKey, signer.PublicKey.Span);
            Fill(output, 2 + BeaconSigner.SignatureBytes);
            BeaconFields.Write(output, BeaconFields.Signature, BeaconFields.Sign(signer, output));
        }
        else
        {
            if (KeyFingerprint is { } fingerprint)
            {
                BeaconFields.Write(output, BeaconFields.Fingerprint, fingerprint.ToBytes());
            }

            Fill(output, 0);
        }

        return Close(output, keys);
    }

    /// <summary>Writes the shortest form: nothing behind the node id.</summary>
    public byte[] ToShortBytes(KeyRing? keys) => Close(WriteHead(), keys);

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

        if (bytes[4] < Version)
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
            (BeaconFlags)bytes[5] & KnownFlags)
        {
            KeyFingerprint = FieldsOf(bytes).ClaimedFingerprint,
        };
        verified = keys is not null && IsSealedBy(keys, bytes);
        return WireFault.None;
    }

    /// <summary>Checks the signature of bytes that <see cref="Read"/> took. Cost: some 100 µs where there is
    /// one.</summary>
    public static BeaconProof CheckSignature(ReadOnlySpan<byte> bytes)
    {
        BeaconFields fields = FieldsOf(bytes);
        return !fields.HasSignature ? BeaconProof.None
            : fields.IsSignatureGood() ? BeaconProof.Signed : BeaconProof.Forged;
    }

    private static BeaconFields FieldsOf(ReadOnlySpan<byte> bytes) =>
        BeaconFields.Read(bytes[..^SealBytes], FixedBytes + bytes[28]);

    private List<byte> WriteHead()
    {
        byte[] name = Encoding.ASCII.GetBytes(Node.ToString());
        var head = new byte[FixedBytes];
        Magic.CopyTo(head);
        head[4] = Version;
        head[5] = (byte)Flags;
        Mesh.TryWriteBytes(head.AsSpan(6), bigEndian: true, out _);
        BinaryPrimitives.WriteUInt16BigEndian(head.AsSpan(22), GossipPort);
        BinaryPrimitives.WriteUInt16BigEndian(head.AsSpan(24), LinkPort);
        BinaryPrimitives.WriteUInt16BigEndian(head.AsSpan(26), HttpPort);
        head[28] = (byte)name.Length;
        return [.. head, .. name];
    }

    private void Fill(List<byte> output, int toFollow)
    {
        int missing = QuestionBytes - SealBytes - toFollow - output.Count;
        while (Flags.HasFlag(BeaconFlags.Asks) && missing >= 2)
        {
            int length = Math.Min(missing - 2, byte.MaxValue);
            length -= missing - 2 - length == 1 ? 1 : 0; // a single byte left could hold no pair
            BeaconFields.Write(output, BeaconFields.Padding, new byte[length]);
            missing -= 2 + length;
        }
    }

    private static byte[] Close(List<byte> output, KeyRing? keys)
    {
        var bytes = new byte[output.Count + SealBytes];
        output.CopyTo(bytes);
        if (keys is not null)
        {
            Seal(keys.Primary.Span, bytes.AsSpan(..^SealBytes), bytes.AsSpan(^SealBytes..));
        }

        return bytes;
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
