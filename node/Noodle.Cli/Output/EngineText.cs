using System.Globalization;
using Noodle.Client.Control;

namespace Noodle.Cli.Output;

/// <summary>Which engine runs a model, in a cell of a table.</summary>
internal static class EngineText
{
    /// <summary>Such as <c>nbc (x [1, 64]: nbc 41 µs, onnxruntime 66 µs)</c>, a part for each set of shapes.</summary>
    public static string Of(IReadOnlyList<EngineInfo>? engines) =>
        string.Join("; ", (engines ?? []).Select(Of));

    private static string Of(EngineInfo engine)
    {
        string name = engine.Engine ?? "being measured";
        string times = string.Join(", ", engine.Times.Select(time =>
            string.Create(CultureInfo.InvariantCulture, $"{time.Engine} {time.TimeUs:0.#} µs")));
        return (engine.Shapes.Length, times.Length) switch
        {
            (0, 0) => name,
            (0, _) => $"{name} ({times})",
            (_, 0) => $"{name} ({engine.Shapes})",
            _ => $"{name} ({engine.Shapes}: {times})",
        };
    }
}
