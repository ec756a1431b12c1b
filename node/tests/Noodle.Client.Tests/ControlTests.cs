using System.Text;
using System.Text.Json;
using Nbc.Tensors;
using Noodle.Client.Control;

namespace Noodle.Client.Tests;

public sealed class ControlTests
{
    private const string Model =
        """{"name":"m","version":3,"digest":"d","sizeBytes":9""" +
        ""","platform":"onnxruntime_onnx","replicas":2,"ready":1""" +
        ""","inputs":[{"name":"x","datatype":"FP32","shape":[-1,4]}]""" +
        ""","outputs":[{"name":"y","datatype":"BYTES","shape":[]}]}""";

    [Fact]
    public async Task Nodes_are_read_with_and_without_their_optional_parts()
    {
        const string Json =
        """[{"id":"a-1","state":"alive","self":true,"stateForMs":5""" +
        ""","link":"127.0.0.1:1","http":"http://127.0.0.1:2","version":"0.1","inFlight":1""" +
        ""","models":["m"]},{"id":"b-2","state":"failed","self":false,"stateForMs":6""" +
        ""","link":"","http":"","version":"0.2","roundTripUs":70,"inFlight":0,"models":[]""" +
        ""","lastError":"gone","later":1}]""";
        await using ScriptedNode node = await ScriptedNode.StartAsync(200, Json);
        using NoodleClient client = new([node.Address]);
        IReadOnlyList<NodeInfo> nodes = await client.GetNodesAsync();
        Assert.Equal("/noodle/v1/nodes", node.Requests.Single().Target);
        Assert.Equal((null, 70L, null, "gone"),
            (nodes[0].RoundTripUs, nodes[1].RoundTripUs, nodes[0].LastError, nodes[1].LastError));
        Assert.Equal(
            Json.Replace(",\"later\":1", ""),
            JsonSerializer.Serialize(nodes, ControlJson.Default.IReadOnlyListNodeInfo));
    }

    [Fact]
    public async Task Events_are_asked_for_after_the_last_page_and_read_whatever_later_versions_add()
    {
        const string Json =
            """{"node":"a-1","life":7,"last":4,"missed":2,"events":[{"sequence":4""" +
            ""","at":"2026-01-02T03:04:05+00:00","kind":"failed","node":"b-2","detail":"silent","later":1}]}""";
        await using ScriptedNode node = await ScriptedNode.StartAsync(200, Json);
        using NoodleClient client = new([node.Address]);
        EventPage page = await client.GetEventsAsync();
        page = await client.GetEventsAsync(page, TimeSpan.FromSeconds(2));
        Assert.Equal(
            ["/noodle/v1/events?since=0&life=0&wait=0", "/noodle/v1/events?since=4&life=7&wait=2000"],
            node.Requests.Select(request => request.Target));
        Assert.Equal((EventKinds.Failed, "silent", 2L), (page.Events[0].Kind, page.Events[0].Detail, page.Missed));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(
            () => client.GetEventsAsync(page, TimeSpan.FromMinutes(1)));
    }

