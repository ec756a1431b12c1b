using System.Security.Cryptography;
using NoodleNet.Discovery;
using NoodleNet.Trust;

namespace NoodleNet.Tests.Trust;

public sealed class IdentityTests : IDisposable
{
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    public void Dispose() => _key.Dispose();

    [Fact]
    public void A_claim_is_for_one_name_port_mesh_and_key()
    {
        MetaIdentity made = MetaIdentity.Make(_key, 7, TestSeal.A, 7946);
        Assert.True(MetaIdentity.TryRead(made.ToTag(), out MetaIdentity? read));
        Assert.True(read.IsFor(7, TestSeal.A, 7946));
        Assert.Equal(SHA256.HashData(_key.ExportSubjectPublicKeyInfo()), read.KeyHash);
        Assert.False(read.IsFor(8, TestSeal.A, 7946));
        Assert.False(read.IsFor(7, TestSeal.B, 7946));
        Assert.False(read.IsFor(7, TestSeal.A, 7947));
        using ECDsa other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        MetaIdentity theirs = MetaIdentity.Make(other, 7, TestSeal.A, 7946);
        Assert.False((made with { Point = theirs.Point }).IsFor(7, TestSeal.A, 7946));
        Assert.False((made with { Signature = theirs.Signature }).IsFor(7, TestSeal.A, 7946));
        Assert.False((made with { Point = new byte[64] }).IsFor(7, TestSeal.A, 7946)); // no point of the curve
    }

    [Fact]
    public void A_claim_and_what_else_a_node_says_fit_into_the_meta()
    {
        var tags = new Dictionary<string, string>
        {
            ["role"] = "noodle", ["v"] = "10.11.12-preview.13", ["http"] = "http://255.255.255.255:65535",
            [MetaIdentity.Tag] = MetaIdentity.Make(_key, UInt128.MaxValue, TestSeal.A, 65535).ToTag(),
        };
        Assert.True(NodeTags.TryEncode(tags, out byte[] meta));
        Assert.InRange(meta.Length, 200, 300); // others have room too
        Assert.Equal(tags[MetaIdentity.Tag], NodeTags.Decode(meta)[MetaIdentity.Tag]);
    }

    [Fact]
    public void Not_one_letter_of_a_claim_can_be_changed()
    {
        string tag = MetaIdentity.Make(_key, 7, TestSeal.A, 7946).ToTag();
        for (int i = 0; i < tag.Length; i++)
        {
            string changed = tag[..i] + (tag[i] == 'A' ? 'B' : 'A') + tag[(i + 1)..];
            Assert.False(MetaIdentity.TryRead(changed, out MetaIdentity? read) && read.IsFor(7, TestSeal.A, 7946));
        }

        string?[] odd =
            [null, "", "id", tag[1..], tag + "A", "Z" + tag[1..], new string('*', 172), tag.Replace(tag[9], ' ')];
        Assert.All(odd, text => Assert.False(MetaIdentity.TryRead(text, out _)));
    }

    [Theory]
    [InlineData("abcd-efgh-2345-wxyz", "ABCD-EFGH-2345-WXYZ")]
    [InlineData(" ABCDEFGH 2345WXYZ\n", "ABCD-EFGH-2345-WXYZ")]
    [InlineData("ABCD-EFGH-2345-WXY", null)]
    [InlineData("ABCD-EFGH-2345-WXY0", null)]
    [InlineData("ABCD-EFGH-2345-WXYZA", null)]
    [InlineData("", null)]
    [InlineData(null, null)]
    public void A_typed_fingerprint_is_read_however_it_is_spaced(string? typed, string? meant)
    {
        Assert.Equal(meant is not null, TypedFingerprint.TryParse(typed, out TypedFingerprint read));
        Assert.Equal(meant ?? "none", read.ToString());
    }

