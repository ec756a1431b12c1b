using System.CommandLine;
using Microsoft.Extensions.Logging.Abstractions;
using Noodle.Cli.CommandLine;
using Noodle.Cli.Output;
using Noodle.Node.Options;
using Noodle.Node.Trust;
using NoodleNet.Runtime.Storage;
using NoodleNet.Runtime.Trust;
using NoodleNet.Trust;

namespace Noodle.Cli.Verbs;

/// <summary><c>noodle join [TOKEN] [HOST:PORT …]</c>: becomes a member of a mesh, and is one until told to
/// stop.</summary>
/// <remarks>
/// A token is never an argument: every user of a machine sees the arguments of its programs, and shells keep them. It
/// is
/// pasted where it is asked for, or comes from standard input, a file, or <c>NOODLE_TOKEN</c>.
/// </remarks>
internal static class JoinVerb
{
    private static readonly Argument<string[]> s_from = new("TOKEN-FILE|- HOST:PORT")
    {
        Description = "File with a join token, or - for standard input (else NOODLE_TOKEN, else it is asked for); then "
            + "mesh addresses of any members, where multicast does not find them",
        Arity = ArgumentArity.ZeroOrMore,
    };

    private static readonly Option<bool> s_wait = new("--wait")
    {
        Description = "Have no token: wait until an admin admits this node with `noodle admit`",
    };

    private static readonly Option<string?> s_mesh = new("--mesh")
    {
        Description = "With --wait: fingerprint of the mesh to accept, as `noodle admit` shows it (else asked for)",
        HelpName = "XXXX-XXXX-XXXX-XXXX",
    };

    public static Command Create()
    {
        var verb = new Command("join", "Join a mesh with a token, or wait to be admitted, and run a node of it")
        {
            s_from, s_wait, s_mesh,
        };
        UpVerb.AddSettings(verb);
        verb.SetAction(RunAsync);
        return verb;
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellation)
    {
        JoinSource source = JoinSource.Read(
            parsed.GetValue(s_from) ?? [], Environment.GetEnvironmentVariable("NOODLE_TOKEN"), parsed.GetValue(s_wait),
            Console.IsInputRedirected ? null : SecretPrompt.Read, Console.In);
        NodeOptions options = UpVerb.ReadOptions(parsed, new Dictionary<string, string?>
        {
            ["lan"] = source.IsLocal ? "false" : "true",
            ["join"] = string.Join(',', source.Addresses),
        });
        if (source.Token is { } token)
        {
            string path = options.TokenFile ?? Path.Combine(NodeFolder.ResolveRoot(options.Data), "token");
            Keep(token, path);
            // Whoever names no address finds the mesh by multicast, and founds none in its place: the token is there.
            return await UpVerb.RunAsync(parsed, options, cancellation);
        }

        await WaitAsync(parsed, options, cancellation);
        return await UpVerb.RunAsync(parsed, options, cancellation);
    }

    /// <summary>Writes a token where the node looks for it.</summary>
    internal static void Keep(MeshToken token, string path)
    {
        if (MeshToken.Load(path) is { } other && other.Mesh != token.Mesh)
        {
            throw new CliException(ExitCodes.Failed,
                $"'{path}' holds the token of mesh {other.Mesh}, and this one is for mesh {token.Mesh}; "
                + "choose another folder with --data.");
        }

        AtomicFile.CreateFolder(Path.GetDirectoryName(Path.GetFullPath(path))!);
        token.Save(path);
    }

    private static async Task WaitAsync(ParseResult parsed, NodeOptions options, CancellationToken cancellation)
    {
        string? given = parsed.GetValue(s_mesh);
        TypedFingerprint wanted = default;
        if (given is not null && !TypedFingerprint.TryParse(given, out wanted))
        {
            throw new CliException(ExitCodes.Usage,
                "--mesh takes four groups of four letters, such as ABCD-EFGH-2345-WXYZ; `noodle admit` shows them.");
        }

        if (given is null && Console.IsInputRedirected)
        {
            throw new CliException(ExitCodes.Usage,
                "Nobody can be asked here which mesh to accept: give its fingerprint with --mesh; "
                + "`noodle admit` on an admin node shows it.");
        }

        await NodeAdmission.WaitAsync(
            options,
            waiting => Console.Error.WriteLine(
                $"waiting at {waiting.Address} to be admitted as {waiting.Node}\n"
                + $"  on an admin node: noodle admit {waiting.Node.ShortName}\n"
                + $"  this node's fingerprint: {waiting.Fingerprint}"),
            (mesh, _) => Task.FromResult(given is null ? Confirm(mesh) : wanted.ToString() == mesh),
            NullLoggerFactory.Instance, cancellation);
    }

    private static bool Confirm(string mesh)
    {
        Console.Error.Write(
            $"A mesh with the fingerprint {SafeText.Clean(mesh)} offers to take this node. Does `noodle admit` show "
            + "the same letters on the admin's screen? [y/N] ");
        return Console.ReadLine()?.Trim().ToLowerInvariant() is "y" or "yes";
    }
}