    [Fact]
    public async Task Models_replicas_tasks_and_decisions_are_written_as_they_are_read()
    {
        const string Replicas =
            """[{"model":"m","node":"a-1","state":"ready","inFlight":1,"served":2""" +
            ""","serviceTimeUs":3,"reason":"because"}]""";
        const string Decisions =
            """[{"at":"2026-01-02T03:04:05+00:00","model":"m","chosen":"a-1","reason":"idle","attempts":1""" +
            ""","outcome":"None","durationUs":9,"scores":[{"node":"a-1","score":4,"reason":"won"}""" +
            """,{"node":"b-2","reason":"not ready"}]}]""";
        const string Tasks =
            """[{"name":"m","owner":"anna","trace":"0af7","ageUs":5,"leftUs":-1}""" +
            """,{"name":"load","owner":"","ageUs":0}]""";
        await using ScriptedNode node = await ScriptedNode.StartAsync(context => ScriptedNode.WriteAsync(
            context, 200, context.Request.Path.Value!.EndsWith("models", StringComparison.Ordinal) ? $"[{Model}]"
                : context.Request.Path.Value!.EndsWith("tasks", StringComparison.Ordinal) ? Tasks
                : context.Request.Path.Value!.EndsWith("replicas", StringComparison.Ordinal) ? Replicas : Decisions));
        using NoodleClient client = new([node.Address]);

        Assert.Equal($"[{Model}]", JsonSerializer.Serialize(
            await client.GetModelsAsync(), ControlJson.Default.IReadOnlyListModelInfo));
        Assert.Equal(Replicas, JsonSerializer.Serialize(
            await client.GetReplicasAsync(), ControlJson.Default.IReadOnlyListReplicaInfo));
        Assert.Equal(Tasks, JsonSerializer.Serialize(
            await client.GetTasksAsync(), ControlJson.Default.IReadOnlyListTaskInfo));
        Assert.Equal(Decisions, JsonSerializer.Serialize(
            await client.GetDecisionsAsync(5), ControlJson.Default.IReadOnlyListDecisionInfo).Replace("\\u002B", "+"));
        Assert.Equal("/noodle/v1/decisions?limit=5", node.Requests.Last().Target);
    }

    [Fact]
    public async Task Metadata_gives_the_models_specs()
    {
        await using ScriptedNode node = await ScriptedNode.StartAsync(200,
            """{"name":"m","versions":["3"]""" +
            ""","platform":"p","inputs":[{"name":"x","datatype":"FP32","shape":[-1,4]}]""" +
            ""","outputs":[{"name":"y","datatype":"INT4","shape":[]}]}""");
        using NoodleClient client = new([node.Address]);
        ModelMetadata metadata = await client.GetModelMetadataAsync("m");
        Assert.True(metadata.Inputs[0].TryGetSpec(out TensorSpec? spec));
        Assert.Equal("x FP32 [-1, 4]", spec.ToString());
        Assert.False(metadata.Outputs[0].TryGetSpec(out _));
        Assert.Equal(("m", "p", "3"), (metadata.Name, metadata.Platform, metadata.Versions!.Single()));
        Assert.Equal(("x", "FP32"), (TensorInfo.From(spec).Name, TensorInfo.From(spec).Datatype));
    }

    [Theory]
    [InlineData("null", "null")]
    [InlineData("{}", "$")]
    [InlineData("""[{"id":"a"}]""", "$[0]")]
    public async Task An_answer_of_another_form_is_refused(string json, string sentence)
    {
        await using ScriptedNode node = await ScriptedNode.StartAsync(200, json);
        using NoodleClient client = new([node.Address]);
        NoodleException e = await Assert.ThrowsAsync<NoodleException>(() => client.GetNodesAsync());
        Assert.Equal(NoodleFault.BadAnswer, e.Fault);
        Assert.Contains(sentence, e.Message);
    }

    [Fact]
    public async Task A_file_is_uploaded_from_where_it_stands_with_its_digest()
    {
        await using ScriptedNode node = await ScriptedNode.StartAsync(200, Model);
        using NoodleClient client = new([ScriptedNode.Nowhere(), node.Address]);
        using MemoryStream file = new("..model bytes"u8.ToArray()) { Position = 2 };
        ModelInfo model = await client.DeployAsync("m", file, 2, new string('A', 64));
        Asked asked = Assert.Single(node.Requests);
        Assert.Equal(
            ("PUT", "/noodle/v1/models/m?replicas=2", "model bytes"), (asked.Method, asked.Target, asked.Text));
        Assert.Equal("sha256:" + new string('a', 64), asked.Headers[NoodleHeaders.Digest]);
        Assert.Equal("11", asked.Headers["Content-Length"]);
        Assert.Equal((3L, 1), (model.Version, model.Ready));
        Assert.True(file.CanRead);
    }

