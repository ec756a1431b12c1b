using System.Buffers;
using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Net.Security;
using Noodle.Primitives;
using NoodleNet.Discovery.Wire;
using NoodleNet.Trust;
using NoodleNet.Wire;

namespace NoodleNet.Runtime.Trust;

/// <summary>What is asked for.</summary>
internal enum JoinKind : byte
{
    /// <summary>To be admitted, with a token. The proof is a <see cref="JoinProof"/>.</summary>
    Token = 1,

    /// <summary>A new certificate for the key of the old one, which proves itself.</summary>
    Certificate = 2,

    /// <summary>The gossip keys, for a member that was off while they changed. Every member can answer.</summary>
    Ring = 3,
}

/// <summary>What a joiner sends, once it knows to whom. Nothing in it is secret.</summary>
/// <param name="TokenId">0 without a token.</param>
/// <param name="SigningRequest">PKCS #10; empty when only keys are asked for.</param>
/// <param name="Certificate">The one that the node has; empty when it joins with a token.</param>
internal sealed record JoinRequest(
    JoinKind Kind, ulong TokenId, byte[] Proof, NodeId Node, byte[] SigningRequest, byte[] Certificate);

/// <summary>What an admitted node gets.</summary>
/// <param name="Certificate">Empty when only keys were asked for.</param>
/// <param name="GossipKeys">The first seals.</param>
internal sealed record JoinGrant(byte[] Certificate, IReadOnlyList<ReadOnlyMemory<byte>> GossipKeys);

/// <summary>The three messages of a join, over TLS 1.3.</summary>
/// <remarks>
/// <code>
/// server: hello    version (2), fault; if it is 0: the authority's certificate, nonce (32). Else this was the last one
/// joiner: request  version (2), kind, token id (8), proof, node id, signing request, certificate
/// server: answer   version (2), fault; if it is 0: certificate, number of gossip keys (1), the keys (32 each)
/// each message: length (4, the highest byte first), then the fields
/// </code>
/// The server speaks first, because .NET leaves a root certificate out of the handshake on some systems, and the joiner
/// sends nothing before it has seen it. The request tells no secret: a member that is no admin passes it on.
/// Bound: a message has at most 16 KiB.
/// </remarks>
internal static class JoinWire
{
    public static readonly SslApplicationProtocol Protocol = new("noodle-join/2");

    /// <summary>How long a join takes at most, connecting and all.</summary>
    public static readonly TimeSpan TimeLimit = TimeSpan.FromSeconds(10);

    public const int MaxMessageBytes = 16 << 10;

    private const byte Version = 2;
    private const int MaxCertificateBytes = 4 << 10;
    private const int MaxProofBytes = 128;

    /// <param name="fault">Why the server does not even want the request; it is spared the proof then.</param>
    public static byte[] Hello(JoinFault fault, ReadOnlySpan<byte> authority, ReadOnlySpan<byte> nonce)
    {
        var output = new ArrayBufferWriter<byte>();
        var writer = new FieldWriter(output);
        writer.Byte(Version);
        writer.Byte((byte)fault);
        if (fault == JoinFault.None)
        {
            writer.Bytes(authority);
            writer.Raw(nonce);
        }

        return output.WrittenSpan.ToArray();
    }

    /// <returns><see cref="JoinFault.Unreachable"/> when the message is not a hello.</returns>
    public static JoinFault ReadHello(ReadOnlySpan<byte> message, out byte[] authority, out byte[] nonce)
    {
        var reader = new FieldReader(message);
        bool known = reader.Byte() == Version;
        var fault = (JoinFault)reader.Byte();
        (authority, nonce) = fault == JoinFault.None
            ? (reader.Bytes(MaxCertificateBytes).ToArray(), reader.Raw(JoinProof.NonceBytes).ToArray())
            : ([], []);
        // The server is not known yet: it may send us away, but not say that our token is bad.
        return known && reader.IsComplete && fault is (JoinFault.None or JoinFault.Busy or JoinFault.NotAnAuthority)
            ? fault
            : JoinFault.Unreachable;
    }

    /// <summary>What the proof of a request is about.</summary>
    public static byte[] TranscriptOf(
        JoinRequest request, ReadOnlySpan<byte> authorityHash, ReadOnlySpan<byte> serverHash,
        ReadOnlySpan<byte> nonce) =>
        JoinProof.Transcript(
            authorityHash, serverHash, nonce, request.TokenId, request.Node, request.SigningRequest);

