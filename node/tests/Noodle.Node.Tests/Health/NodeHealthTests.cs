using System.Net;
using Noodle.Client.Control;
using Noodle.Node.Tests.Nodes;
using NoodleNet.Runtime.Trust;

namespace Noodle.Node.Tests.Health;

/// <summary>What nodes say of themselves, and what happened, as it reaches people.</summary>
public sealed class NodeHealthTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Each_node_tells_the_others_how_it_finds_itself_and_what_happened_is_kept()
    {
        await using TestMesh mesh = await TestMesh.StartAsync(2);
        (TestNode first, TestNode second) = (mesh.Nodes[0], mesh.Nodes[1]);
        await Eventually.IsTrueAsync(
            () => Task.FromResult(first.View.ListNodes().All(node => node.Health?.Count == 5)), "both have said");
        foreach (NodeInfo node in await first.Client.GetNodesAsync(Cancel))
        {
            Assert.Equal(["mesh", "disk", "memory", "backends", "clock"], node.Health!.Select(check => check.Name));
            Assert.All(node.Health!, check => Assert.EndsWith(".", check.Detail, StringComparison.Ordinal));
            Assert.Equal(
                (HealthLevels.Ok, "onnxruntime loaded."), (node.Health![3].Level, node.Health[3].Detail));
        }

        EventPage page = await first.Client.GetEventsAsync(cancellation: Cancel);
        Assert.Equal((first.Id, 0L), (page.Node, page.Missed));
        Assert.Contains(page.Events, each => each.Kind == EventKinds.Joined && each.Node == first.Id);
        Assert.Single(page.Events, each => each.Kind == EventKinds.Joined && each.Node == second.Id);
        Assert.Contains(page.Events, each => each.Kind == EventKinds.LinkUp && each.Node == second.Id);
        Assert.Equal(page.Events.Select(each => each.Sequence).Order(), page.Events.Select(each => each.Sequence));

        Task<string> streamed = StreamUntilAsync(first, page, "event: left");
        await second.StopAsync();
        var kinds = new List<string>();
        while (!kinds.Contains(EventKinds.Left))
        {
            page = await first.Client.GetEventsAsync(page, TimeSpan.FromSeconds(20), Cancel);
            Assert.NotEmpty(page.Events);
            kinds.AddRange(page.Events.Where(each => each.Node == second.Id).Select(each => each.Kind));
        }

        Assert.Contains($"\"node\":\"{second.Id}\"", await streamed, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_node_that_stops_lets_go_of_those_who_wait_for_events()
    {
        await using var mesh = new TestMesh(multicast: false);
        TestNode node = await mesh.AddAsync();
        EventPage page = await node.Client.GetEventsAsync(cancellation: Cancel);
        using HttpResponseMessage stream = await OpenStreamAsync(node, page);
        Task<HttpResponseMessage> waiting = node.Web.GetAsync(
            new Uri($"noodle/v1/events?since={page.Last}&life={page.Life}&wait=25000", UriKind.Relative), Cancel);
        await node.StopAsync().WaitAsync(TimeSpan.FromSeconds(15), Cancel);
        await Record.ExceptionAsync(() => waiting.WaitAsync(TimeSpan.FromSeconds(15), Cancel));
        Assert.True(waiting.IsCompleted); // answered that the node stops, or cut off
    }

    [Theory]
    [InlineData("since=-1")]
    [InlineData("since=x")]
    [InlineData("life=9999999999999999999")]
    [InlineData("limit=0")]
    [InlineData("limit=1025")]
    [InlineData("wait=25001")]
    public async Task A_wrong_question_for_events_gets_one_sentence(string query)
    {
        await using var mesh = new TestMesh(multicast: false);
        TestNode node = await mesh.AddAsync();
        using HttpResponseMessage answer = await node.Web.GetAsync(
            new Uri("noodle/v1/events?" + query, UriKind.Relative), Cancel);
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        string body = await answer.Content.ReadAsStringAsync(Cancel);
        Assert.Contains("since and life take", body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_clock_a_day_ahead_is_told_on_both_sides_and_by_how_much()
    {
        await using TestMesh mesh = await TestMesh.StartAsync(1, multicast: false);
        await using TestNode ahead = await TestNode.StartAsync(
            mesh.OptionsFor("ahead"), time: new SkewedTime(TimeSpan.FromDays(1)));
        await Eventually.IsTrueAsync(
            () => Task.FromResult(ahead.View.ListNodes() is [var self, var other] &&
                ClockOf(self) is { Level: HealthLevels.Fail } mine &&
                ClockOf(other) is { Level: HealthLevels.Fail } its &&
                mine.Detail.Contains("1 d ahead of the other node's", StringComparison.Ordinal) &&
                its.Detail.Contains("behind the other node's", StringComparison.Ordinal)),
            "both know that their clocks are a day apart");
        await Eventually.IsTrueAsync(
            async () => (await mesh.Nodes[0].Client.GetEventsAsync(cancellation: Cancel)).Events.Any(each =>
                each.Kind == EventKinds.Health && each.Node == ahead.Id &&
                each.Detail!.StartsWith("clock fail: ", StringComparison.Ordinal)),
            "the other one keeps it as an event");
    }

    // What is said is cut to whole hours, and founding to joining takes a moment: stay clear of the border.
    private static readonly TimeSpan s_aDayAndMore = TimeSpan.FromDays(1) + TimeSpan.FromMinutes(10);

    [Fact]
    public async Task A_clock_a_day_behind_is_named_when_it_wants_to_join()
    {
        await using TestMesh mesh = await TestMesh.StartAsync(1, multicast: false);
        TrustException error = await Assert.ThrowsAsync<TrustException>(() => TestNode.StartAsync(
            mesh.OptionsFor("behind"), time: new SkewedTime(-s_aDayAndMore)));
        Assert.Contains("this clock is behind by at least 23 h", error.Message, StringComparison.Ordinal);
        Assert.Contains("NTP", error.Message, StringComparison.Ordinal);
    }

    private static HealthInfo? ClockOf(NodeInfo node) => node.Health?.SingleOrDefault(check => check.Name == "clock");

    private static Task<HttpResponseMessage> OpenStreamAsync(TestNode node, EventPage after)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, "noodle/v1/events");
        request.Headers.Accept.ParseAdd("text/event-stream");
        request.Headers.Add("Last-Event-ID", $"{after.Life}.{after.Last}");
        return node.Web.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Cancel);
    }

    private static async Task<string> StreamUntilAsync(TestNode node, EventPage after, string line)
    {
        using HttpResponseMessage stream = await OpenStreamAsync(node, after);
        Assert.Equal("text/event-stream", stream.Content.Headers.ContentType!.MediaType);
        using var reader = new StreamReader(await stream.Content.ReadAsStreamAsync(Cancel));
        while (await reader.ReadLineAsync(Cancel) is { } read)
        {
            if (read == line)
            {
                return (await reader.ReadLineAsync(Cancel))!;
            }
        }

        return "";
    }

    private sealed class SkewedTime(TimeSpan off) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + off;
    }
}
