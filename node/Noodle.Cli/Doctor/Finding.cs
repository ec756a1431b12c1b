namespace Noodle.Cli.Doctor;

/// <summary>How a check went.</summary>
internal enum Verdict
{
    /// <summary>Nothing to do.</summary>
    Ok,

    /// <summary>Works, but not as well as it could, or soon no more.</summary>
    Warn,

    /// <summary>Nodes do not see each other because of it.</summary>
    Fail,
}

/// <param name="Check">What was looked at, a word.</param>
/// <param name="Sentence">What was found, and what to do.</param>
internal sealed record Finding(string Check, Verdict Verdict, string Sentence);
