using System.Net;
using System.Text;
using Nbc.Tensors;

namespace Noodle.Serving.Tests;

public sealed class BinaryInferTests(HostFixture fixture) : IClassFixture<HostFixture>
{
    private static readonly byte[] s_floats = [0, 0, 128, 63, 0, 0, 0, 64, 0, 0, 64, 64]; // 1, 2, 3
    private static readonly byte[] s_strings = [2, 0, 0, 0, 0xff, 0xfe, 1, 0, 0, 0, 0x41];

    private readonly ServingHost _host = fixture.Host;

    internal static byte[] Join(string json, params byte[][] tensors) =>
        [.. Encoding.UTF8.GetBytes(json), .. tensors.SelectMany(tensor => tensor)];

    private static string Head(string type, int count, int size, bool binaryOutput) =>
        (binaryOutput ? "{\"parameters\":{\"binary_data_output\":true}," : "{") +
        $"\"inputs\":[{{\"name\":\"x\",\"datatype\":\"{type}\",\"shape\":[{count}]," +
        $"\"parameters\":{{\"binary_data_size\":{size}}}}}]}}";

    private static string Answer(string model, string outputs) =>
        $"{{\"model_name\":\"{model}\",\"model_version\":\"3\",\"outputs\":[{outputs}]}}";

    [Fact]
    public async Task Golden_bytes_both_ways()
    {
        const string Head = """{"id":"7","parameters":{"binary_data_output":true},"inputs":""" +
            """[{"name":"a","datatype":"FP32","shape":[1,3],"parameters":{"binary_data_size":12}},""" +
            """{"name":"b","datatype":"BYTES","shape":[2],"parameters":{"binary_data_size":11}}]}""";
        Reply reply = await _host.InferAsync(
            "pair", Join(Head, s_floats, s_strings), ("inference-header-content-length", $"{Head.Length}"));
        const string Expected = """{"model_name":"pair","model_version":"3","id":"7","outputs":""" +
            """[{"name":"c","datatype":"FP32","shape":[1,3],"parameters":{"binary_data_size":12}},""" +
            """{"name":"d","datatype":"BYTES","shape":[2],"parameters":{"binary_data_size":11}}]}""";
        Assert.Equal(Join(Expected, s_floats, s_strings), reply.Body);
        Assert.Equal($"{Expected.Length}", reply.Header("Inference-Header-Content-Length"));
        Assert.Equal("application/octet-stream", reply.Header("Content-Type"));
        Assert.Equal(EchoService.Node.ToString(), reply.Header("Noodle-Node"));
        Assert.Equal(("1", "local: the only node", "42"),
            (reply.Header("Noodle-Attempts"), reply.Header("Noodle-Reason"), reply.Header("Noodle-Compute-Us")));
        Assert.Equal("echo", reply.Header("Noodle-Engine"));
        Assert.Equal(0, _host.BytesHeld);
    }

    public static TheoryData<bool, bool, bool?, bool?, bool?> Forms()
    {
        var forms = new TheoryData<bool, bool, bool?, bool?, bool?>();
        bool?[] wishes = [null, false, true];
        foreach (bool a in (bool[])[false, true])
        {
            foreach (bool b in (bool[])[false, true])
            {
                foreach (bool? all in wishes)
                {
                    foreach (bool? c in wishes)
                    {
                        foreach (bool? d in wishes)
                        {
                            forms.Add(a, b, all, c, d);
                        }
                    }
                }
            }
        }

        return forms;
    }

    [Theory]
    [MemberData(nameof(Forms))]
    public async Task Each_input_and_each_output_has_a_form_of_its_own(bool a, bool b, bool? all, bool? c, bool? d)
    {
        byte[] strings = [1, 0, 0, 0, 0x41];
        string a1 = a ? "\"parameters\":{\"binary_data_size\":12}" : "\"data\":[[1,2,3]]";
        string b1 = b ? "\"parameters\":{\"binary_data_size\":5}" : "\"data\":[\"A\"]";
        string head = $$"""
            {{{(all is null ? "" : $$"""
            "parameters":{"binary_data_output":{{Text(all)}}},
            """)}}"inputs":[
            {"name":"a","datatype":"FP32","shape":[1,3],{{a1}} },
            {"name":"b","datatype":"BYTES","shape":[1],{{b1}} }],
            "outputs":[{"name":"c"{{Wish(c)}} },{"name":"d"{{Wish(d)}} }]}
            """;
        bool binaryC = c ?? all ?? false, binaryD = d ?? all ?? false;
        Reply reply = await _host.InferAsync(
            "pair", Join(head, a ? s_floats : [], b ? strings : []),
            ("Inference-Header-Content-Length", $"{Encoding.UTF8.GetByteCount(head)}"));
        string c1 = binaryC ? "\"parameters\":{\"binary_data_size\":12}" : "\"data\":[1,2,3]";
        string d1 = binaryD ? "\"parameters\":{\"binary_data_size\":5}" : "\"data\":[\"A\"]";
        string json = Answer("pair", $"{{\"name\":\"c\",\"datatype\":\"FP32\",\"shape\":[1,3],{c1}}}," +
            $"{{\"name\":\"d\",\"datatype\":\"BYTES\",\"shape\":[1],{d1}}}");
        Assert.Equal(Encoding.UTF8.GetString(Join(json, binaryC ? s_floats : [], binaryD ? strings : [])), reply.Text);
        Assert.Equal(binaryC || binaryD ? $"{json.Length}" : null, reply.Header("Inference-Header-Content-Length"));

        static string Text(bool? value) => value == true ? "true" : "false";
        static string Wish(bool? value) => value is null ? "" : $",\"parameters\":{{\"binary_data\":{Text(value)}}}";
    }

