using Microsoft.Extensions.Primitives;
using Noodle.Serving.Bodies;
using Noodle.Serving.Wire;

namespace Noodle.Serving.Tests;

public sealed class SmallPartTests
{
    [Theory]
    [InlineData("plain name", "plain name")]
    [InlineData("é漢", "é漢")]
    [InlineData("a\r\nb\tc\0", "a??b?c?")]
    [InlineData("\u001b[31mred\u009b", "?[31mred?")]
    [InlineData("\u202eabc\u2028", "?abc?")]
    public void Text_for_people_has_no_commands_in_it(string text, string clean) =>
        Assert.Equal(clean, PlainText.Clean(text));

    [Fact]
    public void Text_is_cut() => Assert.Equal(new string('x', 128), PlainText.Clean(new string('x', 5000)));

    public static TheoryData<string[], string> Accepts => new()
    {
        { [], "Identity" },
        { [""], "Identity" },
        { ["gzip"], "Gzip" },
        { ["GZIP"], "Gzip" },
        { ["x-gzip"], "Gzip" },
        { ["deflate"], "Deflate" },
        { ["deflate, gzip"], "Gzip" },
        { ["deflate", "gzip;q=0.5"], "Deflate" },
        { ["gzip;q=0"], "Identity" },
        { ["gzip;q=x, deflate;q=0.1"], "Deflate" },
        { ["br, zstd"], "Identity" },
        { ["identity"], "Identity" },
        { [" gzip ; q=1.0 "], "Gzip" },
    };

    [Theory]
    [MemberData(nameof(Accepts))]
    public void The_best_liked_coding_is_chosen(string[] header, string coding) =>
        Assert.Equal(coding, ContentCodings.Choose(new StringValues(header)).ToString());

    [Fact]
    public void A_log_takes_ten_lines_a_second_and_counts_the_rest()
    {
        var clock = new HandClock();
        var limit = new LogLimit(clock);
        for (int i = 0; i < 30; i++)
        {
            Assert.Equal(i < LogLimit.LinesPerSecond, limit.TryTake(out long suppressed));
            Assert.Equal(Math.Max(0, i - LogLimit.LinesPerSecond), suppressed);
        }

        clock.Now += 7_000;
        Assert.True(limit.TryTake(out long kept));
        Assert.Equal(20, kept);
        Assert.True(limit.TryTake(out kept));
        Assert.Equal(0, kept);
    }

    [Fact]
    public void A_writer_writes_any_text_as_JSON() => Gen.String.Sample(text =>
    {
        string valid = System.Text.Encoding.UTF8.GetString(System.Text.Encoding.UTF8.GetBytes(text));
        using var writer = new PooledWriter(1 << 20);
        writer.WriteString(text);
        Assert.Equal(valid, System.Text.Json.JsonSerializer.Deserialize<string>(writer.Written.Span));
    });

    [Fact]
    public void A_long_text_passes_the_writer_too()
    {
        string text = new('\u20ac', 10_000);
        using var writer = new PooledWriter(1 << 20);
        writer.WriteString(text);
        Assert.Equal(text, System.Text.Json.JsonSerializer.Deserialize<string>(writer.Written.Span));
        Assert.False(writer.Overflowed);
    }

    [Theory]
    [InlineData("0", true, true)]
    [InlineData("-0", true, true)]
    [InlineData("10", true, true)]
    [InlineData("1.5e+3", true, false)]
    [InlineData("1E5", true, false)]
    [InlineData("", false, true)]
    [InlineData("-", false, true)]
    [InlineData("00", false, true)]
    [InlineData("1e+", false, false)]
    [InlineData("1x", false, true)]
    [InlineData("0x1", false, true)]
    public void Numbers_are_written_as_JSON_writes_them(string text, bool isNumber, bool isWhole)
    {
        Assert.Equal(isNumber, JsonScalars.IsNumber(System.Text.Encoding.ASCII.GetBytes(text), out bool whole));
        Assert.Equal(isWhole, whole);
    }

    /// <summary>Ticks seven thousand times a second, which no code may assume.</summary>
    private sealed class HandClock : TimeProvider
    {
        public long Now { get; set; }

        public override long TimestampFrequency => 7_000;

        public override long GetTimestamp() => Now;
    }
}
