using NoodleNet.Link;
using NoodleNet.Runtime.Link;
using NoodleNet.Runtime.Mesh;
using NoodleNet.Runtime.Tests.Link;

namespace NoodleNet.Runtime.Tests.Mesh;

public sealed class LinkDuplexTests
{
    [Fact]
    public async Task Bytes_go_both_ways_and_an_end_is_an_end()
    {
        await using LinkPair pair = await LinkPair.StartAsync(async (incoming, cancellation) =>
        {
            await using var there = new LinkDuplex(incoming.AcceptStream(default), TimeProvider.System);
            byte[] bytes = new byte[3];
            await there.ReadExactlyAsync(bytes.AsMemory(), cancellation);
            await there.WriteAsync(bytes, cancellation);
            Assert.Equal(0, await there.ReadAsync(bytes, cancellation));
        });
        var here = new LinkDuplex(await OpenAsync(pair), TimeProvider.System);
        await here.WriteAsync(new byte[] { 1, 2, 3 });
        await here.FlushAsync();
        byte[] back = new byte[3];
        await here.ReadExactlyAsync(back).AsTask().WaitAsync(LinkPair.Bound);
        Assert.Equal([1, 2, 3], back);
        await here.DisposeAsync();
        await here.DisposeAsync();
        await Assert.ThrowsAsync<IOException>(() => here.WriteAsync(new byte[1]).AsTask());
    }

    [Fact]
    public async Task A_stream_that_breaks_throws_what_every_stream_throws()
    {
        await using LinkPair pair = await LinkPair.StartAsync((incoming, _) =>
        {
            incoming.AcceptStream(default).Cancel(LinkStatus.Exhausted);
            return default;
        });
        await using var here = new LinkDuplex(await OpenAsync(pair), TimeProvider.System);
        IOException read = await Assert.ThrowsAsync<IOException>(
            () => here.ReadAsync(new byte[1]).AsTask().WaitAsync(LinkPair.Bound));
        Assert.Contains(nameof(LinkStatus.Exhausted), read.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<IOException>(() => here.WriteAsync(new byte[1]).AsTask().WaitAsync(LinkPair.Bound));
    }

    [Fact]
    public async Task It_is_a_duplex_that_only_waits_without_blocking()
    {
        await using LinkPair pair = await LinkPair.StartAsync(async (incoming, cancellation) =>
        {
            LinkStream there = incoming.AcceptStream(default);
            Assert.Equal(LinkStatus.Cancelled, (await there.ReadAsync(new byte[1], cancellation)).Status);
        });
        var here = new LinkDuplex(await OpenAsync(pair), TimeProvider.System);
        Assert.True(here is { CanRead: true, CanWrite: true, CanSeek: false });
        here.Flush();
        byte[] one = new byte[1];
        Assert.Throws<NotSupportedException>(() => here.Length);
        Assert.Throws<NotSupportedException>(() => here.Position);
        Assert.Throws<NotSupportedException>(() => here.Position = 1);
        Assert.Throws<NotSupportedException>(() => here.ReadByte());
        Assert.Throws<NotSupportedException>(() => here.Write(one, 0, 1));
        Assert.Throws<NotSupportedException>(() => here.Seek(0, SeekOrigin.Begin));
        Assert.Throws<NotSupportedException>(() => here.SetLength(0));
        here.Dispose();
    }

    private static async Task<LinkStream> OpenAsync(LinkPair pair) =>
        await pair.Peer.OpenStreamAsync(new LinkHead("duplex"), default, default);
}
