using Ahr.Backends;
using Noodle.Cli.Inputs;
using Noodle.Client;
using Noodle.Node.Hosting;
using Noodle.Node.Options;
using NoodleNet.Runtime.Link;
using NoodleNet.Runtime.Storage;
using NoodleNet.Runtime.Trust;

namespace Noodle.Cli.CommandLine;

/// <summary>Turns what went wrong into one sentence and an exit status; what is not listed is a bug and shows its
/// trace.</summary>
internal static class Failure
{
    public static bool TryDescribe(Exception failure, out int exitCode, out string sentence)
    {
        sentence = failure.Message;
        int? code = failure switch
        {
            CliException known => known.ExitCode,
            NodeOptionsException or InputException => ExitCodes.Usage,
            NoodleException { Fault: NoodleFault.Unavailable, Status: null } => ExitCodes.NoNode,
            NoodleException { Fault: NoodleFault.UnknownModel } => ExitCodes.NotFound,
            NoodleException { Fault: NoodleFault.InvalidInput } => ExitCodes.Usage,
            NoodleException or BackendException or StorageException or TrustException or LinkException =>
                ExitCodes.Failed,
            PortInUseException => ExitCodes.Failed,
            _ => null,
        };
        exitCode = code ?? ExitCodes.Failed;
        return code is not null;
    }
}
