namespace Noodle.Cli.Tests.Processes;

/// <summary>A folder that goes with the test.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public string FullName { get; } = Directory.CreateTempSubdirectory("noodle-cli-tests-").FullName;

    public string File(string name, byte[]? content = null)
    {
        string path = Path.Combine(FullName, name);
        if (content is not null)
        {
            System.IO.File.WriteAllBytes(path, content);
        }

        return path;
    }

    public void Dispose() => Directory.Delete(FullName, recursive: true);
}
