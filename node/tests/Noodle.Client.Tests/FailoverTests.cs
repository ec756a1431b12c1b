namespace Noodle.Client.Tests;

public sealed class FailoverTests
{
    private static readonly NoodleClientOptions s_quick = new()
    {
        BackoffBase = TimeSpan.Zero,
        AvoidFor = TimeSpan.FromHours(1),
    };

    private static Task<ScriptedNode> Good() => ScriptedNode.StartAsync(
        context => ScriptedNode.WriteBinaryAsync(context, InferTests.OneOutput, 7, 8));

    public static TheoryData<string> Failures => ["connection aborted", "503", "body cut", "attempt too slow"];

    [Theory]
    [MemberData(nameof(Failures))]
    public async Task A_failed_attempt_goes_to_the_next_node_with_the_same_key(string failure)
    {
        await using ScriptedNode bad = await ScriptedNode.StartAsync(async context =>
        {
            switch (failure)
            {
                case "503":
                    await ScriptedNode.WriteAsync(context, 503, """{"error":"Full."}""");
                    break;
                case "body cut":
                    context.Response.ContentLength = 1000;
                    await context.Response.Body.WriteAsync(new byte[10]);
                    await context.Response.Body.FlushAsync();
                    context.Abort();
                    break;
                case "attempt too slow":
                    await Task.Delay(Timeout.Infinite, context.RequestAborted);
                    break;
                default:
                    context.Abort();
                    break;
            }
        });
        await using ScriptedNode good = await Good();
        TimeSpan? attempt = failure == "attempt too slow" ? TimeSpan.FromSeconds(2) : null;
        using NoodleClient client = new([bad.Address, good.Address], s_quick with { AttemptTimeout = attempt });

        using InferResult result = await client.InferAsync("m", InferTests.Inputs);

        Assert.Equal(1, result.ClientRetries);
        Assert.Equal(
            Assert.Single(bad.Requests).Headers[NoodleHeaders.IdempotencyKey],
            Assert.Single(good.Requests).Headers[NoodleHeaders.IdempotencyKey]);
    }

    [Fact]
    public async Task A_node_that_could_not_be_reached_is_left_alone_for_a_while()
    {
        await using ScriptedNode good = await Good();
        using NoodleClient client = new([ScriptedNode.Nowhere(), good.Address], s_quick);
        List<int> retries = [];
        for (int i = 0; i < 4; i++)
        {
            using InferResult result = await client.InferAsync("m", InferTests.Inputs);
            retries.Add(result.ClientRetries);
        }

        Assert.Equal([1, 0, 0, 0], retries);
    }

    [Fact]
    public async Task Healthy_nodes_are_asked_in_turn()
    {
        await using ScriptedNode one = await Good(), two = await Good();
        using NoodleClient client = new([one.Address, two.Address]);
        for (int i = 0; i < 4; i++)
        {
            using InferResult result = await client.InferAsync("m", InferTests.Inputs);
        }

        Assert.Equal((2, 2), (one.Requests.Count, two.Requests.Count));
    }

    [Fact]
    public async Task Attempts_are_counted_and_the_last_sentence_is_kept()
    {
        await using ScriptedNode full = await ScriptedNode.StartAsync(503, """{"error":"Full."}""");
        using NoodleClient client = new([full.Address], s_quick with { MaxAttempts = 3 });
        NoodleException e = await Assert.ThrowsAsync<NoodleException>(() => client.InferAsync("m", InferTests.Inputs));
        Assert.Equal((NoodleFault.Unavailable, "Full.", 3), (e.Fault, e.Message, full.Requests.Count));
    }

    [Fact]
    public async Task Nobody_there_is_said_with_the_address()
    {
        Uri nowhere = ScriptedNode.Nowhere();
        using NoodleClient client = new([nowhere], s_quick);
        NoodleException e = await Assert.ThrowsAsync<NoodleException>(() => client.InferAsync("m", InferTests.Inputs));
        Assert.Equal(NoodleFault.Unavailable, e.Fault);
        Assert.StartsWith(
            $"No node answered in 4 attempts; the last one, {nowhere.ToString().TrimEnd('/')} could", e.Message);
    }

    [Fact]
    public async Task A_call_that_every_node_breaks_off_says_so()
    {
        await using ScriptedNode bad = await ScriptedNode.StartAsync(context =>
        {
            context.Abort();
            return Task.CompletedTask;
        });
        using NoodleClient client = new([bad.Address], s_quick);
        NoodleException e = await Assert.ThrowsAsync<NoodleException>(() => client.InferAsync("m", InferTests.Inputs));
        Assert.Contains("broke off", e.Message);
        Assert.Equal(4, bad.Requests.Count);
    }

