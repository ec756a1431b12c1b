using System.Net;

namespace Noodle.Serving.Tests;

public sealed class RouteTests(HostFixture fixture) : IClassFixture<HostFixture>
{
    private readonly ServingHost _host = fixture.Host;

    public static TheoryData<string, string> Found => new()
    {
        { "/v2", """{"name":"noodle","version":"1.2.3","extensions":["binary_tensor_data"]}""" },
        { "/v2/", """{"name":"noodle","version":"1.2.3","extensions":["binary_tensor_data"]}""" },
        { "/v2/health/live", """{"live":true}""" },
        { "/v2/health/ready", """{"ready":true}""" },
        { "/v2/health/ready?x=1", """{"ready":true}""" },
        { "/v2/models/pair/ready", """{"name":"pair","ready":true}""" },
        { "/v2/models/pair/versions/3/ready", """{"name":"pair","ready":true}""" },
        {
            "/v2/models/pair",
            """{"name":"pair","versions":["3"],"platform":"onnxruntime_onnx","inputs":""" +
                """[{"name":"a","datatype":"FP32","shape":[-1,3]},{"name":"b","datatype":"BYTES","shape":[-1]}""" +
                """],"outputs":[{"name":"c","datatype":"FP32","shape":[-1,3]},""" +
                """{"name":"d","datatype":"BYTES","shape":[-1]}]}"""
        },
        {
            "/v2/models/scalar/versions/3",
            """{"name":"scalar","versions":["3"],"platform":"onnxruntime_onnx","inputs":""" +
                """[{"name":"x","datatype":"FP32","shape":[]}],"outputs":[{"name":"y","datatype":"FP32","shape":[]}]}"""
        },
    };

    [Theory]
    [MemberData(nameof(Found))]
    public async Task Every_path_of_the_protocol_answers(string path, string json)
    {
        Reply reply = await _host.SendAsync(HttpMethod.Get, path);
        Assert.Equal((HttpStatusCode.OK, json), (reply.Status, reply.Text));
        Assert.Equal("application/json", reply.Header("Content-Type"));
        Reply head = await _host.SendAsync(HttpMethod.Head, path);
        Assert.Equal((HttpStatusCode.OK, 0), (head.Status, head.Body.Length));
    }

    public static TheoryData<string, string> Missing => new()
    {
        { "/v2/models/none", "Request for unknown model: 'none' is not found" },
        { "/v2/models/none/ready", "Request for unknown model: 'none' is not found" },
        { "/v2/models/none/infer", "Request for unknown model: 'none' is not found" },
        { "/v2/models/pair/versions/2/infer", "Request for unknown model: 'pair' version 2 is not found" },
        { "/v2/models/pair/versions/x", "Request for unknown model: 'pair' version x is not found" },
        { "/v2/models/PAIR", "Request for unknown model: 'PAIR' is not found" },
        { "/v2/models/bad%20name", "Request for unknown model: 'bad%20name' is not found" },
        { "/v2/models/a%2Fb/infer", "Request for unknown model: 'a%2Fb' is not found" },
        { "/v2/models/a%0d%0ab", "Request for unknown model: 'a%0d%0ab' is not found" },
        { "/v2/models/.hidden", "Request for unknown model: '.hidden' is not found" },
        { "/v2/models/pair/", "Not Found" },
        { "/v2/models/", "Not Found" },
        { "/v2/models", "Not Found" },
        { "/v2//models/pair", "Not Found" },
        { "/v2/models//pair", "Not Found" },
        { "/V2/models/pair", "Not Found" },
        { "/v2/health/live/", "Not Found" },
        { "/v2/repository/index", "Not Found" },
        { "/v2/models/pair/versions/3/infer/more", "Not Found" },
    };

    [Theory]
    [MemberData(nameof(Missing))]
    public async Task What_is_not_there_is_told_in_the_protocols_form(string path, string sentence)
    {
        Reply reply = await _host.SendAsync(path.EndsWith("infer", StringComparison.Ordinal) ? HttpMethod.Post
            : HttpMethod.Get, path);
        Assert.Equal(HttpStatusCode.NotFound, reply.Status);
        Assert.StartsWith(sentence, reply.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/v2/models/../models/pair")]
    [InlineData("/v2/models/x/%2e%2e/pair")]
    [InlineData("/v2/./models/pair")]
    [InlineData("/v2/models/%70air")]
    [InlineData("/v2/models/pair%2Fready")]
    [InlineData("/%762/models/pair")]
    public async Task Another_spelling_of_a_path_finds_nothing(string path)
    {
        string reply = await _host.SendRawAsync($"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 404", reply, StringComparison.Ordinal);
        Assert.Contains("{\"error\":\"", reply, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("GET", "/v2/models/pair/infer", "POST")]
    [InlineData("POST", "/v2", "GET,HEAD")]
    [InlineData("DELETE", "/v2/models/pair", "GET,HEAD")]
    [InlineData("PUT", "/v2/health/live", "GET,HEAD")]
    public async Task Other_methods_are_refused_with_the_right_one(string method, string path, string allowed)
    {
        Reply reply = await _host.SendAsync(new HttpMethod(method), path);
        Assert.Equal(HttpStatusCode.MethodNotAllowed, reply.Status);
        Assert.Equal(allowed, reply.Header("Allow"));
        Assert.StartsWith("Method Not Allowed", reply.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_model_that_no_node_has_loaded_is_not_ready()
    {
        await using ServingHost host = await ServingHost.StartAsync();
        host.Echo.NotReady.Add("pair");
        foreach (string path in (string[])["/v2/health/ready", "/v2/models/pair/ready"])
        {
            Reply reply = await host.SendAsync(HttpMethod.Get, path);
            Assert.Equal(HttpStatusCode.ServiceUnavailable, reply.Status);
            Assert.Contains("'pair' is not ready", reply.Error, StringComparison.Ordinal);
        }

        Assert.Equal(HttpStatusCode.OK, (await host.SendAsync(HttpMethod.Get, "/v2/models/text/ready")).Status);
        Assert.Equal(HttpStatusCode.OK, (await host.SendAsync(HttpMethod.Get, "/v2/health/live")).Status);
    }

    [Fact]
    public async Task It_can_be_mapped_below_a_prefix()
    {
        await using ServingHost host = await ServingHost.StartAsync(prefix: "/ai");
        Assert.Equal(HttpStatusCode.OK, (await host.SendAsync(HttpMethod.Get, "/ai/v2")).Status);
        Assert.Equal(HttpStatusCode.OK, (await host.SendAsync(HttpMethod.Get, "/ai/v2/models/pair")).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await host.SendAsync(HttpMethod.Get, "/v2/models/pair")).Status);
    }
}
