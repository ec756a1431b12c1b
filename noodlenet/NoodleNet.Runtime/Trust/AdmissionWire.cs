using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Net.Security;
using Noodle.Primitives;
using NoodleNet.Wire;

namespace NoodleNet.Runtime.Trust;

/// <summary>What a waiting node makes of an offer.</summary>
internal enum AdmissionVerdict : byte
{
    /// <summary>It wants to be of that mesh.</summary>
    Accepted = 0,

    /// <summary>Its operator did not confirm the mesh's fingerprint.</summary>
    Declined = 1,

    /// <summary>It considers another offer.</summary>
    Busy = 2,

    /// <summary>What it got is not a certificate of that mesh for this node.</summary>
    Bad = 3,
}

/// <summary>The messages of an admission, over TLS 1.3, in which the waiting node is the server.</summary>
/// <remarks>
/// <code>
/// waiting: hello    version (1), node id, signing request, signed with the key of its TLS certificate
/// admin:   offer    version (1), the authority's certificate
/// waiting: verdict  version (1), verdict; unless it accepts, this was the last message
/// admin:   grant    as the answer of a join
/// waiting: verdict  version (1), accepted or bad
/// </code>
/// The admin knows the waiting node by the fingerprint of its key, which a person read from that node's screen; the
/// waiting node knows the mesh by the fingerprint of its authority, which a person read from the admin's. So neither a
/// fake waiting node gets the gossip keys, nor a fake admin gets the node.
/// </remarks>
internal static class AdmissionWire
{
    public static readonly SslApplicationProtocol Protocol = new("noodle-admit/1");

    /// <summary>How long each message may take, a person's answer aside.</summary>
    public static readonly TimeSpan TimeLimit = TimeSpan.FromSeconds(10);

    /// <summary>How long a person has for an answer.</summary>
    public static readonly TimeSpan PersonLimit = TimeSpan.FromMinutes(5);

    private const byte Version = 1;
    private const int MaxCertificateBytes = 4 << 10;

    public static byte[] Hello(NodeId node, byte[] signingRequest)
    {
        var output = new ArrayBufferWriter<byte>();
        var writer = new FieldWriter(output);
        writer.Byte(Version);
        writer.Text(node.ToString());
        writer.Bytes(signingRequest);
        return output.WrittenSpan.ToArray();
    }

    public static bool TryReadHello(
        ReadOnlySpan<byte> message, out NodeId node, [NotNullWhen(true)] out byte[]? signingRequest)
    {
        var reader = new FieldReader(message);
        bool known = reader.Byte() == Version;
        bool named = NodeId.TryParse(reader.Text(NodeId.MaxLength), out node);
        byte[] request = reader.Bytes(MaxCertificateBytes).ToArray();
        signingRequest = known && named && reader.IsComplete ? request : null;
        return signingRequest is not null;
    }

    public static byte[] Offer(byte[] authority)
    {
        var output = new ArrayBufferWriter<byte>();
        var writer = new FieldWriter(output);
        writer.Byte(Version);
        writer.Bytes(authority);
        return output.WrittenSpan.ToArray();
    }

    public static bool TryReadOffer(ReadOnlySpan<byte> message, [NotNullWhen(true)] out byte[]? authority)
    {
        var reader = new FieldReader(message);
        bool known = reader.Byte() == Version;
        byte[] bytes = reader.Bytes(MaxCertificateBytes).ToArray();
        authority = known && reader.IsComplete ? bytes : null;
        return authority is not null;
    }

    public static byte[] Verdict(AdmissionVerdict verdict) => [Version, (byte)verdict];

    /// <summary>The verdict; Bad for what is none.</summary>
    public static AdmissionVerdict ReadVerdict(ReadOnlySpan<byte> message) =>
        message is [Version, var verdict] && verdict <= (byte)AdmissionVerdict.Bad
            ? (AdmissionVerdict)verdict
            : AdmissionVerdict.Bad;
}
