namespace NoodleNet.Runtime.Trust;

/// <summary>What a joiner asked of a member, as it came: a member that is no admin passes it on like this.</summary>
/// <remarks>Nothing in it is secret: see <see cref="NoodleNet.Trust.JoinProof"/>.</remarks>
/// <param name="Request">The joiner's message.</param>
/// <param name="ServerHash">SHA-256 of the certificate that the asked node showed.</param>
/// <param name="Nonce">What the asked node made up for the connection.</param>
public sealed record AdmissionAsk(byte[] Request, byte[] ServerHash, byte[] Nonce);

/// <summary>What an admin decided.</summary>
/// <param name="Certificate">The node's certificate; null when it was refused.</param>
public sealed record AdmissionReply(JoinFault Fault, byte[]? Certificate);
