using System.Net;
using System.Security.Claims;
using Ahr.Runtime;
using Microsoft.AspNetCore.Http;
using Noodle.Serving.Protocol;

namespace Noodle.Serving.Tests;

public sealed class CallTests(HostFixture fixture) : IClassFixture<HostFixture>
{
    private const string Request = """{"inputs":[{"name":"x","datatype":"INT32","shape":[1],"data":[1]}]}""";

    private readonly ServingHost _host = fixture.Host;

    public static TheoryData<InferenceFault, int, string> Faults => new()
    {
        { InferenceFault.UnknownModel, 404, "Request for unknown model: 'fault-UnknownModel' is not found" },
        { InferenceFault.NotReady, 503, "as?wished" },
        { InferenceFault.InvalidInput, 400, "as?wished" },
        { InferenceFault.DeadlineExceeded, 504, "as?wished" },
        { InferenceFault.Overloaded, 503, "every node that could run this is full; try again" },
        { InferenceFault.NodeLost, 503, "the node that ran this was lost; try again" },
        { InferenceFault.RunFailed, 500, "model 'fault-RunFailed' failed to run" },
    };

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task Every_fault_has_its_status(InferenceFault fault, int status, string sentence)
    {
        Reply reply = await _host.InferAsync($"fault-{fault}", Request);
        Assert.Equal((status, sentence), ((int)reply.Status, reply.Error));
        Assert.Equal("0", reply.Header("Noodle-Attempts"));
        Assert.Null(reply.Header("Noodle-Node"));
    }

    [Fact]
    public async Task Every_input_of_a_model_is_needed()
    {
        Reply reply = await _host.InferAsync("pair",
            """{"inputs":[{"name":"b","datatype":"BYTES","shape":[1],"data":["q"]}]}""");
        Assert.Equal("input 'a' of model 'pair' is missing; it takes FP32 [-1, 3]", reply.Error);
    }

    [Theory]
    [InlineData("throws", 500, "this server failed on the request; its log says more")]
    [InlineData("bad-output", 500, "output 'y' came back malformed: shape [2] of INT32 is 8 bytes, the data is 3")]
    [InlineData("empty-answer", 500, "model 'empty-answer' failed to run")]
    public async Task A_broken_service_is_our_fault(string model, int status, string sentence)
    {
        Reply reply = await _host.InferAsync(model, Request);
        Assert.Equal((status, sentence), ((int)reply.Status, reply.Error));
    }

    [Fact]
    public async Task A_service_that_outstays_the_timeout_is_cancelled()
    {
        await using ServingHost host = await ServingHost.StartAsync();
        Reply reply = await host.InferAsync("waits", Request, ("Noodle-Timeout-Ms", "1"));
        Assert.Equal(HttpStatusCode.GatewayTimeout, reply.Status);
        Assert.Equal("the time given was not enough", reply.Error);
    }

    [Theory]
    [InlineData(null, null, 30_000_000)]
    [InlineData("250", null, 250_000)]
    [InlineData(null, "1500", 1_500)]
    [InlineData(null, "0", 30_000_000)]
    [InlineData("2", "1500", 1_500)]
    [InlineData("1", "1500", 1_000)]
    [InlineData("99999999999", null, 600_000_000)]
    public async Task The_shorter_wish_is_the_timeout(string? header, string? parameter, long microseconds)
    {
        await using ServingHost host = await ServingHost.StartAsync();
        string body = parameter is null ? Request : "{\"parameters\":{\"timeout\":" + parameter + "}," + Request[1..];
        Reply reply = await host.InferAsync("echo-int32", body, header is null ? [] : [("Noodle-Timeout-Ms", header)]);
        Assert.Equal(HttpStatusCode.OK, reply.Status);
        Assert.Equal(TimeSpan.FromMicroseconds(microseconds), host.Echo.LastCall!.Timeout);
    }

