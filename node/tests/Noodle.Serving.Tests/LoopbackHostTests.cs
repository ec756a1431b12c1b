using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;

namespace Noodle.Serving.Tests;

public sealed class LoopbackHostTests(HostFixture fixture) : IClassFixture<HostFixture>
{
    private readonly ServingHost _host = fixture.Host;

    [Theory]
    [InlineData("localhost", true)]
    [InlineData("LOCALHOST:80", true)]
    [InlineData("127.0.0.1:8080", true)]
    [InlineData("[::1]:8080", true)]
    [InlineData("127.0.0.2", true)]
    [InlineData("evil.example", false)]
    [InlineData("localhost.evil.example", false)]
    [InlineData("localhost.", false)]
    [InlineData("127.1", false)]
    [InlineData("2130706433", false)]
    [InlineData("192.168.0.1", false)]
    [InlineData("", false)]
    public async Task Only_names_of_this_machine_pass(string host, bool passes)
    {
        string reply = await _host.SendRawAsync($"GET /v2/health/live HTTP/1.1\r\nHost: {host}\r\nConnection: " +
            $"close\r\n\r\n");
        Assert.StartsWith(passes ? "HTTP/1.1 200" : "HTTP/1.1 403", reply, StringComparison.Ordinal);
        Assert.Equal(!passes, reply.Contains("{\"error\":\"host '", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("POST", null, true)]
    [InlineData("POST", "same", true)]
    [InlineData("POST", "null", false)]
    [InlineData("POST", "http://evil.example", false)]
    [InlineData("POST", "http://localhost:1", false)]
    [InlineData("DELETE", "http://evil.example", false)]
    [InlineData("GET", "http://evil.example", true)]
    public async Task Pages_of_other_origins_change_nothing(string method, string? origin, bool passes)
    {
        (string, string)[] headers = origin is null ? []
            : [("Origin", origin == "same" ? _host.Address.GetLeftPart(UriPartial.Authority) : origin)];
        Reply reply = await _host.SendAsync(new HttpMethod(method), "/v2/health/live", null, headers);
        Assert.Equal(!passes, reply.Status == HttpStatusCode.Forbidden);
        Assert.Equal(!passes, reply.Text.Contains("web origin", StringComparison.Ordinal));
    }

    [Fact]
    public async Task On_other_addresses_any_host_passes()
    {
        bool passed = false;
        var check = new LoopbackHostCheck(
            _ =>
            {
                passed = true;
                return Task.CompletedTask;
            },
            new LogLimit(TimeProvider.System), NullLogger<LoopbackHostCheck>.Instance);
        var context = new DefaultHttpContext();
        context.Request.Host = new HostString("node-7.lab");
        context.Connection.LocalIpAddress = IPAddress.Parse("192.168.0.7");
        await check.InvokeAsync(context);
        Assert.True(passed);

        passed = false;
        context.Connection.LocalIpAddress = IPAddress.Parse("::ffff:127.0.0.1");
        await check.InvokeAsync(context);
        Assert.False(passed);
    }

    [Fact]
    public async Task Forgetting_to_add_serving_is_told_at_start()
    {
        await using WebApplication application = WebApplication.CreateSlimBuilder().Build();
        Assert.Contains("AddNoodleServing", Assert.Throws<InvalidOperationException>(
            () => application.MapInferenceProtocol()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Wrong_settings_are_all_told_at_start()
    {
        Exception fault = await Assert.ThrowsAnyAsync<Exception>(() => ServingHost.StartAsync(options =>
        {
            options.MaxBodyBytes = 1;
            options.ServerName = "";
            options.DefaultTimeout = TimeSpan.FromDays(2);
        }));
        Assert.All((string[])["MaxBodyBytes", "ServerName", "DefaultTimeout"],
            name => Assert.Contains(name, fault.Message, StringComparison.Ordinal));
    }
}