    [Fact]
    public void A_typed_fingerprint_fits_its_own_key_alone()
    {
        var ours = KeyFingerprint.OfKey(_key.ExportSubjectPublicKeyInfo());
        var theirs = new KeyFingerprint(TestSeal.Bytes(3));
        Assert.True(TypedFingerprint.TryParse(ours.ToString(), out TypedFingerprint typed));
        Assert.True(typed.Fits(ours));
        Assert.False(typed.Fits(theirs));
        Assert.False(default(TypedFingerprint).Fits(theirs));
    }

    [Fact]
    public void A_proof_is_about_all_of_the_join_and_tells_nothing_of_the_secret()
    {
        byte[] secret = TestSeal.Bytes(5), csr = [1, 2, 3];
        byte[] Transcript(
            byte authority = 1, byte server = 2, byte nonce = 3, ulong token = 4, bool b = false, int cut = 3) =>
            JoinProof.Transcript(TestSeal.Bytes(authority), TestSeal.Bytes(server), TestSeal.Bytes(nonce), token,
                b ? TestSeal.B : TestSeal.A, csr.AsSpan(0, cut));
        byte[] proof = JoinProof.Make(secret, Transcript());
        Assert.True(JoinProof.Check(secret, Transcript(), proof));
        byte[][] others =
        [
            Transcript(authority: 9), Transcript(server: 9), Transcript(nonce: 9), Transcript(token: 9),
            Transcript(b: true), Transcript(cut: 2),
        ];
        Assert.All(others, other => Assert.False(JoinProof.Check(secret, other, proof)));
        Assert.False(JoinProof.Check(TestSeal.Bytes(6), Transcript(), proof));
        Assert.False(JoinProof.Check(secret, Transcript(), []));
        Assert.False(proof.AsSpan().SequenceEqual(secret));
    }

    [Fact]
    public void Other_terms_of_a_token_have_another_secret()
    {
        byte[] key = TestSeal.Bytes(1);
        TokenRecord token = TestSeal.Token(1, 1, 1);
        TokenRecord[] others =
        [
            token with { Id = 2 }, token with { Role = MeshRole.Admin }, token with { MaxUses = 0 },
            token with { Expires = TestSeal.Time.AddYears(1) }, token with { Created = TestSeal.Time.AddYears(-1) },
        ];
        byte[] secret = JoinProof.SecretOf(token, key);
        Assert.Equal(secret, JoinProof.SecretOf(token with { }, key));
        Assert.All(others, other => Assert.NotEqual(secret, JoinProof.SecretOf(other, key)));
        Assert.NotEqual(secret, JoinProof.SecretOf(token, TestSeal.Bytes(2)));
    }

    public static TheoryData<string, double, int, bool, bool, double> Plans => new()
    {   // a week that began at 0: when    days   failures  due    late   next look in minutes
        { "new",                            0,     0,        false, false, 60 },
        { "an hour before two thirds",      4.65,  0,        false, false, 24 },
        { "two thirds",                     4.667, 0,        true,  false, 0 },
        { "failed once",                    4.7,   1,        true,  false, 1 },
        { "failed four times",              4.7,   4,        true,  false, 8 },
        { "failed for long",                5.9,   40,       true,  true,  60 },
        { "over",                           7.1,   9,        true,  true,  60 },
        { "the clock was set back",         -9,    0,        false, false, 60 },
    };

    [Theory]
    [MemberData(nameof(Plans))]
    public void A_certificate_is_renewed_at_two_thirds_and_missed_at_five_sixths(
        string when, double days, int failures, bool due, bool late, double minutes)
    {
        var plan = new RenewalPlan(TestSeal.Time, TestSeal.Time.AddDays(7));
        DateTimeOffset now = TestSeal.Time.AddDays(days);
        Assert.True(due == plan.IsDue(now), when);
        Assert.Equal(late, plan.IsLate(now));
        Assert.Equal(days > 7, plan.IsOver(now));
        Assert.Equal(minutes, plan.PauseBefore(now, failures).TotalMinutes, 0.6);
    }
}
