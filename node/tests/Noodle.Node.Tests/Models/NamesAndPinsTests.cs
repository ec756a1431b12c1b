using Ahr.Runtime;
using Noodle.Node.Models;

namespace Noodle.Node.Tests.Models;

public sealed class NamesAndPinsTests
{
    [Theory]
    [InlineData("a", true)]
    [InlineData("Model-1.2_x", true)]
    [InlineData("9", true)]
    [InlineData("", false)]
    [InlineData(".hidden", false)]
    [InlineData("-x", false)]
    [InlineData("a/b", false)]
    [InlineData("..", false)]
    [InlineData("a b", false)]
    [InlineData("grün", false)]
    [InlineData("a\n", false)]
    public void A_name_is_plain_ascii_that_starts_with_a_letter_or_digit(string name, bool valid) =>
        Assert.Equal(valid, ModelNames.IsValid(name));

    [Fact]
    public void A_name_has_at_most_128_characters()
    {
        Assert.True(ModelNames.IsValid(new string('x', 128)));
        Assert.False(ModelNames.IsValid(new string('x', 129)));
    }

    [Fact]
    public void A_digest_is_kept_until_all_who_pinned_it_let_go_once_each()
    {
        var pins = new PinnedDigests();
        IDisposable first = pins.Pin("d"), second = pins.Pin("d");
        first.Dispose();
        first.Dispose();
        Assert.True(pins.Contains("d"));
        Assert.False(pins.TryDelete("d", _ => true));
        second.Dispose();
        Assert.False(pins.Contains("d"));
        Assert.True(pins.TryDelete("d", digest => digest == "d"));
    }

    [Fact]
    public void While_a_file_comes_in_nothing_is_deleted()
    {
        var pins = new PinnedDigests();
        using (pins.PinAll())
        {
            Assert.False(pins.TryDelete("d", _ => throw new InvalidOperationException()));
            Assert.False(pins.Contains("d"));
        }

        Assert.False(pins.TryDelete("d", _ => false));
        Assert.True(pins.TryDelete("d", _ => true));
    }
}
