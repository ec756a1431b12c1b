using System.ComponentModel;
using System.Diagnostics;

namespace Noodle.Tidy.Tests;

/// <summary>The files of this repository as they lie on disk, read once.</summary>
internal static class Repository
{
    private static readonly string[] s_notOurs =
        [".git", ".vs", ".idea", "bin", "obj", "artifacts", "TestResults", "node_modules", "__pycache__"];

    private static readonly string[] s_binary =
    [
        ".onnx", ".npy", ".npz", ".png", ".jpg", ".ico", ".pb", ".pt", ".pt2", ".tflite", ".bin", ".woff2", ".gz",
        ".zip",
    ];

    private static readonly Lazy<IReadOnlyList<string>> s_paths = new(FindPaths);
    private static readonly Lazy<IReadOnlyList<SourceFile>> s_texts = new(ReadTexts);

    public static string Root { get; } = FindRoot();

    /// <summary>Every file that is, or is about to be, in the repository.</summary>
    public static IReadOnlyList<string> Paths => s_paths.Value;

    /// <summary>Those of them that hold text.</summary>
    public static IReadOnlyList<SourceFile> Texts => s_texts.Value;

    public static IEnumerable<SourceFile> CSharp => Texts.Where(f => f.IsCSharp);

    public static IEnumerable<SourceFile> Projects => Texts.Where(f => f.IsProject);

    public static bool Exists(string path) => Path.Exists(Path.Combine(Root, path));

    public static byte[] Bytes(string path) => File.ReadAllBytes(Path.Combine(Root, path));

    private static string FindRoot()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Noodle.slnx")))
            {
                return folder.FullName;
            }
        }

        throw new DirectoryNotFoundException($"No Noodle.slnx in or above {AppContext.BaseDirectory}.");
    }

    // Git knows what is ignored; a source archive without git is walked, less the folders that builds make.
    private static List<string> FindPaths() =>
        [.. (PathsFromGit() ?? Walk(new DirectoryInfo(Root))).Where(p => File.Exists(Path.Combine(Root, p)))
            .Order(StringComparer.Ordinal)];

    private static string[]? PathsFromGit()
    {
        if (!Path.Exists(Path.Combine(Root, ".git")))
        {
            return null;
        }

        ProcessStartInfo git = new("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        {
            WorkingDirectory = Root,
            RedirectStandardOutput = true,
        };
        try
        {
            using Process? process = Process.Start(git);
            string? output = process?.StandardOutput.ReadToEnd();
            process?.WaitForExit();
            return process is { ExitCode: 0 } ? output?.Split('\0', StringSplitOptions.RemoveEmptyEntries) : null;
        }
        catch (Win32Exception)
        {
            return null; // no git on this machine
        }
    }

    private static IEnumerable<string> Walk(DirectoryInfo folder) =>
        folder.EnumerateFiles().Select(f => Path.GetRelativePath(Root, f.FullName).Replace('\\', '/'))
            .Concat(folder.EnumerateDirectories()
                .Where(d => !s_notOurs.Contains(d.Name) && d.LinkTarget is null).SelectMany(Walk));

    private static List<SourceFile> ReadTexts() =>
        [.. Paths.Where(p => !s_binary.Contains(Path.GetExtension(p)))
            .Select(p => new SourceFile(p, File.ReadAllText(Path.Combine(Root, p))))];
}
