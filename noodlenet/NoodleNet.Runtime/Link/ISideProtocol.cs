using System.Net;
using System.Net.Security;

namespace NoodleNet.Runtime.Link;

/// <summary>
/// A protocol beside NoodleLink on the same port, chosen by ALPN; its client may be without a certificate.
/// </summary>
public interface ISideProtocol
{
    /// <summary>The name offered in the TLS handshake.</summary>
    SslApplicationProtocol Protocol { get; }

    /// <summary>Serves one connection; returning closes it.</summary>
    Task ServeAsync(SslStream stream, EndPoint? remote, CancellationToken cancellation);
}
