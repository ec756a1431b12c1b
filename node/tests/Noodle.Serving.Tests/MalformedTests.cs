using System.Net;
using System.Text;

namespace Noodle.Serving.Tests;

public sealed class MalformedTests(HostFixture fixture) : IClassFixture<HostFixture>
{
    private readonly ServingHost _host = fixture.Host;

    private static string One(string type, string shape, string rest) =>
        $$"""{"inputs":[{"name":"x","datatype":"{{type}}","shape":{{shape}},{{rest}}}]}""";

    public static TheoryData<string, string, string> Bodies => new()
    {   // model         body                                              the sentence holds
        { "echo-int32", "", "no body" },
        { "echo-int32", "[]", "not a JSON object" },
        { "echo-int32", "{", "malformed" },
        { "echo-int32", "{}", "no \"inputs\"" },
        { "echo-int32", "{} x", "no \"inputs\"" },
        { "echo-int32", One("INT32", "[1]", "\"data\":[1]") + "x", "malformed" },
        { "echo-int32", One("INT32", "[1]", "\"data\":[1]") + "{}", "malformed" },
        { "echo-int32", "{\"inputs\":{}}", "\"inputs\" is not an array" },
        { "echo-int32", "{\"inputs\":[1]}", "input 0 is not an object" },
        { "echo-int32", "{\"inputs\":[{}]}", "input 0 has no name" },
        { "echo-int32", "{\"inputs\":[{\"name\":\"\"}]}", "input 0 has no name" },
        { "echo-int32", "{\"inputs\":[{\"name\":7}]}", "\"name\" of input 0 is not a string" },
        { "echo-int32", "{\"inputs\":[{\"name\":\"x\"}]}", "input 'x' has no datatype" },
        { "echo-int32", "{\"inputs\":[{\"name\":\"x\",\"datatype\":\"INT32\"}]}", "input 'x' has no shape" },
        { "echo-int32", "{\"inputs\":[],\"inputs\":[]}", "appears twice" },
        { "echo-int32", "{\"inputs\":[{\"name\":\"x\",\"name\":\"x\"}]}", "appears twice" },
        { "echo-int32", "{\"inputs\":[]}", "input 'x' of model 'echo-int32' is missing" },
        { "echo-int32", "{\"inputs\":[{\"name\":\"\\ud800\"}]}", "not valid Unicode" },
        { "echo-int32", "{\"id\":7,\"inputs\":[]}", "\"id\" is not a string" },
        { "echo-int32", "{\"parameters\":[],\"inputs\":[]}", "\"parameters\" is not an object" },
        { "echo-int32", "{\"parameters\":{\"a\":{}},\"inputs\":[]}", "parameter 'a' is not a string" },
        { "echo-int32", "{\"parameters\":{\"a\":null},\"inputs\":[]}", "parameter 'a' is not a string" },
        { "echo-int32", "{\"parameters\":{\"timeout\":-1},\"inputs\":[]}", "'timeout' is not a whole number" },
        { "echo-int32", "{\"parameters\":{\"timeout\":1.5},\"inputs\":[]}", "'timeout' is not a whole number" },
        { "echo-int32", "{\"parameters\":{\"binary_data_output\":1},\"inputs\":[]}", "is not true or false" },
        { "echo-int32", One("INT31", "[1]", "\"data\":[1]"), "datatype 'INT31' of input 'x' is not known" },
        { "echo-int32", One("FP32", "[1]", "\"data\":[1]"), "takes INT32 [-1], got FP32 [1]" },
        { "echo-int32", One("INT32", "[1,1]", "\"data\":[1]"), "takes INT32 [-1], got INT32 [1, 1]" },
        { "echo-int32", One("INT32", "[-1]", "\"data\":[1]"), "\"shape\" of input 'x' holds something other" },
        { "echo-int32", One("INT32", "[1.5]", "\"data\":[1]"), "\"shape\" of input 'x' holds something other" },
        { "echo-int32", One("INT32", "[\"1\"]", "\"data\":[1]"), "\"shape\" of input 'x' holds something other" },
        { "echo-int32", One("INT32", "1", "\"data\":[1]"), "\"shape\" of input 'x' is not an array" },
        { "echo-int32", One("INT32", "[" + string.Join(",", Enumerable.Repeat("1", 65)) + "]", "\"data\":[1]"),
            "more than 64 dimensions" },
        { "square", One("INT32", "[16,1152921504606846978]", "\"data\":[1]"), "fewer elements than its shape" },
        { "square", One("INT32", "[4,1152921504606846978]", "\"data\":[1]"), "fewer elements than its shape" },
        { "square", One("INT32", "[16,1152921504606846978]", "\"parameters\":{\"binary_data_size\":0}"),
            "is not a shape" },
        { "square", One("INT32", "[4,1152921504606846976]", "\"parameters\":{\"binary_data_size\":0}"),
            "no size in memory" },
        { "echo-int32", One("INT32", "[2]", "\"data\":[1]"), "data of input 'x' has 1 elements, its shape has 2" },
        { "echo-int32", One("INT32", "[1]", "\"data\":[1,2]"), "has more than the 1 elements" },
        { "echo-int32", One("INT32", "[1]", "\"data\":7"), "data of input 'x' is not an array" },
        { "echo-int32", One("INT32", "[1]", "\"data\":\"7\""), "data of input 'x' is not an array" },
        { "echo-int32", One("INT32", "[1]", "\"data\":[1"), "malformed" },
        { "echo-int32", "{\"inputs\":[{\"name\":\"x\",\"data\":[\"", "data of input 'x' has no end" },
        { "echo-int32", "{\"inputs\":[{\"name\":\"x\",\"data\":[\"\\", "data of input 'x' has no end" },
        { "echo-int32", "{\"inputs\":[{\"name\":\"x\",\"data\":", "data of input 'x' is not an array" },
        { "echo-int32", "{\"inputs\":[{\"name\":\"x\",\"data\":[1]", "malformed" },
        { "echo-int32", One("INT32", "[2]", "\"data\":[1,]"), "is malformed near its byte" },
        { "echo-int32", One("INT32", "[2]", "\"data\":[1 2]"), "is malformed near its byte" },
        { "echo-int32", One("INT32", "[2]", "\"data\":[,1]"), "is malformed near its byte" },
        { "echo-int32", One("INT32", "[2]", "\"data\":[[1],2]"), "mixes arrays and elements" },
        { "echo-int32", One("INT32", "[2]", "\"data\":[1,[2]]"), "mixes arrays and elements" },
        { "echo-int32", One("INT32", "[4]", "\"data\":[[1,2,3],[4]]"), "nested unevenly" },
        { "square", One("INT32", "[2,3]", "\"data\":[[1,2],[3,4],[5,6]]"), "nested as [3, 2]" },
        { "echo-int32", One("INT32", "[1]", "\"data\":[1.0]"), "element 0 is 1.0, which is not INT32" },
        { "echo-int32", One("INT32", "[1]", "\"data\":[1e3]"), "element 0 is 1e3, which is not INT32" },
        { "echo-int32", One("INT32", "[1]", "\"data\":[true]"), "element 0 is true, which is not INT32" },
        { "echo-int32", One("INT32", "[1]", "\"data\":[\"1\"]"), "element 0 is a string, which is not INT32" },
        { "echo-int32", One("INT32", "[1]", "\"data\":[null]"), "element 0 is null, which is not INT32" },
        { "echo-int32", One("INT32", "[1]", "\"data\":[{}]"), "which is not INT32" },
        { "echo-int32", One("INT32", "[1]", "\"data\":[NaN]"), "element 0 is NaN, which is not INT32" },
        { "echo-int32", One("INT32", "[1]", "\"data\":[01]"), "which is not INT32" },
        { "echo-int32", One("INT32", "[1]", "\"data\":[+1]"), "which is not INT32" },
        { "echo-int32", One("INT32", "[2]", "\"data\":[1,2147483648]"),
            "element 1 is 2147483648, which INT32 cannot hold" },
        { "echo-uint8", One("UINT8", "[1]", "\"data\":[256]"), "which UINT8 cannot hold" },
        { "echo-uint8", One("UINT8", "[1]", "\"data\":[-1]"), "which UINT8 cannot hold" },
        { "echo-int8", One("INT8", "[1]", "\"data\":[-129]"), "which INT8 cannot hold" },
        { "echo-uint64", One("UINT64", "[1]", "\"data\":[18446744073709551616]"), "which UINT64 cannot hold" },
        { "echo-int64", One("INT64", "[1]", "\"data\":[9223372036854775808]"), "which INT64 cannot hold" },
        { "echo-bool", One("BOOL", "[1]", "\"data\":[1]"), "element 0 is 1, which is not BOOL" },
        { "echo-fp32", One("FP32", "[1]", "\"data\":[1e39]"), "which FP32 cannot hold" },
        { "echo-fp64", One("FP64", "[1]", "\"data\":[1e999]"), "which FP64 cannot hold" },
        { "echo-fp32", One("FP32", "[1]", "\"data\":[.5]"), "which is not FP32" },
        { "echo-fp32", One("FP32", "[1]", "\"data\":[1.]"), "which is not FP32" },
        { "echo-fp32", One("FP32", "[1]", "\"data\":[1e]"), "which is not FP32" },
        { "echo-fp32", One("FP32", "[1]", "\"data\":[1e400000000000]"), "which FP32 cannot hold" },
        { "echo-fp32", One("FP32", "[1]", "\"data\":[-]"), "which is not FP32" },
        { "echo-fp32", One("FP32", "[1]", "\"data\":[nan]"), "which is not FP32" },
        { "echo-fp16", One("FP16", "[1]", "\"data\":[1]"), "use the binary data format" },
        { "echo-bf16", One("BF16", "[1]", "\"data\":[1]"), "use the binary data format" },
        { "echo-bytes", One("BYTES", "[1]", "\"data\":[1]"), "element 0 is not a string" },
        { "echo-bytes", One("BYTES", "[1]", "\"data\":[\"a\nb\"]"), "not a valid JSON string" },
        { "echo-bytes", One("BYTES", "[1]", "\"data\":[\"\\x\"]"), "not a valid JSON string" },
        { "echo-bytes", One("BYTES", "[1]", "\"data\":[\"\\ud800\"]"), "not a valid JSON string" },
        { "echo-int32", One("INT32", "[1]", "\"data\":[1],\"parameters\":{\"binary_data_size\":4}"),
            "has both data and binary_data_size" },
        { "echo-int32", One("INT32", "[1]", "\"parameters\":{}"), "has neither data nor binary_data_size" },
        { "echo-int32", One("INT32", "[1]", "\"parameters\":{\"shared_memory_region\":\"r\"}"),
            "shared memory, which is not supported" },
        { "echo-int32", One("INT32", "[1]", "\"parameters\":{\"binary_data_size\":-4}"),
            "'binary_data_size' of input 'x' is not a whole number" },
        { "echo-int32", One("INT32", "[1]", "\"parameters\":{\"binary_data_size\":4.5}"),
            "'binary_data_size' of input 'x' is not a whole number" },
        { "echo-int32", One("INT32", "[1]", "\"parameters\":{\"binary_data_size\":\"4\"}"),
            "'binary_data_size' of input 'x' is not a whole number" },
        { "echo-int32", One("INT32", "[1]", "\"parameters\":{\"binary_data_size\":4}"),
            "says 4 binary bytes, 0 are left" },
        { "echo-int32", One("INT32", "[1]", "\"data\":[1]").Replace("]}]",
            "]},{\"name\":\"x\",\"datatype\":\"INT32\",\"shape\":[1],\"data\":[1]}]", StringComparison.Ordinal),
            "input 'x' already exists in request" },
        { "echo-int32", One("INT32", "[1]", "\"data\":[1]").Replace("\"x\"", "\"z\\n\"", StringComparison.Ordinal),
            "has no input 'z?'; it takes x INT32 [-1]" },
        { "echo-int32", Outputs("{}"), "\"outputs\" is not an array" },
        { "echo-int32", Outputs("[7]"), "output 0 is not an object" },
        { "echo-int32", Outputs("[{}]"), "output 0 has no name" },
        { "echo-int32", Outputs("[{\"name\":\"z\"}]"), "has no output 'z'; it gives y INT32 [-1]" },
        { "echo-int32", Outputs("[{\"name\":\"y\"},{\"name\":\"y\"}]"), "output 'y' already exists in request" },
        { "echo-int32", Outputs("[{\"name\":\"y\",\"parameters\":{\"classification\":2}}]"),
            "'classification' of output 0 is not supported" },
        { "echo-int32", Outputs("[{\"name\":\"y\",\"parameters\":{\"shared_memory_region\":\"r\"}}]"),
            "is not supported" },
        { "echo-int32", Outputs("[{\"name\":\"y\",\"parameters\":{\"binary_data\":\"true\"}}]"),
            "'binary_data' of output 0 is not true or false" },
        { "echo-int32", Outputs("[" + string.Join(",", Enumerable.Range(0, 1025).Select(i =>
            $"{{\"name\":\"{i}\"}}")) + "]"), "more than 1024 outputs" },
        { "echo-int32", "{\"inputs\":[" + string.Join(",", Enumerable.Range(0, 1025).Select(i =>
            $"{{\"name\":\"{i}\",\"datatype\":\"INT8\",\"shape\":[0],\"data\":[]}}")) + "]}", "more than 1024 inputs" },
    };