    [Fact]
    public async Task The_engine_of_a_deployment_is_asked_for_by_name()
    {
        await using ScriptedNode node = await ScriptedNode.StartAsync(200, Model);
        using NoodleClient client = new([node.Address]);
        await client.DeployAsync("m", new MemoryStream([1]), new DeployOptions { Backend = "nbc & more" });
        Assert.Equal(
            "/noodle/v1/models/m?replicas=1&backend=nbc%20%26%20more", Assert.Single(node.Requests).Target);
    }

    [Fact]
    public async Task An_upload_that_broke_off_is_not_repeated()
    {
        await using ScriptedNode bad = await ScriptedNode.StartAsync(context =>
        {
            context.Abort();
            return Task.CompletedTask;
        });
        using NoodleClient client = new([bad.Address, bad.Address]);
        using MemoryStream file = new(new byte[10]);
        NoodleException e = await Assert.ThrowsAsync<NoodleException>(() => client.DeployAsync("m", file));
        Assert.Equal(NoodleFault.Unavailable, e.Fault);
        Assert.EndsWith("so it is not known whether it did this; look before you repeat it.", e.Message);
        Assert.Single(bad.Requests);
    }

    [Fact]
    public async Task Upload_begins_again_only_from_the_start_of_the_file()
    {
        using MemoryStream file = new("xabc"u8.ToArray()) { Position = 1 };
        using Protocol.UploadContent content = new(file);
        using MemoryStream first = new(), second = new();
        await content.CopyToAsync(first);
        await content.CopyToAsync(second, null, CancellationToken.None);
        Assert.Equal("abc", Encoding.UTF8.GetString(second.ToArray()));
    }

    [Fact]
    public async Task Removing_asks_once()
    {
        await using ScriptedNode node = await ScriptedNode.StartAsync(204, "");
        using NoodleClient client = new([node.Address]);
        await client.RemoveAsync("m");
        Assert.Equal("DELETE /noodle/v1/models/m", $"{node.Requests.Single().Method} {node.Requests.Single().Target}");
    }

    [Theory]
    [InlineData(200, true)]
    [InlineData(400, false)]
    [InlineData(404, false)]
    [InlineData(503, false)]
    public async Task Ready_means_status_200(int status, bool ready)
    {
        await using ScriptedNode node = await ScriptedNode.StartAsync(status, "");
        using NoodleClient client = new([node.Address], new() { MaxAttempts = 1 });
        Assert.Equal(ready, await client.IsReadyAsync());
        Assert.Equal(ready, await client.IsReadyAsync("m"));
        Assert.Equal(["/v2/health/ready", "/v2/models/m/ready"], node.Requests.Select(asked => asked.Target));
    }

    [Fact]
    public async Task Arguments_out_of_range_are_refused()
    {
        using NoodleClient client = new([ScriptedNode.Nowhere()]);
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => client.GetDecisionsAsync(0));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => client.GetDecisionsAsync(10_001));
        await Assert.ThrowsAsync<ArgumentException>(() => client.DeployAsync("m", Stream.Null, 1, "abc"));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => client.DeployAsync("m", Stream.Null, 0));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(
            () => client.InferAsync("m", [], new() { Timeout = TimeSpan.Zero }));
        Assert.Throws<ArgumentException>(() => new NoodleClient([]));
        Assert.Throws<ArgumentException>(() => new NoodleClient([new("ftp://x")]));
        Assert.Throws<ArgumentException>(() => new NoodleClient([new("http://u:p@x")]));
        ArgumentException e = Assert.Throws<ArgumentException>(() => new NoodleClient(
            [ScriptedNode.Nowhere()], new() { MaxAttempts = 99, AvoidFor = TimeSpan.FromDays(2) }));
        Assert.Contains("MaxAttempts is 99; give a value from 1 to 16.", e.Message);
        Assert.Contains("AvoidFor is 2.00:00:00", e.Message);
    }
}
