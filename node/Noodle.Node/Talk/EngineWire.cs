using System.Text;
using Ahr.Backends;
using Google.Protobuf.Collections;
using Noodle.Client.Control;
using NoodleNet.Talk;

namespace Noodle.Node.Talk;

/// <summary>Which engine runs a model, as nodes tell each other and as people ask for it.</summary>
internal static class EngineWire
{
    /// <summary>Sets of input shapes told of one model.</summary>
    public const int MostChoices = 4;

    private const int MaxShapesLength = 256;
    private const int MaxNameLength = 64;
    private const int MostTimes = 8;

    /// <summary>Adds what there is room for.</summary>
    /// <param name="room">Unit: bytes.</param>
    /// <returns>The room that is left.</returns>
    public static int Write(
        IReadOnlyList<EngineChoice> choices, RepeatedField<EngineChoiceReport> reports, int room)
    {
        foreach (EngineChoice choice in choices.Take(MostChoices))
        {
            var report = new EngineChoiceReport
            {
                Shapes = Cut(choice.Shapes, MaxShapesLength),
                Engine = choice.Engine ?? "",
            };
            report.Times.AddRange(choice.Times.Take(MostTimes).Select(time =>
                new EngineTimeReport { Engine = time.Engine, Microseconds = time.Microseconds }));
            int size = report.CalculateSize();
            if (size > room)
            {
                break;
            }

            room -= size;
            reports.Add(report);
        }

        return room;
    }

    public static IReadOnlyList<EngineInfo> Describe(IReadOnlyList<EngineChoice> choices) =>
        [.. choices.Take(MostChoices).Select(choice => new EngineInfo
        {
            Shapes = choice.Shapes,
            Engine = choice.Engine,
            Times = [.. choice.Times.Select(time => Time(time.Engine, time.Microseconds))],
        })];

    /// <summary>What a peer said, cut to what it may say.</summary>
    public static IReadOnlyList<EngineInfo> Describe(RepeatedField<EngineChoiceReport> reports) =>
        [.. reports.Take(MostChoices).Select(report => new EngineInfo
        {
            Shapes = Cut(report.Shapes, MaxShapesLength),
            Engine = report.Engine.Length == 0 ? null : CleanName(report.Engine),
            Times = [.. report.Times.Take(MostTimes).Where(time => double.IsFinite(time.Microseconds))
                .Select(time => Time(CleanName(time.Engine), time.Microseconds))],
        })];

    /// <summary>The name of an engine as a peer wrote it; empty when it is no name.</summary>
    public static string CleanName(string name) =>
        name.Length <= MaxNameLength && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.')
            ? name
            : "";

    private static EngineTimeInfo Time(string engine, double microseconds) =>
        new() { Engine = engine, TimeUs = Math.Round(microseconds, 1) };

    private static string Cut(string text, int most) =>
        Encoding.UTF8.GetByteCount(text) <= most ? text : text[..Math.Min(text.Length, most / 4)] + "…";
}
