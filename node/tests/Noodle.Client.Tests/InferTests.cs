using System.Text;
using Nbc.Tensors;

namespace Noodle.Client.Tests;

public sealed class InferTests
{
    internal const string OneOutput =
        """{"model_name":"m","outputs":[{"name":"y","shape":[2]""" +
        ""","datatype":"UINT8","parameters":{"binary_data_size":2}}]}""";

    internal static readonly Tensor[] Inputs =
    [
        new("x", ElementType.UInt8, [3], new byte[] { 1, 2, 3 }),
        new("s", ElementType.Int16, [], new byte[] { 4, 0 }),
    ];

    [Fact]
    public async Task A_request_is_json_and_then_the_tensors_back_to_back()
    {
        await using ScriptedNode node = await ScriptedNode.StartAsync(
            context => ScriptedNode.WriteBinaryAsync(context, OneOutput, 7, 8));
        using NoodleClient client = new([node.Address]);

        using InferResult result = await client.InferAsync("my model", Inputs, new() { Outputs = ["y"] });

        Asked asked = Assert.Single(node.Requests);
        const string Head =
            """{"inputs":[{"name":"x","shape":[3],"datatype":"UINT8","parameters":{"binary_data_size":3}},""" +
            """{"name":"s","shape":[],"datatype":"INT16","parameters":{"binary_data_size":2}}]""" +
            ""","outputs":[{"name":"y","parameters":{"binary_data":true}}]}""";
        Assert.Equal("POST /v2/models/my%20model/infer", $"{asked.Method} {asked.Target}");
        Assert.Equal([.. Encoding.UTF8.GetBytes(Head), 1, 2, 3, 4, 0], asked.Body);
        Assert.Equal(Head.Length.ToString(), asked.Headers[NoodleHeaders.InferenceHeaderLength]);
        Assert.Equal((Head.Length + 5).ToString(), asked.Headers["Content-Length"]);
        Assert.True(Guid.TryParse(asked.Headers[NoodleHeaders.IdempotencyKey], out _));
        Assert.InRange(int.Parse(asked.Headers[NoodleHeaders.Timeout]), 1, 30_000);
        Assert.Equal([7, 8], Assert.Single(result.Outputs.Tensors).Data.ToArray());
    }

    [Fact]
    public async Task What_the_node_must_be_goes_along_in_a_header_and_is_one_line_of_ascii()
    {
        await using ScriptedNode node = await ScriptedNode.StartAsync(
            context => ScriptedNode.WriteBinaryAsync(context, OneOutput, 7, 8));
        using NoodleClient client = new([node.Address]);
        using (await client.InferAsync("m", Inputs, new() { Requirement = "on(gpu, mem>=8GB)" }))
        {
            Assert.Equal("on(gpu, mem>=8GB)", node.Requests.Single().Headers[NoodleHeaders.Requirement]);
        }

        foreach (string wrong in new[] { "on(gpu)\r\nHost: x", "on(tag.zone==\"\u00fc\")" })
        {
            NoodleException error = await Assert.ThrowsAsync<NoodleException>(
                () => client.InferAsync("m", Inputs, new() { Requirement = wrong }));
            Assert.Equal(NoodleFault.InvalidInput, error.Fault);
        }
    }

    [Fact]
    public async Task All_outputs_are_asked_for_in_binary_when_none_is_named()
    {
        await using ScriptedNode node = await ScriptedNode.StartAsync(
            context => ScriptedNode.WriteBinaryAsync(context, OneOutput, 7, 8));
        using NoodleClient client = new([node.Address]);
        using InferResult result = await client.InferAsync("m", []);
        Assert.Equal("""{"parameters":{"binary_data_output":true},"inputs":[]}""", Assert.Single(node.Requests).Text);
    }

    [Fact]
    public async Task The_answer_says_who_ran_it_and_why()
    {
        await using ScriptedNode node = await ScriptedNode.StartAsync(context =>
        {
            context.Response.Headers[NoodleHeaders.Node] = "lab-1";
            context.Response.Headers[NoodleHeaders.Attempts] = "2";
            context.Response.Headers[NoodleHeaders.Reason] = "idle";
            context.Response.Headers[NoodleHeaders.Compute] = "1500";
            return ScriptedNode.WriteBinaryAsync(context, OneOutput, 7, 8);
        });
        using NoodleClient client = new([node.Address]);
        using InferResult result = await client.InferAsync("m", Inputs);
        Assert.Equal(
            ("lab-1", 2, "idle", TimeSpan.FromMilliseconds(1.5), 0),
            (result.Node, result.Attempts, result.Reason, result.Compute, result.ClientRetries));
    }

    [Fact]
    public async Task A_foreign_server_without_our_headers_and_with_json_data_is_understood()
    {
        await using ScriptedNode node = await ScriptedNode.StartAsync(200,
            """{"outputs":[{"name":"b","shape":[1],"datatype":"BYTES","data":["hé"]}""" +
            """,{"name":"a","shape":[2,1],"datatype":"INT32","data":[[1],[-1]]}]}""");
        using NoodleClient client = new([node.Address]);
        using InferResult result = await client.InferAsync("m", Inputs, new() { Outputs = ["a", "b"] });
        Assert.Equal(["a", "b"], result.Outputs.Tensors.Select(tensor => tensor.Name));
        Assert.Equal([1, 0, 0, 0, 255, 255, 255, 255], result.Outputs.Tensors[0].Data.ToArray());
        Assert.Equal([3, 0, 0, 0, (byte)'h', 0xC3, 0xA9], result.Outputs.Tensors[1].Data.ToArray());
        Assert.Equal(("", 1, "", TimeSpan.Zero), (result.Node, result.Attempts, result.Reason, result.Compute));
    }