    [Fact]
    public async Task Every_type_is_bit_exact_in_binary()
    {
        foreach (ElementType type in Enum.GetValues<ElementType>().Where(type => ElementTypes.SizeOf(type) > 0))
        {
            int size = ElementTypes.SizeOf(type);
            byte[] data = [.. Enumerable.Range(0, 32 * size).Select(i => (byte)(type == ElementType.Bool ? i % 2
                : i * 37))];
            string name = ElementTypes.NameOf(type);
            string head = Head(name, 32, data.Length, true);
            Reply reply = await _host.InferAsync(
                $"echo-{name.ToLowerInvariant()}", Join(head, data), ("Inference-Header-Content-Length",
                    $"{head.Length}"));
            Assert.Equal(HttpStatusCode.OK, reply.Status);
            Assert.Equal(data, reply.Body[int.Parse(reply.Header("Inference-Header-Content-Length")!)..]);
        }
    }

    [Fact]
    public async Task Empty_binary_outputs_need_no_header()
    {
        const string Head = """{"inputs":[{"name":"x","datatype":"FP16","shape":[0],"parameters":""" +
            """{"binary_data_size":0}}],"outputs":[{"name":"y","parameters":{"binary_data":true}}]}""";
        Reply reply = await _host.InferAsync("echo-fp16", Join(Head), ("Inference-Header-Content-Length",
            $"{Head.Length}"));
        Assert.Contains("\"binary_data_size\":0", reply.Text, StringComparison.Ordinal);
        Assert.Equal("application/json", reply.Header("Content-Type"));
        Assert.Null(reply.Header("Inference-Header-Content-Length"));
    }

    [Theory]
    [InlineData("echo-fp16", "FP16", "JSON cannot hold; use the binary")]
    [InlineData("echo-bf16", "BF16", "JSON cannot hold; use the binary")]
    public async Task Half_floats_never_come_back_as_JSON(string model, string type, string sentence)
    {
        string head = Head(type, 1, 2, false);
        Reply reply = await _host.InferAsync(model, Join(head, [1, 2]), ("Inference-Header-Content-Length",
            $"{head.Length}"));
        Assert.Equal(HttpStatusCode.BadRequest, reply.Status);
        Assert.Contains(sentence, reply.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Strings_that_are_not_UTF8_come_back_as_binary_alone()
    {
        const string Head = """{"inputs":[{"name":"x","datatype":"BYTES","shape":[2],"parameters":""" +
            """{"binary_data_size":11}}]}""";
        Reply reply = await _host.InferAsync("echo-bytes", Join(Head, s_strings), ("Inference-Header-Content-Length",
            $"{Head.Length}"));
        Assert.Equal(HttpStatusCode.BadRequest, reply.Status);
        Assert.Contains("not UTF-8", reply.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("echo-fp32", 12, "[3]")]
    [InlineData("echo-fp32", 0, "[0]")]
    [InlineData("scalar", 4, "[]")]
    public async Task A_raw_request_is_the_tensor_alone(string model, int size, string shape)
    {
        byte[] body = s_floats[..size];
        Reply reply = await _host.InferAsync(model, body, ("Inference-Header-Content-Length", "0"));
        string json = Answer(model, $"{{\"name\":\"y\",\"datatype\":\"FP32\",\"shape\":{shape}," +
            $"\"parameters\":{{\"binary_data_size\":{size}}}}}");
        Assert.Equal(Join(json, body), reply.Body);
    }

    [Fact]
    public async Task A_raw_string_has_no_length_before_it()
    {
        Reply reply = await _host.InferAsync("text", [0xff, 0x00], ("Inference-Header-Content-Length", "0"));
        Assert.Equal((byte[])[2, 0, 0, 0, 0xff, 0x00], reply.Body[^6..]);
    }

    [Theory]
    [InlineData("pair", 4, "one input")]
    [InlineData("square", 4, "several variable dimensions")]
    [InlineData("texts", 4, "more than one string")]
    [InlineData("echo-fp32", 5, "the data is 5")]
    [InlineData("scalar", 8, "the data is 8")]
    public async Task A_raw_request_that_does_not_fit_is_refused(string model, int size, string sentence)
    {
        Reply reply = await _host.InferAsync(model, new byte[size], ("Inference-Header-Content-Length", "0"));
        Assert.Equal(HttpStatusCode.BadRequest, reply.Status);
        Assert.Contains(sentence, reply.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Large_tensors_pass_in_both_directions()
    {
        byte[] data = new byte[8 * 1024 * 1024];
        new Random(1).NextBytes(data);
        string head = Head("UINT8", data.Length, data.Length, true);
        Reply reply = await _host.InferAsync("echo-uint8", Join(head, data), ("Inference-Header-Content-Length",
            $"{head.Length}"));
        Assert.True(data.AsSpan().SequenceEqual(reply.Body.AsSpan(reply.Body.Length - data.Length)));
    }
}
