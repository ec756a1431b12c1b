namespace Noodle.Cli.CommandLine;

/// <summary>What the exit status of <c>noodle</c> means. The numbers never change.</summary>
internal static class ExitCodes
{
    public const int Success = 0;

    /// <summary>What was asked for could not be done; the reason is on standard error.</summary>
    public const int Failed = 1;

    /// <summary>The command line, a setting or an input file is wrong.</summary>
    public const int Usage = 2;

    /// <summary>No node answers at the address.</summary>
    public const int NoNode = 3;

    /// <summary>There is no model of that name.</summary>
    public const int NotFound = 4;

    /// <summary>Stopped by Ctrl-C or SIGTERM before it was done.</summary>
    public const int Interrupted = 130;
}
