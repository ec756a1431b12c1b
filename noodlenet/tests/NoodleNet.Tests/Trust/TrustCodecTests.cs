using NoodleNet.Trust;

namespace NoodleNet.Tests.Trust;

public sealed class TrustCodecTests : IDisposable
{
    private readonly TestSeal _seal = new(7);

    public void Dispose() => _seal.Dispose();

    public static TheoryData<string> Kinds => ["token", "admitted", "revoked node", "revoked token", "ring"];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_record_is_read_back_as_it_was_signed(string kind)
    {
        TrustRecord record = Make(kind);
        Assert.Equal(TrustFault.None, TrustCodec.Read(record.Key, _seal.Write(record), _seal, out TrustRecord? read));
        Assert.Equal(record, read);
        Assert.Equal(record.GetHashCode(), read!.GetHashCode());
    }

    [Theory]
    [InlineData("token", "0101" + "0000000000000009" + "03" + "05" + "0000000070DD5525" + "0000000070DD6335")]
    [InlineData("revoked token", "0104" + "0000000000000009" + "0000000070DD5525")]
    [InlineData("revoked node", "010322612D3030303030303030303030303030303030303030303030303030303030303061"
        + "0000000070DD5525")]
    public void The_form_is_frozen(string kind, string fields) =>
        Assert.Equal(fields, Convert.ToHexString(_seal.Write(Make(kind)).AsSpan()[..^TrustCodec.SignatureBytes]));

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Not_one_bit_can_be_changed_and_no_byte_left_out_or_added(string kind)
    {
        TrustRecord record = Make(kind);
        byte[] good = _seal.Write(record);
        for (int bit = 0; bit < good.Length * 8; bit += 3)
        {
            byte[] changed = [.. good];
            changed[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.NotEqual(TrustFault.None, TrustCodec.Read(record.Key, changed, _seal, out TrustRecord? read));
            Assert.Null(read);
        }

        for (int length = 0; length < good.Length; length++)
        {
            Assert.NotEqual(TrustFault.None, TrustCodec.Read(record.Key, good.AsSpan(0, length), _seal, out _));
        }

        Assert.NotEqual(TrustFault.None, TrustCodec.Read(record.Key, [.. good, 0], _seal, out _));
    }

    [Fact]
    public void A_record_of_another_mesh_or_under_another_key_is_none()
    {
        byte[] good = _seal.Write(TestSeal.Token(9));
        using var other = new TestSeal(7);
        Assert.Equal(TrustFault.Unsigned, TrustCodec.Read("token/0000000000000009", good, other, out _));
        Assert.Equal(TrustFault.Key, TrustCodec.Read("token/0000000000000008", good, _seal, out _));
        Assert.Equal(TrustFault.Key, TrustCodec.Read("revoked/token/0000000000000009", good, _seal, out _));
        byte[] foreign = TrustCodec.Write(TestSeal.Token(9), 8, _seal.Sign);
        Assert.Equal(TrustFault.Unsigned, TrustCodec.Read("token/0000000000000009", foreign, _seal, out _));
    }

    [Theory]
    [InlineData("")]
    [InlineData("02010000000000000009030500000000")]                                                 // a later version
    [InlineData("0109")]                                                                             // no kind
    [InlineData("0101" + "0000000000000009" + "09" + "05" + "0000000070DD5525" + "0000000070DD6335")] // no role
    [InlineData("0104" + "0000000000000009" + "FFFFFFFFFFFFFFFF")]                                   // no time
    [InlineData("0103" + "0161" + "0000000070DD5525")]                                               // no node
    [InlineData("0105" + "01" + "00" + "0161" + "00")]                                               // no driver
    public void What_is_no_record_costs_no_signature_check(string fields)
    {
        byte[] bytes = [.. Convert.FromHexString(fields), .. new byte[TrustCodec.SignatureBytes]];
        Assert.Equal(TrustFault.Malformed, TrustCodec.Read("token/0000000000000009", bytes, _seal, out _));
        Assert.Equal(TrustFault.Malformed, TrustCodec.Read("", new byte[TrustCodec.MaxBytes + 1], _seal, out _));
        Assert.Equal(0, _seal.Checks);
    }

    [Fact]
    public void Any_bytes_are_read_without_harm() => Gen.Byte.Array[0, 200].Sample(bytes =>
        Assert.NotEqual(TrustFault.None, TrustCodec.Read(TrustKeys.Ring, bytes, _seal, out _)));

    [Theory]
    [InlineData(0)]
    [InlineData(5)]
    public void A_ring_has_one_to_four_keys(int keys)
    {
        GossipRingRecord ring = TestSeal.Ring(1, RingPhase.Settled, [.. Enumerable.Repeat((byte)1, keys)]);
        Assert.Equal(TrustFault.Malformed, TrustCodec.Read(TrustKeys.Ring, _seal.Write(ring), _seal, out _));
    }

    [Fact]
    public void A_ring_tells_no_key_when_it_is_printed()
    {
        GossipRingRecord ring = TestSeal.Ring(3, RingPhase.Using, 0xAB);
        Assert.Equal("gossip ring 3, Using, 1 keys", ring.ToString());
        Assert.NotEqual(ring, TestSeal.Ring(3, RingPhase.Using, 0xAC));
        Assert.NotEqual(ring, TestSeal.Ring(3, RingPhase.Using, 0xAB, 0xAC));
        Assert.False(ring.Equals(null));
        Assert.NotEqual(TestSeal.Admitted(TestSeal.A, key: 1), TestSeal.Admitted(TestSeal.A, key: 2));
        Assert.False(TestSeal.Admitted(TestSeal.A).Equals(null));
    }

    [Theory]
    [InlineData("00000000000000ff", true, 255ul)]
    [InlineData("ff", false, 0ul)]
    [InlineData("000000000000000g", false, 0ul)]
    [InlineData(null, false, 0ul)]
    public void Token_ids_have_one_spelling(string? text, bool good, ulong id)
    {
        Assert.Equal(good, TrustKeys.TryParseId(text, out ulong read));
        Assert.Equal(id, read);
    }

    private static TrustRecord Make(string kind) => kind switch
    {
        "token" => TestSeal.Token(9, 1, 5),
        "admitted" => TestSeal.Admitted(TestSeal.A, 9),
        "revoked node" => new RevokedNodeRecord(TestSeal.A, TestSeal.Time),
        "revoked token" => new RevokedTokenRecord(9, TestSeal.Time),
        _ => TestSeal.Ring(300, RingPhase.Installing, 1, 2),
    };
}