    [Fact]
    public async Task A_large_answer_of_unknown_length_arrives_whole()
    {
        byte[] data = new byte[300_000];
        Random.Shared.NextBytes(data);
        string head = """{"outputs":[{"name":"y","shape":[300000]""" +
            ""","datatype":"UINT8","parameters":{"binary_data_size":300000}}]}""";
        await using ScriptedNode node = await ScriptedNode.StartAsync(async context =>
        {
            context.Response.Headers[NoodleHeaders.InferenceHeaderLength] = head.Length.ToString();
            await context.Response.Body.WriteAsync(Encoding.UTF8.GetBytes(head));
            await context.Response.Body.FlushAsync();
            await context.Response.Body.WriteAsync(data);
        });
        using NoodleClient client = new([node.Address]);
        InferResult result = await client.InferAsync("m", Inputs);
        Assert.Equal(data, result.Outputs.Tensors[0].Data.ToArray());
        result.Dispose();
        result.Dispose();
    }

    public static TheoryData<string, string?, byte[], string> BadAnswers => new()
    {   // JSON, inference header (null: its true length), tensors, what the sentence says
        { "{}", null, [], "not the JSON of an inference answer" },
        { "<html>", null, [], "not the JSON of an inference answer" },
        { """{"outputs":[null]}""", null, [], "not the JSON of an inference answer" },
        { OneOutput, "99999999999", [7, 8], "does not fit a body" },
        { OneOutput, "-1", [7, 8], "does not fit a body" },
        { OneOutput, null, [7], "says 2 bytes, 1 are left" },
        { OneOutput, null, [7, 8, 9], "1 bytes are left after the last output" },
        { OneOutput.Replace("[2]", "[3]"), null, [7, 8], "is 3 bytes, the data is 2" },
        { OneOutput.Replace(":2}", ":-2}"), null, [7, 8], "says -2 bytes" },
        { OneOutput.Replace("UINT8", "INT4"), null, [7, 8], "datatype 'INT4', which Noodle does not know" },
        { OneOutput.Replace("binary_data_size", "b"), null, [], "output 'y' has no data" },
        { """{"outputs":[{"name":"y","shape":[1],"datatype":"INT8","data":[128]}]}""", null, [], "128 is not a INT8" },
        { """{"outputs":[{"name":"z","shape":[0],"datatype":"INT8","data":[]}]}""", null, [], "output 'y' is missing" },
        {
            """{"outputs":[{"name":"z","shape":[0],"datatype":"INT8","data":[]}""" +
            """,{"name":"z","shape":[0],"datatype":"INT8","data":[]}]}""",
            null, [], "'z' is there twice"
        },
    };

    [Theory]
    [MemberData(nameof(BadAnswers))]
    public async Task An_answer_that_breaks_the_protocol_is_refused_with_a_reason(
        string json, string? header, byte[] tensors, string sentence)
    {
        await using ScriptedNode node = await ScriptedNode.StartAsync(async context =>
        {
            context.Response.Headers[NoodleHeaders.InferenceHeaderLength] =
                header ?? Encoding.UTF8.GetByteCount(json).ToString();
            await context.Response.Body.WriteAsync((byte[])[.. Encoding.UTF8.GetBytes(json), .. tensors]);
        });
        using NoodleClient client = new([node.Address]);
        NoodleException e = await Assert.ThrowsAsync<NoodleException>(
            () => client.InferAsync("m", Inputs, new() { Outputs = ["y"] }));
        Assert.Equal(NoodleFault.BadAnswer, e.Fault);
        Assert.Contains(sentence, e.Message);
        Assert.Single(node.Requests);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_answer_above_the_limit_is_refused(bool announced)
    {
        await using ScriptedNode node = await ScriptedNode.StartAsync(async context =>
        {
            context.Response.ContentLength = announced ? 1001 : null;
            await context.Response.Body.WriteAsync(new byte[1001]);
        });
        using NoodleClient client = new([node.Address], new() { MaxAnswerBytes = 1000 });
        NoodleException e = await Assert.ThrowsAsync<NoodleException>(() => client.InferAsync("m", Inputs));
        Assert.Contains("larger than 1000 bytes", e.Message);
    }

    [Theory]
    [InlineData("")]
    [InlineData("..")]
    [InlineData("a/b")]
    [InlineData("a\nb")]
    public async Task A_name_that_is_no_model_is_refused_before_anything_is_sent(string name)
    {
        using NoodleClient client = new([ScriptedNode.Nowhere()]);
        NoodleException e = await Assert.ThrowsAsync<NoodleException>(() => client.InferAsync(name, Inputs));
        Assert.Equal(NoodleFault.InvalidInput, e.Fault);
    }

    [Fact]
    public async Task A_tensor_that_does_not_fit_its_shape_is_refused_before_anything_is_sent()
    {
        using NoodleClient client = new([ScriptedNode.Nowhere()]);
        NoodleException e = await Assert.ThrowsAsync<NoodleException>(
            () => client.InferAsync("m", [new("x", ElementType.Float32, [2], new byte[4])]));
        Assert.Equal("Input 'x': shape [2] of FP32 is 8 bytes, the data is 4.", e.Message);
    }
}