    public static byte[] Request(JoinRequest request)
    {
        var output = new ArrayBufferWriter<byte>();
        var writer = new FieldWriter(output);
        writer.Byte(Version);
        writer.Byte((byte)request.Kind);
        writer.UInt64(request.TokenId);
        writer.Bytes(request.Proof);
        writer.Text(request.Node.ToString());
        writer.Bytes(request.SigningRequest);
        writer.Bytes(request.Certificate);
        return output.WrittenSpan.ToArray();
    }

    /// <summary>Reads a request; false when the message is none.</summary>
    public static bool TryReadRequest(ReadOnlySpan<byte> message, [NotNullWhen(true)] out JoinRequest? request)
    {
        var reader = new FieldReader(message);
        bool known = reader.Byte() == Version;
        var kind = (JoinKind)reader.Byte();
        ulong tokenId = reader.UInt64();
        byte[] proof = reader.Bytes(MaxProofBytes).ToArray();
        bool named = NodeId.TryParse(reader.Text(NodeId.MaxLength), out NodeId node);
        byte[] signingRequest = reader.Bytes(MaxCertificateBytes).ToArray();
        byte[] certificate = reader.Bytes(MaxCertificateBytes).ToArray();
        request = known && named && Enum.IsDefined(kind) && reader.IsComplete
            ? new JoinRequest(kind, tokenId, proof, node, signingRequest, certificate)
            : null;
        return request is not null;
    }

    public static byte[] Answer(JoinFault fault, JoinGrant? grant)
    {
        var output = new ArrayBufferWriter<byte>();
        var writer = new FieldWriter(output);
        writer.Byte(Version);
        writer.Byte((byte)fault);
        if (grant is not null)
        {
            writer.Bytes(grant.Certificate);
            writer.Byte((byte)grant.GossipKeys.Count);
            foreach (ReadOnlyMemory<byte> key in grant.GossipKeys)
            {
                writer.Raw(key.Span);
            }
        }

        return output.WrittenSpan.ToArray();
    }

    /// <returns><see cref="JoinFault.BadAnswer"/> when the message is not an answer.</returns>
    public static JoinFault ReadAnswer(ReadOnlySpan<byte> message, out JoinGrant? grant)
    {
        grant = null;
        var reader = new FieldReader(message);
        bool known = reader.Byte() == Version;
        var fault = (JoinFault)reader.Byte();
        if (known && fault == JoinFault.None)
        {
            byte[] certificate = reader.Bytes(MaxCertificateBytes).ToArray();
            var keys = new List<ReadOnlyMemory<byte>>();
            for (int left = reader.Byte(); left > 0 && !reader.Failed; left--)
            {
                keys.Add(reader.Raw(NodeCredentials.GossipKeyBytes).ToArray());
            }

            bool good = reader.IsComplete && keys.Count is > 0 and <= KeyRing.MaxKeys;
            grant = good ? new JoinGrant(certificate, keys) : null;
            return good ? JoinFault.None : JoinFault.BadAnswer;
        }

        return known && reader.IsComplete && fault < JoinFault.Unreachable && Enum.IsDefined(fault)
            ? fault
            : JoinFault.BadAnswer;
    }

    public static async Task SendAsync(Stream stream, byte[] message, CancellationToken cancellation)
    {
        byte[] framed = new byte[sizeof(uint) + message.Length];
        BinaryPrimitives.WriteInt32BigEndian(framed, message.Length);
        message.CopyTo(framed, sizeof(uint));
        await stream.WriteAsync(framed, cancellation);
        await stream.FlushAsync(cancellation);
    }

    /// <summary>The next message; null when the stream ends first or the length is over the bound.</summary>
    public static async Task<byte[]?> ReceiveAsync(Stream stream, CancellationToken cancellation)
    {
        byte[] header = new byte[sizeof(uint)];
        if (await stream.ReadAtLeastAsync(header, header.Length, false, cancellation) < header.Length)
        {
            return null;
        }

        uint length = BinaryPrimitives.ReadUInt32BigEndian(header);
        if (length > MaxMessageBytes)
        {
            return null;
        }

        byte[] message = new byte[length];
        return await stream.ReadAtLeastAsync(message, message.Length, false, cancellation) == message.Length
            ? message
            : null;
    }
}