    private static string Outputs(string outputs) =>
        "{\"outputs\":" + outputs + ",\"inputs\":[{\"name\":\"x\",\"datatype\":\"INT32\",\"shape\":[1],\"data\":[1]}]}";

    [Theory]
    [MemberData(nameof(Bodies))]
    public async Task A_malformed_request_is_refused_in_one_sentence_that_names_the_thing(
        string model, string body, string sentence)
    {
        Reply reply = await _host.InferAsync(model, body);
        Assert.Contains(sentence, reply.Error, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.BadRequest, reply.Status);
        Assert.DoesNotContain('\n', reply.Error);
        Assert.Equal(0, _host.BytesHeld);
    }

    public static TheoryData<string, byte[], string> Binary => new()
    {   // shape, size and type                                       bytes                     the sentence holds
        { """ "INT32","shape":[1],"parameters":{"binary_data_size":4}""", new byte[5],
            "unexpected additional input data: 1 bytes" },
        { """ "INT32","shape":[1],"parameters":{"binary_data_size":4}""", new byte[3],
            "says 4 binary bytes, 3 are left" },
        { """ "INT32","shape":[2],"parameters":{"binary_data_size":4}""", new byte[4], "is 8 bytes, the data is 4" },
        { """ "INT32","shape":[1],"data":[1]""", new byte[1], "unexpected additional input data" },
        { """ "BYTES","shape":[1],"parameters":{"binary_data_size":5}""", [9, 0, 0, 0, 1], "string 0 says 9 bytes" },
        { """ "BYTES","shape":[2],"parameters":{"binary_data_size":5}""", [1, 0, 0, 0, 1],
            "ends before string 1 of 2" },
        { """ "BYTES","shape":[1],"parameters":{"binary_data_size":6}""", [1, 0, 0, 0, 1, 1],
            "1 bytes are left after" },
        { """ "BOOL","shape":[3],"parameters":{"binary_data_size":3}""", [0, 1, 2], "byte 2 is 2, BOOL takes 0 and 1" },
    };

