using System.Diagnostics;

namespace Noodle.Bench;

/// <summary>One benchmark.</summary>
/// <param name="Name">What is typed, such as <c>tensor-json</c>.</param>
/// <param name="Summary">What is compared with what.</param>
/// <param name="RunAsync">Measures; says how it goes to the writer, never to standard output.</param>
internal sealed record Verb(
    string Name,
    string Summary,
    Func<BenchOptions, TextWriter, CancellationToken, Task<IReadOnlyList<Series>>> RunAsync)
{
    /// <summary>How much is measured when the command line does not say.</summary>
    public BenchOptions Defaults { get; init; } = new(50, 500);

    /// <summary>What the result is held against; empty when it is only told.</summary>
    public IReadOnlyList<Bar> Bars { get; init; } = [];

    /// <summary>Set by a verb with options and a report of its own: it takes what follows its name on the command
    /// line, prints, and gives the exit code. It is then used instead of <see cref="RunAsync"/>.</summary>
    public Func<IReadOnlyList<string>, TextWriter, TextWriter, CancellationToken, Task<int>>? RunOwnAsync
    {
        get; init;
    }

    /// <summary>A verb with options and a report of its own.</summary>
    public static Verb Own(
        string name,
        string summary,
        Func<IReadOnlyList<string>, TextWriter, TextWriter, CancellationToken, Task<int>> runAsync) =>
        new(name, summary, (_, _, _) => throw new UnreachableException()) { RunOwnAsync = runAsync };
}

/// <summary>How much is measured.</summary>
/// <param name="WarmUp">Runs of each subject that are not counted.</param>
/// <param name="Samples">Runs of each subject that are.</param>
internal readonly record struct BenchOptions(int WarmUp, int Samples);
