namespace NoodleNet.Runtime.Trust;

/// <summary>This node cannot become or stay a member of a mesh; the message is one sentence with the way out.</summary>
public sealed class TrustException(string message) : Exception(message);