    [Theory]
    [MemberData(nameof(Binary))]
    public async Task Binary_data_must_be_exactly_what_the_head_says(string input, byte[] data, string sentence)
    {
        string head = "{\"inputs\":[{\"name\":\"x\",\"datatype\":" + input + "}]}";
        string type = input.Split('"')[1].ToLowerInvariant();
        Reply reply = await _host.InferAsync(
            $"echo-{type}", BinaryInferTests.Join(head, data), ("Inference-Header-Content-Length", $"{head.Length}"));
        Assert.Equal(HttpStatusCode.BadRequest, reply.Status);
        Assert.Contains(sentence, reply.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Inference-Header-Content-Length", "99999999999", "not a whole number")]
    [InlineData("Inference-Header-Content-Length", "2147483648", "not a whole number")]
    [InlineData("Inference-Header-Content-Length", "-1", "not a whole number")]
    [InlineData("Inference-Header-Content-Length", "+1", "not a whole number")]
    [InlineData("Inference-Header-Content-Length", "ten", "not a whole number")]
    [InlineData("Inference-Header-Content-Length", "1.0", "not a whole number")]
    [InlineData("Inference-Header-Content-Length", "3", "the body has 2")]
    [InlineData("Noodle-Timeout-Ms", "0", "not a whole number of milliseconds")]
    [InlineData("Noodle-Timeout-Ms", "soon", "not a whole number of milliseconds")]
    [InlineData("Noodle-Timeout-Ms", "99999999999999999999", "not a whole number of milliseconds")]
    [InlineData("Idempotency-Key", "7", "not a UUID")]
    [InlineData("Idempotency-Key", "{11112222-3333-4444-5555-666677778888}", "not a UUID")]
    public async Task A_malformed_header_is_named(string name, string value, string sentence)
    {
        Reply reply = await _host.InferAsync("echo-int32", "{}", (name, value));
        Assert.Equal(HttpStatusCode.BadRequest, reply.Status);
        Assert.Contains(sentence, reply.Error, StringComparison.Ordinal);
        Assert.Contains(name, reply.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task JSON_that_is_not_UTF8_is_refused()
    {
        byte[] body = Encoding.Latin1.GetBytes(One("BYTES", "[1]", "\"data\":[\"\xff\xfe\"]"));
        Assert.Contains("not UTF-8", (await _host.InferAsync("echo-bytes", body)).Error, StringComparison.Ordinal);
    }

    private static readonly string[] s_short = [.. Bodies.Select(row => row.Data.Item2).Where(body =>
        body.Length is > 0 and < 200)];

    [Fact]
    public Task Damaged_requests_never_break_the_server() => Gen.Select(
        Gen.Int[0, s_short.Length - 1].Select(i => s_short[i]),
        Gen.Int[0, 200], Gen.Byte, Gen.Int[0, 3]).SampleAsync(async (body, at, value, kind) =>
        {
            List<byte> bytes = [.. Encoding.UTF8.GetBytes(body)];
            at = Math.Min(at, bytes.Count - 1);
            switch (kind)
            {
                case 0: bytes[at] = value; break;
                case 1: bytes.RemoveRange(at, bytes.Count - at); break;
                case 2: bytes.Insert(at, value); break;
                default: bytes.RemoveAt(at); break;
            }

            Reply reply = await _host.InferAsync("echo-int32", bytes.ToArray());
            Assert.True(reply.Status == HttpStatusCode.OK || (reply.Status == HttpStatusCode.BadRequest
                && reply.Error.Length > 0));
        }, iter: 300);
}
