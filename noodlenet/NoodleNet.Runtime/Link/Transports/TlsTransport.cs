using System.Net;
using System.Net.Security;
using NoodleNet.Link;

namespace NoodleNet.Runtime.Link.Transports;

/// <summary>TLS inside any duplex stream.</summary>
internal sealed class TlsTransport(SslStream stream, LinkTransportKind kind, EndPoint remote)
    : LinkTransport(stream, kind, remote)
{
    public override Task CompleteWritesAsync() => stream.ShutdownAsync();
}
