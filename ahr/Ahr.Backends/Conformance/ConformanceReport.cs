namespace Ahr.Backends.Conformance;

/// <summary>How one case ended.</summary>
public enum Verdict
{
    /// <summary>Every output is as it should be.</summary>
    Passed,

    /// <summary>An output is wrong, or the engine broke.</summary>
    Failed,

    /// <summary>The engine says by name that it does not run this.</summary>
    Refused,

    /// <summary>The model draws random numbers: type, shape and range are as they should be.</summary>
    Random,
}

/// <summary>One case and why it did not pass; empty when it did.</summary>
public sealed record ConformanceOutcome(string Name, Verdict Verdict, string Why);

/// <summary>All cases of one run.</summary>
public sealed record ConformanceReport(IReadOnlyList<ConformanceOutcome> Cases)
{
    public int Total => Cases.Count;

    public int Passed => CountOf(Verdict.Passed);

    public int Failed => CountOf(Verdict.Failed);

    public int Refused => CountOf(Verdict.Refused);

    public int Random => CountOf(Verdict.Random);

    private int CountOf(Verdict verdict) => Cases.Count(outcome => outcome.Verdict == verdict);
}
