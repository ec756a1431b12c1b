using System.Buffers;
using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Net.Security;
using Noodle.Primitives;
using NoodleNet.Wire;

namespace NoodleNet.Runtime.Trust;

/// <summary>What a joiner sends, once it knows to whom.</summary>
internal sealed record JoinRequest(ulong TokenId, byte[] Secret, NodeId Node, byte[] SigningRequest);

/// <summary>What an admitted node gets.</summary>
internal sealed record JoinGrant(byte[] Certificate, byte[] GossipKey);

/// <summary>The three messages of a join, over TLS 1.3.</summary>
/// <remarks>
/// <code>
/// server: hello    version (1), fault; if it is 0: the authority's certificate. Else this was the last message
/// joiner: request  version (1), token id (8), secret (32), node id, signing request
/// server: answer   version (1), fault; if it is 0: certificate, gossip key (32)
/// each message: length (4, the highest byte first), then the fields
/// </code>
/// The server speaks first, because .NET leaves a root certificate out of the handshake on some systems, and the joiner
/// sends nothing before it has seen it. Bound: a message has at most 16 KiB.
/// </remarks>
internal static class JoinWire
{
    public static readonly SslApplicationProtocol Protocol = new("noodle-join/1");

    /// <summary>How long a join takes at most, connecting and all.</summary>
    public static readonly TimeSpan TimeLimit = TimeSpan.FromSeconds(10);

    public const int MaxMessageBytes = 16 << 10;

    private const byte Version = 1;
    private const int MaxCertificateBytes = 4 << 10;

    /// <param name="fault">Why the server does not even want the request; it is spared the secret then.</param>
    public static byte[] Hello(JoinFault fault, ReadOnlySpan<byte> authority)
    {
        var output = new ArrayBufferWriter<byte>();
        var writer = new FieldWriter(output);
        writer.Byte(Version);
        writer.Byte((byte)fault);
        if (fault == JoinFault.None)
        {
            writer.Bytes(authority);
        }

        return output.WrittenSpan.ToArray();
    }

    /// <returns><see cref="JoinFault.Unreachable"/> when the message is not a hello.</returns>
    public static JoinFault ReadHello(ReadOnlySpan<byte> message, out byte[] authority)
    {
        var reader = new FieldReader(message);
        bool known = reader.Byte() == Version;
        var fault = (JoinFault)reader.Byte();
        authority = fault == JoinFault.None ? reader.Bytes(MaxCertificateBytes).ToArray() : [];
        // The server is not known yet: it may send us away, but not say that our token is bad.
        return known && reader.IsComplete && fault is (JoinFault.None or JoinFault.Busy or JoinFault.NotAnAuthority)
            ? fault
            : JoinFault.Unreachable;
    }

    public static byte[] Request(JoinRequest request)
    {
        var output = new ArrayBufferWriter<byte>();
        var writer = new FieldWriter(output);
        writer.Byte(Version);
        writer.UInt64(request.TokenId);
        writer.Raw(request.Secret);
        writer.Text(request.Node.ToString());
        writer.Bytes(request.SigningRequest);
        return output.WrittenSpan.ToArray();
    }

    public static bool TryReadRequest(ReadOnlySpan<byte> message, [NotNullWhen(true)] out JoinRequest? request)
    {
        var reader = new FieldReader(message);
        bool known = reader.Byte() == Version;
        ulong tokenId = reader.UInt64();
        byte[] secret = reader.Raw(MeshToken.SecretBytes).ToArray();
        bool named = NodeId.TryParse(reader.Text(NodeId.MaxLength), out NodeId node);
        byte[] signingRequest = reader.Bytes(MaxCertificateBytes).ToArray();
        request = known && named && reader.IsComplete ? new JoinRequest(tokenId, secret, node, signingRequest) : null;
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
            writer.Raw(grant.GossipKey);
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
            byte[] gossipKey = reader.Raw(NodeCredentials.GossipKeyBytes).ToArray();
            grant = reader.IsComplete ? new JoinGrant(certificate, gossipKey) : null;
            return grant is null ? JoinFault.BadAnswer : JoinFault.None;
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
