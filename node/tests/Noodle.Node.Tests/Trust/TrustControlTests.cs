using System.Net;
using System.Text;
using Noodle.Client;
using Noodle.Client.Control;
using Noodle.Node.Tests.Nodes;
using NoodleNet.Runtime.Trust;

namespace Noodle.Node.Tests.Trust;

/// <summary>What people do about trust, over HTTP, at real nodes.</summary>
public sealed class TrustControlTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_token_lets_a_node_in_through_any_member_and_only_as_often_as_it_says()
    {
        await using TestMesh mesh = await TestMesh.StartAsync(2, multicast: false);
        (TestNode founder, TestNode member) = (mesh.Nodes[0], mesh.Nodes[1]);
        NewTokenInfo made = await founder.Client.CreateTokenAsync(
            new NewToken { TtlSeconds = 3600, Uses = 1, Role = "caller" }, Cancel);
        Assert.True(MeshToken.TryParse(made.Token, out MeshToken? token, out _));
        TokenInfo listed = Assert.Single(await founder.Client.GetTokensAsync(Cancel), each => each.Id == made.Id);
        Assert.Equal((TokenStates.Valid, 1, 0, "caller"), (listed.State, listed.Uses, listed.Used, listed.Role));
        Assert.DoesNotContain(made.Token[8..40], await founder.Web.GetStringAsync(TrustPaths.Tokens, Cancel));

        // Not the founder's address, but a member's: it passes the join on.
        string file = Path.Combine(mesh.Folder, "one-token");
        token.Save(file);
        TestNode joined = await mesh.AddAsync(options => options with
        {
            TokenFile = file, Join = [member.Information.Mesh.ToString()],
        });
        await mesh.UntilAllSeeAsync(3);
        Assert.Equal("caller", (await joined.Client.GetTrustAsync(Cancel)).Role);
        await Eventually.IsTrueAsync(
            async () => (await member.Client.GetTokensAsync(Cancel)).Single(each => each.Id == made.Id)
                is { Used: 1, State: TokenStates.UsedUp }, "every node knows that the token is used up");
        TrustException late = await Assert.ThrowsAsync<TrustException>(() => mesh.AddAsync(options => options with
        {
            TokenFile = file, Join = [member.Information.Mesh.ToString()],
        }));
        Assert.Contains("as many nodes as it may", late.Message);

        NoodleException refused = await Assert.ThrowsAsync<NoodleException>(
            () => joined.Client.CreateTokenAsync(new NewToken { TtlSeconds = 60 }, Cancel));
        Assert.Contains($"do it at {founder.Id}", refused.Message);
        Assert.Equal(HttpStatusCode.Forbidden, refused.Status);
    }

    [Fact]
    public async Task An_admin_token_makes_an_admin_and_without_the_founder_it_admits()
    {
        await using TestMesh mesh = await TestMesh.StartAsync(1, multicast: false);
        TestNode founder = mesh.Nodes[0];
        NewTokenInfo made = await founder.Client.CreateTokenAsync(
            new NewToken { TtlSeconds = 3600, Role = "admin" }, Cancel);
        string file = Path.Combine(mesh.Folder, "admin-token");
        Assert.True(MeshToken.TryParse(made.Token, out MeshToken? token, out _));
        token.Save(file);
        TestNode admin = await mesh.AddAsync(options => options with { TokenFile = file });
        await Eventually.IsTrueAsync(
            async () => await admin.Client.GetTrustAsync(Cancel) is { HoldsAuthority: true, Role: "admin" },
            "the admin has the authority's key");
        Assert.Equal(2, (await admin.Client.GetTrustAsync(Cancel)).Admins.Count);
        TestNode member = await mesh.AddAsync();
        await mesh.UntilAllSeeAsync(3);
        await founder.StopAsync();

        NewTokenInfo another = await admin.Client.CreateTokenAsync(new NewToken { TtlSeconds = 3600 }, Cancel);
        Assert.True(MeshToken.TryParse(another.Token, out token, out _));
        token.Save(file + "2");
        TestNode late = await mesh.AddAsync(options => options with
        {
            TokenFile = file + "2", Join = [member.Information.Mesh.ToString()],
        });
        await mesh.UntilAllSeeAsync(3);
        Assert.Equal("joined", late.Information.Membership);
    }

    [Fact]
    public async Task A_revoked_token_admits_nobody()
    {
        await using TestMesh mesh = await TestMesh.StartAsync(1, multicast: false);
        TestNode founder = mesh.Nodes[0];
        NewTokenInfo made = await founder.Client.CreateTokenAsync(new NewToken { TtlSeconds = 3600 }, Cancel);
        Assert.True(MeshToken.TryParse(made.Token, out MeshToken? token, out _));
        string file = Path.Combine(mesh.Folder, "revoked-token");
        token.Save(file);
        await founder.Client.RevokeTokenAsync(made.Id, Cancel);
        Assert.Equal(TokenStates.Revoked,
            (await founder.Client.GetTokensAsync(Cancel)).Single(each => each.Id == made.Id).State);
        TrustException refused = await Assert.ThrowsAsync<TrustException>(
            () => mesh.AddAsync(options => options with { TokenFile = file }));
        Assert.Contains("revoked", refused.Message);
        Assert.Equal(HttpStatusCode.NotFound, (await Assert.ThrowsAsync<NoodleException>(
            () => founder.Client.RevokeTokenAsync(made.Id, Cancel))).Status);
    }

    public static TheoryData<string, string, string, HttpStatusCode, string> BadRequests => new()
    {   // method  path                        body                                    status                      names
        { "POST", "tokens", "", HttpStatusCode.BadRequest, "JSON" },
        { "POST", "tokens", "null", HttpStatusCode.BadRequest, "JSON" },
        { "POST", "tokens", "{\"ttlSeconds\":0}", HttpStatusCode.BadRequest, "1 second" },
        { "POST", "tokens", "{\"ttlSeconds\":99999999999}", HttpStatusCode.BadRequest, "365 days" },
        { "POST", "tokens", "{\"ttlSeconds\":60,\"uses\":-1}", HttpStatusCode.BadRequest, "nodes" },
        { "POST", "tokens", "{\"ttlSeconds\":60,\"role\":\"root\"}", HttpStatusCode.BadRequest, "viewer" },
        { "POST", "tokens", "{\"ttlSeconds\":60,\"role\":\"4\"}", HttpStatusCode.BadRequest, "viewer" },
        { "DELETE", "tokens/xyz", "", HttpStatusCode.BadRequest, "16 hex" },
        { "DELETE", "tokens/0000000000000000", "", HttpStatusCode.NotFound, "token ls" },
        { "POST", "revocations/nobody", "", HttpStatusCode.NotFound, "nobody" },
        { "POST", "admissions", "{\"node\":\"nobody\"}", HttpStatusCode.NotFound, "noodle join" },
        { "POST", "admissions", "{\"node\":\"x\",\"role\":\"root\"}", HttpStatusCode.BadRequest, "viewer" },
        { "POST", "admissions", "{\"node\":\"x\",\"fingerprint\":\"A\"}", HttpStatusCode.BadRequest, "ABCD" },
        { "POST", "admissions", "{\"node\":\"127.0.0.1:1\"}", HttpStatusCode.Conflict, "noodle join" },
    };

    [Fact]
    public async Task What_makes_no_sense_gets_its_status_and_one_sentence_and_web_pages_get_nothing()
    {
        await using TestMesh mesh = await TestMesh.StartAsync(1, multicast: false);
        TestNode node = mesh.Nodes[0];
        foreach (var row in BadRequests)
        {
            (string method, string path, string body, HttpStatusCode status, string named) = row.Data;
            using HttpResponseMessage answer = await SendAsync(node, method, path, body);
            string text = await answer.Content.ReadAsStringAsync(Cancel);
            Assert.True(status == answer.StatusCode, $"{method} {path} {body}: {answer.StatusCode} {text}");
            Assert.Contains(named, text, StringComparison.Ordinal);
        }

        using HttpResponseMessage large = await SendAsync(node, "POST", "tokens", new string(' ', 5000) + "{}");
        Assert.Equal(HttpStatusCode.BadRequest, large.StatusCode);
        using HttpResponseMessage self = await SendAsync(node, "POST", $"revocations/{node.Id}", "");
        Assert.Contains("does not revoke itself", await self.Content.ReadAsStringAsync(Cancel));

        foreach ((string method, string path) in new[]
        {
            ("POST", "tokens"), ("DELETE", "tokens/0000000000000000"), ("POST", "revocations/x"),
            ("POST", "gossip-keys"), ("POST", "admissions"),
        })
        {
            using HttpResponseMessage page = await SendAsync(node, method, path, "{}", origin: "http://evil.example");
            Assert.Equal(HttpStatusCode.Forbidden, page.StatusCode);
        }
    }

    private static async Task<HttpResponseMessage> SendAsync(
        TestNode node, string method, string path, string body, string? origin = null)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), "noodle/v1/" + path)
        {
            Content = new StringContent(body, Encoding.UTF8, "application/json"),
        };
        if (origin is not null)
        {
            request.Headers.Add("Origin", origin);
        }

        return await node.Web.SendAsync(request, Cancel);
    }
}
