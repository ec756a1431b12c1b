using System.Globalization;
using System.Net;
using System.Text.Json;

namespace Noodle.Serving.Tests;

public sealed class JsonInferTests(HostFixture fixture) : IClassFixture<HostFixture>
{
    private readonly ServingHost _host = fixture.Host;

    public static TheoryData<string, string, string> Values => new()
    {   // type     given                                          told back
        { "BOOL", "[true,false,true]", "[true,false,true]" },
        { "UINT8", "[0,255]", "[0,255]" },
        { "UINT16", "[0,65535]", "[0,65535]" },
        { "UINT32", "[0,4294967295]", "[0,4294967295]" },
        { "UINT64", "[0,9223372036854775807,18446744073709551615]", "[0,9223372036854775807,18446744073709551615]" },
        { "INT8", "[-128,127]", "[-128,127]" },
        { "INT16", "[-32768,32767]", "[-32768,32767]" },
        { "INT32", "[-2147483648,2147483647]", "[-2147483648,2147483647]" },
        { "INT64", "[-9223372036854775808,9223372036854775807,9007199254740993]",
            "[-9223372036854775808,9223372036854775807,9007199254740993]" },
        { "FP32", "[0.1,-0.0,1,1e2,3.4028235E+38,1E-45]", "[0.1,-0,1,100,3.4028235E+38,1E-45]" },
        { "FP64", "[0.1,1.7976931348623157E+308,5E-324]", "[0.1,1.7976931348623157E+308,5E-324]" },
        { "FP32", "[NaN,Infinity,-Infinity]", "[NaN,Infinity,-Infinity]" },
        { "FP64", "[ NaN , Infinity\n,\t-Infinity ]", "[NaN,Infinity,-Infinity]" },
        { "BYTES", """["","a","\u00e9\n","é]","[\"\\"]""", """["","a","é\n","é]","[\"\\"]""" },
        { "INT32", "[]", "[]" },
        { "BYTES", "[]", "[]" },
        { "INT32", "[[1],[2]]", "[1,2]" },
        { "INT32", "[[[1,2]]]", "[1,2]" },
    };

    [Theory]
    [MemberData(nameof(Values))]
    public async Task Every_type_comes_back_as_it_went(string type, string data, string expected)
    {
        int count = expected == "[]" ? 0 : type == "BYTES" ? 5 : expected.Count(c => c == ',') + 1;
        string body = $$"""{"inputs":[{"name":"x","datatype":"{{type}}","shape":[{{count}}],"data":{{data}}}]}""";
        Reply reply = await _host.InferAsync($"echo-{type.ToLowerInvariant()}", body);
        Assert.Equal(
            $$"""{"model_name":"echo-{{type.ToLowerInvariant()}}","model_version":"3","outputs":""" +
                $$"""[{"name":"y","datatype":"{{type}}","shape":[{{count}}],"data":{{expected}}}]}""",
            reply.Text);
        Assert.Equal(HttpStatusCode.OK, reply.Status);
        Assert.Equal("application/json", reply.Header("Content-Type"));
        Assert.Null(reply.Header("Inference-Header-Content-Length"));
    }

    [Fact]
    public async Task Members_may_come_in_any_order_and_unknown_ones_are_passed_over()
    {
        Reply reply = await _host.InferAsync("square", """
            {"model_name":"other","outputs":[{"name":"y","parameters":{"note":"x"},"z":1}],"deep":{"a":[1,{"b":null}]},
             "parameters":{"custom":1.5,"flag":true,"binary_data_output":false,"timeout":5000000},
             "inputs":[{"data" : [ [1,2,3] , [4,5,6] ] ,"odd":[{}],"parameters":{"p":"q"},
                        "shape":[2,3],"datatype":"INT32","name":"x"}],
             "id":"a\"\u00e9"}
            """);
        Assert.Equal(
            """{"model_name":"square","model_version":"3","id":"a\"\u00e9","outputs":""" +
                """[{"name":"y","datatype":"INT32","shape":[2,3],"data":[1,2,3,4,5,6]}]}""",
            reply.Text);
        Assert.Equal(TimeSpan.FromSeconds(5), _host.Echo.Calls.Last(call => call.Model == "square").Timeout);
    }

