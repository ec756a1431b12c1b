using System.Security.Cryptography.X509Certificates;
using Noodle.Primitives;

namespace NoodleNet.Runtime.Link;

/// <summary>Who this node is to its peers, and how it tells who a peer is.</summary>
public interface ILinkIdentity
{
    /// <summary>The node that <see cref="Certificate"/> speaks for.</summary>
    NodeId Node { get; }

    /// <summary>This node's certificate with its private key, valid for server and client authentication.</summary>
    X509Certificate2 Certificate { get; }

    /// <summary>The chain above <see cref="Certificate"/>, sent along in the handshake.</summary>
    X509Certificate2Collection Issuers { get; }

    /// <summary>Decides whether a peer's certificate admits it to the data path, and as which node.</summary>
    /// <param name="certificate">What the peer sent.</param>
    /// <param name="asServer">True when the peer answers a connection that this node opened.</param>
    /// <param name="peer">The node named by the certificate.</param>
    /// <param name="fault">Why the peer is refused, as a sentence; null when it is admitted.</param>
    bool TryVerifyPeer(X509Certificate2 certificate, bool asServer, out NodeId peer, out string? fault);
}
