using System.Security.Cryptography;
using Noodle.Cli.CommandLine;
using Noodle.Cli.Tests.Processes;
using NoodleNet.Runtime.Trust;

namespace Noodle.Cli.Tests;

public sealed class JoinSourceTests : IDisposable
{
    // The form of a token: hash, id, secret, expiry, role, check.
    private static readonly string s_token = MakeToken();
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    public static TheoryData<string, string[], string?, string?, bool, int, bool> Sources => new()
    {   // what                              arguments                       variable  typed    wait   addresses local
        { "standard input", ["-"], null, null, false, 0, false },
        { "standard input and an address", ["-", "10.0.0.1:7946"], null, null, false, 1, false },
        { "a file", ["FILE"], null, null, false, 0, false },
        { "a file and addresses", ["FILE", "a:1", "b:2"], null, null, false, 2, false },
        { "the variable", [], "TOKEN", null, false, 0, false },
        { "the variable and an address",     ["127.0.0.1:7946"],             "TOKEN",  null,    false, 1,        true },
        { "what is typed",                   ["[::1]:7946", "localhost:80"], null,     "TOKEN", false, 2,        true },
        { "nobody to ask", [], null, null, false, 0, false },
        { "Enter", [], null, "", false, 0, false },
        { "told to wait", [], null, "TOKEN", true, 0, false },
    };

    [Theory]
    [MemberData(nameof(Sources))]
    public void A_token_comes_from_where_nobody_else_sees_it(
        string what, string[] arguments, string? variable, string? typed, bool wait, int addresses, bool local)
    {
        string file = Save(s_token);
        Func<string, string>? prompt = typed is null ? null : _ => typed == "TOKEN" ? s_token : typed;
        JoinSource read = JoinSource.Read(
            [.. arguments.Select(argument => argument == "FILE" ? file : argument)],
            variable is null ? null : s_token, wait, prompt, new StringReader(s_token + "\n"));
        bool expected = !(what is "nobody to ask" or "Enter" or "told to wait");
        Assert.Equal(expected ? s_token : null, read.Token?.ToSecretText());
        Assert.Equal((addresses, local), (read.Addresses.Count, read.IsLocal));
    }

    public static TheoryData<string[], string?, string> Refused => new()
    {   // arguments                variable    the sentence names
        { [s_token],                null,       "noodle join -" },
        { ["10.0.0.1:1", s_token],  null,       "every user of this machine" },
        { ["noodle1.x"],            null,       "every user of this machine" },
        { ["nowhere"],              null,       "nowhere" },
        { [],                       "garbage",  "noodle1." },
        { ["-"],                    null,       "noodle1." },
    };

    [Theory]
    [MemberData(nameof(Refused))]
    public void What_is_no_safe_token_is_refused_without_repeating_it(
        string[] arguments, string? variable, string named)
    {
        CliException refused = Assert.Throws<CliException>(
            () => JoinSource.Read(arguments, variable, false, null, new StringReader("")));
        Assert.Equal(ExitCodes.Usage, refused.ExitCode);
        Assert.Contains(named, refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(s_token[8..30], refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_token_of_another_mesh_does_not_take_the_place_of_one()
    {
        string path = Save(s_token);
        Assert.True(MeshToken.TryParse(s_token, out MeshToken? same, out _));
        Verbs.JoinVerb.Keep(same, path);
        Assert.True(MeshToken.TryParse(MakeToken(), out MeshToken? other, out _));
        CliException refused = Assert.Throws<CliException>(() => Verbs.JoinVerb.Keep(other, path));
        Assert.Contains("--data", refused.Message, StringComparison.Ordinal);
        string fresh = _folder.File("new/deep/token");
        Verbs.JoinVerb.Keep(other, fresh);
        Assert.Equal(other.Id, MeshToken.Load(fresh)!.Id);
    }

    [Theory]
    [InlineData("90s", 90)]
    [InlineData("30m", 1800)]
    [InlineData("24h", 86_400)]
    [InlineData("1.5d", 129_600)]
    public void Lengths_are_written_with_their_unit(string text, int seconds) =>
        Assert.Equal(seconds, Length.Parse(text, "--ttl").TotalSeconds);

    [Theory]
    [InlineData("")]
    [InlineData("h")]
    [InlineData("24")]
    [InlineData("-1h")]
    [InlineData("0s")]
    [InlineData("1e9d")]
    [InlineData("99999999d")]
    public void What_is_no_length_is_refused(string text) =>
        Assert.Contains("--ttl", Assert.Throws<CliException>(() => Length.Parse(text, "--ttl")).Message);

    private string Save(string token)
    {
        string path = _folder.File("kept-token");
        Assert.True(MeshToken.TryParse(token, out MeshToken? read, out _));
        read.Save(path);
        return path;
    }

    private static string MakeToken()
    {
        byte[] body =
        [
            .. RandomNumberGenerator.GetBytes(32 + 8 + 32), .. new byte[] { 0, 0, 0, 0, 0x70, 0xDC, 0x26, 0xB5 }, 3,
        ];
        return "noodle1." + System.Buffers.Text.Base64Url.EncodeToString(
            [.. body, .. SHA256.HashData(body).AsSpan(0, 4)]);
    }
}