    [Fact]
    public async Task A_scalar_has_one_element()
    {
        Reply reply = await _host.InferAsync("scalar",
            """{"inputs":[{"name":"x","datatype":"FP32","shape":[],"data":[2.5]}]}""");
        Assert.Contains("""
            "shape":[],"data":[2.5]
            """.Trim(), reply.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Data_may_be_nested_a_hundred_deep_and_no_deeper()
    {
        Assert.Equal(HttpStatusCode.OK, (await _host.InferAsync("echo-int32", Nested(100))).Status);
        Assert.Contains("deeper than 100", (await _host.InferAsync("echo-int32", Nested(101))).Error,
            StringComparison.Ordinal);
        Assert.Contains("deeper than 100", (await _host.InferAsync("echo-int32", Nested(250_000))).Error,
            StringComparison.Ordinal);
        string elsewhere = "{\"x\":" + new string('[', 250_000) + new string(']', 250_000) + ",\"inputs\":[]}";
        Assert.Contains("malformed", (await _host.InferAsync("echo-int32", elsewhere)).Error, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, (await _host.SendAsync(HttpMethod.Get, "/v2/health/live")).Status);

        static string Nested(int depth) =>
            $$"""{"inputs":[{"name":"x","datatype":"INT32","shape":[1]""" +
                $$""","data":{{new string('[', depth)}}7{{new string(']', depth)}}}]}""";
    }

    [Fact]
    public Task Numbers_round_trip_bit_for_bit() =>
        Gen.Select(Gen.Float.Array[1, 2000], Gen.Double.Array[1, 50]).SampleAsync(
        async (singles, doubles) =>
        {
            Assert.Equal(singles, await EchoAsync(singles, "fp32", "FP32", e => e.GetSingle()));
            Assert.Equal(doubles, await EchoAsync(doubles, "fp64", "FP64", e => e.GetDouble()));
        }, iter: 20);

    private async Task<T[]> EchoAsync<T>(T[] values, string model, string type, Func<JsonElement, T> read)
        where T : IFormattable
    {
        string data = string.Join(",", values.Select(v => v.ToString(null, CultureInfo.InvariantCulture)));
        Reply reply = await _host.InferAsync(
            $"echo-{model}", $$"""{"inputs":[{"name":"x","datatype":"{{type}}","shape":[{{values.Length}}]""" +
                $$""","data":[{{data}}]}]}""");
        string text = reply.Text.Replace("-Infinity", "\"-Infinity\"", StringComparison.Ordinal)
            .Replace(",Infinity", ",\"Infinity\"", StringComparison.Ordinal)
            .Replace("[Infinity", "[\"Infinity\"", StringComparison.Ordinal)
            .Replace("NaN", "\"NaN\"", StringComparison.Ordinal);
        using JsonDocument json = JsonDocument.Parse(text);
        return [.. json.RootElement.GetProperty("outputs")[0].GetProperty("data").EnumerateArray().Select(e =>
            e.ValueKind == JsonValueKind.String ? (T)Convert.ChangeType(double.Parse(e.GetString()!,
                CultureInfo.InvariantCulture), typeof(T), CultureInfo.InvariantCulture) : read(e))];
    }

    [Fact]
    public async Task Too_much_JSON_asks_for_binary()
    {
        await using ServingHost host = await ServingHost.StartAsync(options => options.MaxResponseJsonBytes = 2048);
        string ones = string.Join(",", Enumerable.Repeat("1", 3000));
        foreach ((string model, string type, string data) in ((string, string, string)[])[
            ("echo-int8", "INT8", ones), ("echo-fp32", "FP32", ones),
            ("echo-bool", "BOOL", ones.Replace("1", "true", StringComparison.Ordinal)),
            ("echo-bytes", "BYTES", ones.Replace("1", "\"1\"", StringComparison.Ordinal))])
        {
            Reply reply = await host.InferAsync(model,
                $$"""{"inputs":[{"name":"x","datatype":"{{type}}","shape":[3000],"data":[{{data}}]}]}""");
            Assert.Equal(HttpStatusCode.BadRequest, reply.Status);
            Assert.Contains("2048 bytes of JSON; use the binary", reply.Error, StringComparison.Ordinal);
        }
    }
}
