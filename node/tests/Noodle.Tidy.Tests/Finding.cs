namespace Noodle.Tidy.Tests;

/// <summary>One broken rule: where, and what to do about it.</summary>
internal sealed record Finding(string Path, int Line, string Message)
{
    public override string ToString() => $"{Path}:{Line}: {Message}";
}

/// <summary>A file of the repository; <see cref="Path"/> is relative to its root, with '/'.</summary>
internal sealed record SourceFile(string Path, string Text)
{
    public string Name => Path[(Path.LastIndexOf('/') + 1)..];

    /// <summary>The folder with a '/' at its end; empty for the root.</summary>
    public string Folder => Path[..(Path.LastIndexOf('/') + 1)];

    public bool IsCSharp => Path.EndsWith(".cs", StringComparison.Ordinal);

    public bool IsProject => Path.EndsWith(".csproj", StringComparison.Ordinal);

    public bool IsMarkdown => Path.EndsWith(".md", StringComparison.Ordinal);

    /// <summary>Lines with their numbers from 1; the empty piece after the last newline is not a line.</summary>
    public IEnumerable<(int Number, string Text)> Lines()
    {
        string[] pieces = Text.Split('\n');
        int count = pieces[^1].Length == 0 ? pieces.Length - 1 : pieces.Length;
        return pieces.Take(count).Select((line, i) => (i + 1, line.TrimEnd('\r')));
    }

    /// <summary>The line, from 1, on which the character at <paramref name="index"/> stands.</summary>
    public int LineAt(int index) => Text.AsSpan(0, index).Count('\n') + 1;
}
