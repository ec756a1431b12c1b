using System.Security.Cryptography;
using NoodleNet.Discovery;
using NoodleNet.Discovery.Wire;
using Noodle.Primitives;

namespace NoodleNet.Tests.Discovery;

/// <summary>What stands behind the fixed part of a beacon, and who can prove what by it.</summary>
public sealed class BeaconSignatureTests
{
    private static readonly KeyRing Keys = new(Enumerable.Repeat((byte)7, 32).ToArray());
    private static readonly ECDsa Key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private static readonly BeaconSigner Signer = SignerOf(Key);
    private static readonly KeyFingerprint Print = KeyFingerprint.OfKey(Key.ExportSubjectPublicKeyInfo());

    private static readonly Beacon Self = new(
        Guid.Parse("01020304-0506-0708-090a-0b0c0d0e0f10"), NodeId.Create("host", Guid.Parse(new string('1', 32))),
        7946, 7947, 7948, BeaconFlags.WantsAdmission);

    [Fact]
    public void The_form_with_a_fingerprint_is_frozen()
    {
        var print = new KeyFingerprint([.. Enumerable.Range(0, 32).Select(i => (byte)i)]);
        Assert.Equal(
            "4e444c4201" + "04" + "0102030405060708090a0b0c0d0e0f10" + "1f0a" + "1f0b" + "1f0c" + "25"
            + Convert.ToHexStringLower("host-11111111111111111111111111111111"u8)
            + "0120" + "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
            + "00000000000000000000000000000000",
            Convert.ToHexStringLower((Self with { KeyFingerprint = print }).ToBytes(null)));
        Assert.Equal("AAAQ-EAYE-AUDA-OCAJ", print.ToString());
        Assert.Equal(print, new KeyFingerprint(print.ToBytes()));
    }

    [Fact]
    public void Anybody_can_tell_that_the_owner_of_the_key_made_it_and_members_that_a_member_did()
    {
        byte[] bytes = Self.ToBytes(Keys, Signer);
        Assert.Equal(BeaconProof.Signed, Beacon.CheckSignature(bytes));
        Assert.Equal(WireFault.None, Beacon.Read(bytes, Keys, out Beacon? read, out bool verified));
        Assert.Equal((Self with { KeyFingerprint = Print }, true), (read, verified));
        Assert.Equal(Print, Signer.Fingerprint);
        Assert.True(bytes.Length <= Beacon.QuestionBytes);
        Beacon.Read(bytes, null, out read, out verified);
        Assert.Equal((Print, false), (read!.KeyFingerprint, verified));
    }

    [Fact]
    public void A_changed_bit_forges_the_signature_or_takes_it_away()
    {
        byte[] bytes = Self.ToBytes(null, Signer);
        int signature = bytes.Length - 16 - 66;
        for (int bit = 0; bit < 8 * (bytes.Length - 16); bit++)
        {
            byte[] flipped = [.. bytes];
            flipped[bit / 8] ^= (byte)(1 << (bit % 8));
            if (Beacon.Read(flipped, null, out _, out _) == WireFault.None)
            {
                Assert.NotEqual(BeaconProof.Signed, Beacon.CheckSignature(flipped));
            }
        }

        using var other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        byte[] stolen = [.. bytes];
        SignerOf(other).PublicKey.Span.CopyTo(stolen.AsSpan(signature - 64));
        Assert.Equal(BeaconProof.Forged, Beacon.CheckSignature(stolen));
        stolen.AsSpan(signature - 64, 64).Fill(0xFF); // no point of the curve
        Assert.Equal(BeaconProof.Forged, Beacon.CheckSignature(stolen));
        Assert.Equal(BeaconProof.None, Beacon.CheckSignature(Self.ToBytes(Keys)));
    }

    [Fact]
    public void A_fingerprint_is_that_of_the_key_beside_it_whatever_else_it_claims()
    {
        var output = new List<byte>(Self.ToShortBytes(null)[..^16]);
        BeaconFields.Write(output, BeaconFields.Fingerprint, new byte[32]);
        BeaconFields.Write(output, BeaconFields.PublicKey, Signer.PublicKey.Span);
        Beacon.Read([.. output, .. new byte[16]], null, out Beacon? read, out _);
        Assert.Equal(Print, read!.KeyFingerprint);
    }

    [Fact]
    public void Later_versions_with_more_in_them_are_read_and_older_ones_with_less()
    {
        var later = new List<byte>(Self.ToShortBytes(Keys)[..^16]) { [4] = 9, [5] = 0xFF };
        BeaconFields.Write(later, 200, [1, 2, 3]);
        BeaconFields.Write(later, BeaconFields.Fingerprint, Print.ToBytes());
        BeaconFields.Write(later, BeaconFields.Signature, new byte[10]); // a form of its own
        later.AddRange([250, 99, 1]); // cut
        Assert.Equal(WireFault.None, Beacon.Read([.. later, .. new byte[16]], Keys, out Beacon? read, out _));
        Assert.Equal(Print, read!.KeyFingerprint);
        Assert.Equal(
            BeaconFlags.AdmitsJoiners | BeaconFlags.Asks | BeaconFlags.WantsAdmission, read.Flags);
        Assert.Equal(WireFault.None, Beacon.Read(Self.ToShortBytes(Keys), Keys, out read, out bool verified));
        Assert.Equal((Self, true), (read, verified)); // byte for byte what the first version sent
    }

    [Theory]
    [InlineData(1)]
    [InlineData(63)]
    public void A_question_is_as_long_as_any_answer(int hostLength)
    {
        Beacon longest = Self with { Node = NodeId.Create(new string('h', hostLength), Guid.Empty) };
        Beacon question = Self with { Flags = BeaconFlags.Asks };
        foreach (BeaconSigner? signer in new[] { null, Signer })
        {
            Assert.Equal(Beacon.QuestionBytes, question.ToBytes(Keys, signer).Length);
            Assert.True(longest.ToBytes(Keys, signer).Length <= Beacon.QuestionBytes);
            Assert.True((longest with { KeyFingerprint = Print }).ToBytes(Keys).Length <= Beacon.QuestionBytes);
        }

        Assert.Equal(BeaconProof.Signed, Beacon.CheckSignature(question.ToBytes(null, Signer)));
    }

    [Fact]
    public void No_bytes_at_all_make_it_throw() => Gen.Byte.Array[0, 600].Sample(tail =>
    {
        byte[] bytes = [.. Self.ToShortBytes(null)[..^16], .. tail];
        if (Beacon.Read(bytes, Keys, out _, out _) == WireFault.None)
        {
            Beacon.CheckSignature(bytes);
        }
    });

    private static BeaconSigner SignerOf(ECDsa key)
    {
        ECPoint point = key.ExportParameters(false).Q;
        return new BeaconSigner(
            (byte[])[.. point.X!, .. point.Y!], data => key.SignData(data, HashAlgorithmName.SHA256));
    }
}
