using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using Noodle.Primitives;
using NoodleNet.Wire;

namespace NoodleNet.Trust;

/// <summary>Signs with, or checks by, the key of one mesh's authority.</summary>
/// <remarks>ECDSA on P-256 with SHA-256; a signature is r and s, 64 bytes.</remarks>
public interface ITrustSeal
{
    /// <summary>The mesh that the authority is of: 16 bytes that are signed along.</summary>
    UInt128 Mesh { get; }

    bool Verify(ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature);
}

/// <summary>The byte form of trust records.</summary>
/// <remarks>
/// <code>version 1 | kind | fields | signature 64</code>
/// The signature covers a fixed text, the mesh, the key under which the record stands, and all bytes before it: a
/// record
/// of one mesh, key or kind is none of another. Bound: <see cref="MaxBytes"/>.
/// </remarks>
public static class TrustCodec
{
    public const int MaxBytes = 1024;
    public const int SignatureBytes = 64;
    private const int HashBytes = 32;
    private const byte Version = 1;

    private enum Kind : byte
    {
        Token = 1,
        Admitted = 2,
        RevokedNode = 3,
        RevokedToken = 4,
        Ring = 5,
    }

    /// <summary>Writes a record and has it signed.</summary>
    /// <param name="sign">Gives 64 bytes for the bytes that it gets.</param>
    public static byte[] Write(TrustRecord record, UInt128 mesh, Func<byte[], byte[]> sign)
    {
        ArgumentNullException.ThrowIfNull(record);
        ArgumentNullException.ThrowIfNull(sign);
        var output = new ArrayBufferWriter<byte>();
        WriteFields(new FieldWriter(output), record);
        output.Write(sign(SignedBytes(record.Key, mesh, output.WrittenSpan)));
        return output.WrittenSpan.ToArray();
    }

    /// <summary>Reads a record that somebody says the authority signed.</summary>
    public static TrustFault Read(
        string key, ReadOnlySpan<byte> value, ITrustSeal seal, out TrustRecord? record)
    {
        ArgumentNullException.ThrowIfNull(seal);
        record = null;
        if (value.Length is <= SignatureBytes or > MaxBytes || !TryReadFields(value[..^SignatureBytes], out var read))
        {
            return TrustFault.Malformed;
        }

        if (read.Key != key)
        {
            return TrustFault.Key;
        }

        if (!seal.Verify(SignedBytes(key, seal.Mesh, value[..^SignatureBytes]), value[^SignatureBytes..]))
        {
            return TrustFault.Unsigned;
        }

        record = read;
        return TrustFault.None;
    }

    private static byte[] SignedBytes(string key, UInt128 mesh, ReadOnlySpan<byte> fields)
    {
        var output = new ArrayBufferWriter<byte>();
        var writer = new FieldWriter(output);
        writer.Raw("noodle trust record v1\0"u8);
        writer.UInt64((ulong)(mesh >> 64));
        writer.UInt64((ulong)mesh);
        writer.Bytes(Encoding.UTF8.GetBytes(key));
        writer.Raw(fields);
        return output.WrittenSpan.ToArray();
    }

    private static void WriteFields(FieldWriter writer, TrustRecord record)
    {
        writer.Byte(Version);
        switch (record)
        {
            case TokenRecord token:
                writer.Byte((byte)Kind.Token);
                writer.UInt64(token.Id);
                writer.Byte((byte)token.Role);
                writer.Number(token.MaxUses);
                WriteTime(writer, token.Created);
                WriteTime(writer, token.Expires);
                break;
            case AdmittedRecord admitted:
                writer.Byte((byte)Kind.Admitted);
                writer.Text(admitted.Node.ToString());
                writer.Raw(admitted.KeyHash.Span);
                writer.Byte((byte)admitted.Role);
                writer.UInt64(admitted.TokenId);
                WriteTime(writer, admitted.At);
                break;
            case RevokedNodeRecord revoked:
                writer.Byte((byte)Kind.RevokedNode);
                writer.Text(revoked.Node.ToString());
                WriteTime(writer, revoked.At);
                break;
            case RevokedTokenRecord revoked:
                writer.Byte((byte)Kind.RevokedToken);
                writer.UInt64(revoked.Id);
                WriteTime(writer, revoked.At);
                break;
            case GossipRingRecord ring:
                writer.Byte((byte)Kind.Ring);
                writer.Number(ring.Epoch);
                writer.Byte((byte)ring.Phase);
                writer.Text(ring.Driver.ToString());
                writer.Byte((byte)ring.Keys.Count);
                foreach (ReadOnlyMemory<byte> key in ring.Keys)
                {
                    writer.Raw(key.Span);
                }

                break;
        }
    }

    private static bool TryReadFields(ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out TrustRecord? record)
    {
        record = null;
        var reader = new FieldReader(bytes);
        if (reader.Byte() != Version)
        {
            return false;
        }

        TrustRecord? read = (Kind)reader.Byte() switch
        {
            Kind.Token => new TokenRecord(
                reader.UInt64(), Role(ref reader), reader.Number(uint.MaxValue), Time(ref reader), Time(ref reader)),
            Kind.Admitted => new AdmittedRecord(
                Node(ref reader), reader.Raw(HashBytes).ToArray(), Role(ref reader), reader.UInt64(),
                Time(ref reader)),
            Kind.RevokedNode => new RevokedNodeRecord(Node(ref reader), Time(ref reader)),
            Kind.RevokedToken => new RevokedTokenRecord(reader.UInt64(), Time(ref reader)),
            Kind.Ring => ReadRing(ref reader),
            _ => null,
        };
        record = reader.IsComplete ? read : null;
        return record is not null;
    }

    private static GossipRingRecord ReadRing(ref FieldReader reader)
    {
        uint epoch = reader.Number(uint.MaxValue);
        var phase = (RingPhase)reader.Byte();
        NodeId driver = Node(ref reader);
        int count = reader.Byte();
        var keys = new List<ReadOnlyMemory<byte>>();
        if (count is 0 or > GossipRingRecord.MaxKeys || !Enum.IsDefined(phase))
        {
            reader.Fail();
        }

        for (int i = 0; i < count && !reader.Failed; i++)
        {
            keys.Add(reader.Raw(GossipRingRecord.KeyBytes).ToArray());
        }

        return new GossipRingRecord(epoch, phase, keys, driver);
    }

    private static MeshRole Role(ref FieldReader reader)
    {
        var role = (MeshRole)reader.Byte();
        return Enum.IsDefined(role) ? role : (MeshRole)reader.Fail();
    }

    private static NodeId Node(ref FieldReader reader)
    {
        if (!NodeId.TryParse(reader.Text(NodeId.MaxLength), out NodeId node))
        {
            reader.Fail();
        }

        return node;
    }

    private static void WriteTime(FieldWriter writer, DateTimeOffset time) =>
        writer.UInt64((ulong)time.ToUnixTimeSeconds());

    private static DateTimeOffset Time(ref FieldReader reader)
    {
        ulong seconds = reader.UInt64();
        if (seconds > (ulong)DateTimeOffset.MaxValue.ToUnixTimeSeconds())
        {
            reader.Fail();
            seconds = 0;
        }

        return DateTimeOffset.FromUnixTimeSeconds((long)seconds);
    }
}