    [Fact]
    public async Task A_handler_that_cannot_connect_in_time_counts_as_not_reached()
    {
        await using ScriptedNode good = await Good();
        using StallingHandler handler = new("slow.invalid");
        using NoodleClient client = new([new("http://slow.invalid"), good.Address], s_quick, handler);
        using InferResult result = await client.InferAsync("m", InferTests.Inputs);
        Assert.Equal(1, result.ClientRetries);
    }

    [Fact]
    public async Task A_node_that_stalls_ends_the_call_at_its_deadline()
    {
        await using ScriptedNode slow = await ScriptedNode.StartAsync(
            context => Task.Delay(Timeout.Infinite, context.RequestAborted));
        using NoodleClient client = new([slow.Address]);
        NoodleException e = await Assert.ThrowsAsync<NoodleException>(() => client.InferAsync(
            "m", InferTests.Inputs, new() { Timeout = TimeSpan.FromMilliseconds(300) }));
        Assert.Equal(NoodleFault.DeadlineExceeded, e.Fault);
        Assert.Equal("No answer within 0.3 s; give the call more time.", e.Message);
    }

    [Fact]
    public async Task A_deadline_in_the_middle_of_retries_tells_what_failed_before()
    {
        await using ScriptedNode full = await ScriptedNode.StartAsync(503, """{"error":"Full"}""");
        using NoodleClient client = new([full.Address], new()
        {
            Timeout = TimeSpan.FromSeconds(1),
            BackoffBase = TimeSpan.FromSeconds(10),
            BackoffLimit = TimeSpan.FromMinutes(1),
            MaxAttempts = 16,
        });
        NoodleException e = await Assert.ThrowsAsync<NoodleException>(() => client.InferAsync("m", InferTests.Inputs));
        Assert.Equal(NoodleFault.DeadlineExceeded, e.Fault);
        Assert.Contains("said: Full.", e.Message);
    }

    [Fact]
    public async Task The_callers_own_cancellation_comes_through()
    {
        using CancellationTokenSource cancel = new();
        await using ScriptedNode slow = await ScriptedNode.StartAsync(context =>
        {
            cancel.Cancel();
            return Task.Delay(Timeout.Infinite, context.RequestAborted);
        });
        using NoodleClient client = new([slow.Address]);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => client.InferAsync("m", InferTests.Inputs, cancellation: cancel.Token));
    }

    public static TheoryData<int, string, NoodleFault, string> Statuses => new()
    {
        { 400, """{"error":"Bad x."}""", NoodleFault.InvalidInput, "Bad x." },
        { 404, """{"error":"Request for unknown model: 'm'"}""", NoodleFault.UnknownModel, "unknown model" },
        { 404, "<html>", NoodleFault.BadAnswer, "status 404" },
        { 403, """{"error":"Not you."}""", NoodleFault.Refused, "Not you." },
        { 403, "", NoodleFault.BadAnswer, "status 403" },
        { 504, """{"error":"Late."}""", NoodleFault.DeadlineExceeded, "Late." },
        { 500, """{"error":"Oops."}""", NoodleFault.RunFailed, "Oops." },
        { 500, """{"error":" "}""", NoodleFault.RunFailed, "status 500" },
        { 302, "", NoodleFault.BadAnswer, "check that a Noodle node listens there" },
    };

    [Theory]
    [MemberData(nameof(Statuses))]
    public async Task Other_answers_are_final_and_keep_the_nodes_sentence(
        int status, string body, NoodleFault fault, string sentence)
    {
        await using ScriptedNode node = await ScriptedNode.StartAsync(status, body);
        using NoodleClient client = new([node.Address], s_quick);
        NoodleException e = await Assert.ThrowsAsync<NoodleException>(() => client.InferAsync("m", InferTests.Inputs));
        Assert.Equal((fault, status), (e.Fault, (int)e.Status!));
        Assert.Contains(sentence, e.Message);
        Assert.Single(node.Requests);
    }

    [Fact]
    public async Task An_endless_error_is_not_read_to_its_end()
    {
        await using ScriptedNode node = await ScriptedNode.StartAsync(500, new string('x', 200_000));
        using NoodleClient client = new([node.Address]);
        NoodleException e = await Assert.ThrowsAsync<NoodleException>(() => client.InferAsync("m", InferTests.Inputs));
        Assert.Contains("status 500", e.Message);
    }

    /// <summary>Throws what SocketsHttpHandler throws when its time for connecting is over.</summary>
    private sealed class StallingHandler(string host) : DelegatingHandler(new SocketsHttpHandler())
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancel) =>
            request.RequestUri!.Host == host
                ? Task.FromException<HttpResponseMessage>(new TaskCanceledException("", new TimeoutException()))
                : base.SendAsync(request, cancel);
    }
}