    [Fact]
    public async Task A_requirement_is_passed_on_one_too_long_refused_and_one_that_none_meets_answered_with_412()
    {
        await using ServingHost host = await ServingHost.StartAsync();
        await host.InferAsync("echo-int32", Request, ("Noodle-Require", "on(gpu, mem>=8GB)"));
        Assert.Equal("on(gpu, mem>=8GB)", host.Echo.LastCall!.Requirement);
        await host.InferAsync("echo-int32", Request);
        Assert.Null(host.Echo.LastCall.Requirement);
        Reply tooLong = await host.InferAsync("echo-int32", Request, ("Noodle-Require", new string('o', 1_025)));
        Assert.Equal(HttpStatusCode.BadRequest, tooLong.Status);
        Reply unmet = await host.InferAsync("fault-Unsatisfiable", Request);
        Assert.Equal(HttpStatusCode.PreconditionFailed, unmet.Status);
    }

    [Theory]
    [InlineData(null, "http")]
    [InlineData("anna", "anna")]
    [InlineData("a\nb", "a?b")]
    public void A_call_runs_on_behalf_of_whom_the_application_knows(string? name, string owner)
    {
        DefaultHttpContext context = new();
        Assert.Equal("http", CallOwner.Of(context));
        context.User = new ClaimsPrincipal(new ClaimsIdentity(
            name is null ? [] : [new Claim(ClaimTypes.Name, name)], "test"));
        Assert.Equal(owner, CallOwner.Of(context));
        context.User = new ClaimsPrincipal(new ClaimsIdentity([new Claim(ClaimTypes.Name, "not proven")]));
        Assert.Equal("http", CallOwner.Of(context));
    }

    [Fact]
    public async Task Key_and_trace_are_passed_on()
    {
        await using ServingHost host = await ServingHost.StartAsync();
        var key = new Guid("01020304-0506-0708-090a-0b0c0d0e0f10");
        const string Trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        await host.InferAsync("echo-int32", Request, ("Idempotency-Key", $"{key}"), ("traceparent", Trace));
        Assert.Equal((key, Trace), (host.Echo.LastCall!.IdempotencyKey, host.Echo.LastCall.TraceParent));
        Assert.Equal("http", host.Echo.LastCall.Owner);

        await host.InferAsync("echo-int32", Request, ("Idempotency-Key", $"{key:N}"), ("traceparent",
            Trace.ToUpperInvariant()));
        Assert.Equal(key, host.Echo.LastCall.IdempotencyKey);
        Assert.Null(host.Echo.LastCall.TraceParent);

        await host.InferAsync("echo-int32", Request, ("traceparent", "00"));
        Guid made = host.Echo.LastCall.IdempotencyKey;
        await host.InferAsync("echo-int32", Request);
        Assert.NotEqual(Guid.Empty, made);
        Assert.NotEqual(made, host.Echo.LastCall.IdempotencyKey);
    }

    [Fact]
    public async Task Only_the_wanted_outputs_are_asked_for()
    {
        await using ServingHost host = await ServingHost.StartAsync();
        await host.InferAsync("echo-int32", Request);
        Assert.Null(host.Echo.LastCall!.Outputs);
        await host.InferAsync("echo-int32", "{\"outputs\":[{\"name\":\"y\"}]," + Request[1..]);
        Assert.Equal(["y"], host.Echo.LastCall.Outputs!);
        await host.InferAsync("echo-int32", "{\"outputs\":[]," + Request[1..]);
        Assert.Null(host.Echo.LastCall.Outputs);
    }

    [Fact]
    public async Task A_reason_is_made_fit_for_a_header()
    {
        Reply reply = await _host.InferAsync("odd-reason", Request);
        string reason = reply.Header("Noodle-Reason")!;
        Assert.Equal(256, reason.Length);
        Assert.StartsWith("???X: yzzz", reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Many_callers_at_once_each_get_their_own_answer() =>
        await Task.WhenAll(Enumerable.Range(0, 200).Select(async i =>
        {
            Reply reply = await _host.InferAsync("echo-int32", Request.Replace("[1]}", $"[{i}]}}",
                StringComparison.Ordinal));
            Assert.Contains($"\"data\":[{i}]", reply.Text, StringComparison.Ordinal);
        }));
}
