using System.Net;
using NoodleNet.Runtime.Storage;
using NoodleNet.Runtime.Tests.Storage;
using NoodleNet.Runtime.Trust;
using NoodleNet.Trust;

namespace NoodleNet.Runtime.Tests.Trust;

public sealed class MeshTokenTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_text_of_version_1_stays_as_it_is()
    {
        MeshToken token = Example();
        const string Text = "noodle1.AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8BI0VniavN"
            + "7-_u7ezr6uno5-bl5OPi4eDf3t3c29rZ2NfW1dTT0tHQAAAAAHDb2IAD";

        Assert.StartsWith(Text, token.ToSecretText());
        Assert.Equal(122, token.ToSecretText().Length);
        Assert.Equal("token 0123456789abcdef of mesh 000102030405060708090a0b0c0d0e0f", token.ToString());
    }

    [Fact]
    public void A_token_comes_back_from_text_and_file()
    {
        MeshToken token = Example();
        Assert.True(MeshToken.TryParse($"  {token.ToSecretText()}\r\n", out MeshToken? read, out string? fault));
        Assert.Null(fault);
        Assert.Equal(token.ToSecretText(), read.ToSecretText());
        Assert.Equal((token.Id, token.Expires, token.Role, token.Mesh), (read.Id, read.Expires, read.Role, read.Mesh));
        Assert.Equal((false, true), (read.IsExpired(token.Expires.AddSeconds(-1)), read.IsExpired(token.Expires)));

        Assert.Null(MeshToken.Load(_folder["token"]));
        token.Save(_folder["token"]);
        Assert.Equal(token.ToSecretText(), MeshToken.Load(_folder["token"])!.ToSecretText());
        UnixMode.SkipWithout();
        Assert.Equal(UnixMode.OwnerFile, UnixMode.Of(_folder["token"]));
        UnixMode.Set(_folder["token"], UnixMode.OwnerFile | UnixFileMode.GroupRead);
        Assert.Contains("chmod 600", Assert.Throws<StorageException>(() => MeshToken.Load(_folder["token"])).Message);
    }

    [Fact]
    public void A_token_with_any_character_changed_or_missing_is_refused()
    {
        string text = Example().ToSecretText();
        for (int i = 0; i < text.Length; i++)
        {
            char other = text[i] == 'A' ? 'B' : 'A';
            Assert.False(MeshToken.TryParse(text[..i] + other + text[(i + 1)..], out _, out string? fault), text[i..]);
            Assert.EndsWith(".", fault);
            Assert.False(MeshToken.TryParse(text.Remove(i, 1), out _, out _));
            Assert.False(MeshToken.TryParse(text.Insert(i, " "), out _, out _) && i > 0);
        }

        Assert.False(MeshToken.TryParse(null, out _, out _));
        Assert.False(MeshToken.TryParse(text + text, out _, out _));
    }

    [Fact]
    public void A_role_or_a_time_that_does_not_exist_is_refused()
    {
        MeshToken role = new(new byte[32], 1, new byte[32], DateTimeOffset.UnixEpoch, (MeshRole)9);
        MeshToken time = new(new byte[32], 1, new byte[32], DateTimeOffset.UnixEpoch.AddSeconds(-1), MeshRole.Viewer);

        Assert.False(MeshToken.TryParse(role.ToSecretText(), out _, out _));
        Assert.False(MeshToken.TryParse(time.ToSecretText(), out _, out _));
    }

    [Fact]
    public void A_token_file_without_a_token_is_refused_by_name()
    {
        AtomicFile.Write(_folder["token"], "hello"u8);
        Assert.Contains(
            _folder["token"], Assert.Throws<StorageException>(() => MeshToken.Load(_folder["token"])).Message);
    }

    [Fact]
    public void A_mesh_id_has_one_spelling()
    {
        Assert.True(MeshId.TryParse("000102030405060708090a0b0c0d0e0f", out MeshId mesh));
        Assert.Equal("000102030405060708090a0b0c0d0e0f", mesh.ToString());
        Assert.False(MeshId.TryParse("000102030405060708090A0B0C0D0E0F", out _));
        Assert.False(MeshId.TryParse("00", out _));
    }

    [Fact]
    public void Guessers_are_counted_by_address_and_by_network_up_to_a_bound()
    {
        var throttle = new JoinThrottle();
        DateTimeOffset now = DateTimeOffset.UnixEpoch;
        IPAddress one = IPAddress.Parse("2001:db8::1"), neighbour = IPAddress.Parse("2001:db8::2");
        for (int i = 0; i < JoinThrottle.MaxWrong; i++)
        {
            Assert.True(throttle.MayTry(one, now));
            throttle.CountWrong(one, now);
        }

        Assert.False(throttle.MayTry(neighbour, now));
        Assert.True(throttle.MayTry(IPAddress.Parse("2001:db8:0:1::1"), now));
        for (int i = 0; i <= JoinThrottle.MaxAddresses; i++)
        {
            throttle.CountWrong(new IPAddress([10, 0, (byte)(i >> 8), (byte)i]), now);
        }

        Assert.True(throttle.MayTry(IPAddress.Parse("10.0.0.1"), now));
        Assert.False(throttle.MayTry(IPAddress.Parse("10.9.9.9"), now));
        Assert.True(throttle.MayTry(IPAddress.Parse("10.9.9.9"), now + JoinThrottle.Window));
    }

    private static MeshToken Example() => new(
        [.. Enumerable.Range(0, 32).Select(i => (byte)i)], 0x0123456789abcdef,
        [.. Enumerable.Range(0, 32).Select(i => (byte)(239 - i))],
        DateTimeOffset.FromUnixTimeSeconds(0x70DBD880), MeshRole.Operator);
}
