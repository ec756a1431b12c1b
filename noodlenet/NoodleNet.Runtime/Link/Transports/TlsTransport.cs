using System.Net;
using System.Net.Security;
using System.Runtime.CompilerServices;
using NoodleNet.Link;

namespace NoodleNet.Runtime.Link.Transports;

/// <summary>TLS inside any duplex stream.</summary>
/// <param name="sends">What <paramref name="stream"/> writes to.</param>
internal sealed class TlsTransport(
    SslStream stream, GatheringStream sends, LinkTransportKind kind, EndPoint remote)
    : LinkTransport(stream, kind, remote)
{
    public override Task CompleteWritesAsync() => stream.ShutdownAsync();

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, bool isMore)
    {
        if (!isMore && sends.Holds)
        {
            return WriteLastAsync(bytes);
        }

        sends.Holds = isMore;
        return stream.WriteAsync(bytes);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask WriteLastAsync(ReadOnlyMemory<byte> bytes)
    {
        await stream.WriteAsync(bytes).ConfigureAwait(false);
        sends.Holds = false;
        await sends.SendHeldAsync().ConfigureAwait(false);
    }
}
