using NoodleNet.Link.Transports;

namespace NoodleNet.Tests.Link.Transports;

public sealed class PathHelloTests
{
    [Fact]
    public void What_was_written_is_read() =>
        Gen.Select(Gen.UShort, Gen.UShort, Gen.ULong, Gen.UInt, Gen.Bool).Sample(
            (quic, datagrams, session, channel, key) =>
        {
            byte[] secret = key ? [.. Enumerable.Range(0, 32).Select(i => (byte)i)] : [];
            byte[] bytes = new PathHello(quic, datagrams, session, channel, secret).Write();
            Assert.True(PathHello.TryRead([.. bytes, 1, 2, 3], out PathHello read)); // what a newer node adds
            Assert.Equal((quic, datagrams, session, channel),
                (read.QuicPort, read.DatagramPort, read.Session, read.Channel));
            Assert.Equal(secret, read.Key);
            for (int length = 0; length < bytes.Length; length++)
            {
                Assert.False(PathHello.TryRead(bytes.AsSpan(0, length), out _));
            }
        }, iter: 50);

    [Fact]
    public void The_form_is_frozen_and_the_text_tells_no_key()
    {
        var hello = new PathHello(7947, 7946, 0x0102030405060708, 9, default);
        Assert.Equal("011F0B1F0A01020304050607080000000900", Convert.ToHexString(hello.Write()));
        Assert.Equal("QUIC 7947, datagrams 7946, channel 9", (hello with { Key = new byte[32] }).ToString());
        byte[] other = hello.Write();
        other[17] = 1; // a key of one byte
        Assert.False(PathHello.TryRead([.. other, 1], out _));
        other[0] = 0;
        Assert.False(PathHello.TryRead(other, out _));
    }
}
