using System.Text;
using System.Text.Json;
using Nbc.Tensors;
using Noodle.Cli.Output;
using Noodle.Client;
using Noodle.Client.Control;

namespace Noodle.Cli.Tests;

public sealed class OutputTests
{
    private static string Table(bool framed, bool coloured, params string[][] rows)
    {
        StringWriter output = new() { NewLine = "\n" };
        new TablePrinter(output, framed, coloured).Print(["name", "state"], rows);
        return output.ToString();
    }

    [Fact]
    public void Redirected_tables_are_aligned_columns_without_trailing_spaces() => Assert.Equal(
        "NAME   STATE\nalpha  ok\nb      failed\n",
        Table(false, false, ["alpha", "ok"], ["b", "failed"]));

    [Fact]
    public void A_table_without_rows_is_its_headings() => Assert.Equal("NAME  STATE\n", Table(false, false));

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public void Names_cannot_colour_move_or_mark_up_the_terminal(bool framed, bool coloured)
    {
        string table = Table(framed, coloured, ["[red]x[/]", "a\u001b]0;title\u0007\r\n\u202eb\u2028c"]);
        Assert.Contains("[red]x[/]", table);
        Assert.Contains("a?]0;title????b?c", table);
        Assert.DoesNotContain("\u001b]0", table);
    }

    [Fact]
    public void A_framed_table_without_colours_has_no_escape() =>
        Assert.DoesNotContain('\u001b', Table(true, false, ["a", "b"]));

    [Fact]
    public void A_printer_for_the_console_is_always_there() => Assert.NotNull(TablePrinter.ForConsole());

    [Theory]
    [InlineData("fetching", 37L, 100L, "fetching 37 %")]
    [InlineData("fetching", 999L, 1000L, "fetching 99 %")]
    [InlineData("fetching", 5L, null, "fetching")]
    [InlineData("fetching", null, null, "fetching")]
    [InlineData("ready", 5L, 10L, "ready")]
    public void A_replica_that_is_fetched_says_how_far_it_is(string state, long? done, long? all, string text) =>
        Assert.Equal(text, Print.State(new ReplicaInfo
        {
            Model = "m", Node = "n", State = state, InFlight = 0, Served = 0, ServiceTimeUs = 0,
            FetchedBytes = done, TotalBytes = all,
        }));

    [Fact]
    public void Json_is_one_indented_document()
    {
        using MemoryStream output = new();
        new JsonPrinter(output).Print(new() { Error = "x\u001b" }, ControlJson.Default.ErrorInfo);
        Assert.Equal("{\n  \"error\": \"x\\u001B\"\n}\n", Encoding.UTF8.GetString(output.ToArray()));
    }

    public static TheoryData<ElementType, long[], byte[], string> Tensors => new()
    {
        { ElementType.Bool, [2], [0, 1], "[false,true]" },
        { ElementType.Int8, [2, 1], [255, 1], "[[-1],[1]]" },
        { ElementType.UInt8, [1], [255], "[255]" },
        { ElementType.Int16, [1], [0, 128], "[-32768]" },
        { ElementType.UInt16, [1], [255, 255], "[65535]" },
        { ElementType.Int32, [], [255, 255, 255, 255], "-1" },
        { ElementType.UInt32, [1], [255, 255, 255, 255], "[4294967295]" },
        { ElementType.Int64, [1], [255, 255, 255, 255, 255, 255, 255, 127], "[9223372036854775807]" },
        { ElementType.UInt64, [1], [255, 255, 255, 255, 255, 255, 255, 255], "[18446744073709551615]" },
        { ElementType.Float16, [1], [0x66, 0x2E], "[0.1]" },
        { ElementType.BFloat16, [2], [0x80, 0x3F, 0x80, 0xFF], """[1,"-Infinity"]""" },
        { ElementType.Float32, [2], [0xCD, 0xCC, 0xCC, 0x3D, 0, 0, 0xC0, 0x7F], """[0.1,"NaN"]""" },
        { ElementType.Float64, [1], [0x9A, 0x99, 0x99, 0x99, 0x99, 0x99, 0xB9, 0x3F], "[0.1]" },
        { ElementType.String, [2], [1, 0, 0, 0, 97, 1, 0, 0, 0, 255], """["a",{"base64":"/w=="}]""" },
        { ElementType.Float32, [1L << 40, 0], [], "[]" },
    };

    [Theory]
    [MemberData(nameof(Tensors))]
    public void Tensors_are_nested_lists_of_exact_values(ElementType type, long[] shape, byte[] data, string expected)
    {
        using MemoryStream output = new();
        using InferResult result = new()
        {
            Outputs = new TensorSet([new Tensor("y", type, shape, data)]),
            Node = "n", Reason = "r", Attempts = 1, ClientRetries = 2, Compute = TimeSpan.FromMilliseconds(3),
        };
        new JsonPrinter(output).Print("m", result);
        using JsonDocument document = JsonDocument.Parse(output.ToArray());
        JsonElement tensor = document.RootElement.GetProperty("outputs")[0];
        Assert.Equal(expected, JsonSerializer.Serialize(tensor.GetProperty("data")));
        Assert.Equal(ElementTypes.NameOf(type), tensor.GetProperty("datatype").GetString());
        Assert.Equal(shape, tensor.GetProperty("shape").EnumerateArray().Select(size => size.GetInt64()));
        Assert.Equal(3000, document.RootElement.GetProperty("computeUs").GetInt64());
    }
}
