using Ahr.Backends;
using Google.Protobuf.Collections;
using Noodle.Client.Control;
using Noodle.Node.Talk;
using NoodleNet.Talk;

namespace Noodle.Node.Tests.Talk;

public sealed class EngineWireTests
{
    [Fact]
    public void What_is_told_comes_back()
    {
        RepeatedField<EngineChoiceReport> reports = [];
        int room = EngineWire.Write(
            [new("x [1]", "nbc", [new("nbc", 12.34), new("onnxruntime", 56)]), new("x [2]", null, [])], reports, 1_000);
        Assert.InRange(room, 800, 999);
        IReadOnlyList<EngineInfo> told = EngineWire.Describe(reports);
        Assert.Equal([("x [1]", "nbc"), ("x [2]", null)], told.Select(choice => (choice.Shapes, choice.Engine)));
        Assert.Equal([("nbc", 12.3), ("onnxruntime", 56)], told[0].Times.Select(time => (time.Engine, time.TimeUs)));
        Assert.Empty(told[1].Times);
    }

    [Fact]
    public void No_more_is_told_than_there_is_room_for_and_than_is_of_use()
    {
        EngineChoice[] many = [.. Enumerable.Range(0, 50).Select(i => new EngineChoice($"x [{i}]", "nbc", []))];
        RepeatedField<EngineChoiceReport> reports = [];
        EngineWire.Write(many, reports, 10_000);
        Assert.Equal(EngineWire.MostChoices, reports.Count);
        RepeatedField<EngineChoiceReport> none = [];
        Assert.Equal(5, EngineWire.Write(many, none, 5));
        Assert.Empty(none);
    }

    [Fact]
    public void What_a_hostile_peer_says_is_cut_to_what_it_may_say()
    {
        RepeatedField<EngineChoiceReport> reports = [];
        for (int i = 0; i < 100; i++)
        {
            var report = new EngineChoiceReport { Shapes = new string('é', 100_000), Engine = "\e[31mred" };
            report.Times.AddRange(Enumerable.Range(0, 1_000).Select(k =>
                new EngineTimeReport { Engine = new string('x', 1_000), Microseconds = k == 0 ? double.NaN : k }));
            reports.Add(report);
        }

        IReadOnlyList<EngineInfo> told = EngineWire.Describe(reports);
        Assert.Equal(EngineWire.MostChoices, told.Count);
        Assert.All(told, choice => Assert.InRange(choice.Shapes.Length, 1, 65));
        Assert.All(told, choice => Assert.Equal("", choice.Engine));
        Assert.All(told, choice => Assert.Equal(7, choice.Times.Count));
    }

    [Theory]
    [InlineData("onnxruntime", "onnxruntime")]
    [InlineData("nbc-2.0_x", "nbc-2.0_x")]
    [InlineData("two words", "")]
    [InlineData("line\nbreak", "")]
    public void A_name_is_a_name_or_nothing(string said, string name) => Assert.Equal(name, EngineWire.CleanName(said));
}
