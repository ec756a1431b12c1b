namespace Noodle.Cli.CommandLine;

/// <summary>Ends a verb with one sentence on standard error and an exit status.</summary>
internal sealed class CliException(int exitCode, string message, Exception? inner = null) : Exception(message, inner)
{
    public int ExitCode { get; } = exitCode;
}
