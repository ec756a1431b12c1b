using System.CommandLine;
using Noodle.Cli.CommandLine;
using Noodle.Cli.Output;
using Noodle.Client;
using Noodle.Client.Control;
using NoodleNet.Trust;

namespace Noodle.Cli.Verbs;

/// <summary><c>noodle admit [NODE]</c></summary>
internal static class AdmitVerb
{
    private static readonly Argument<string?> s_node = new("NODE")
    {
        Description = "Id, short name or HOST:PORT of a node that waits; without it, those that are heard are listed",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private static readonly Option<string?> s_fingerprint = new("--fingerprint")
    {
        Description = "What the waiting node's own screen shows (else it is asked for)",
        HelpName = "XXXX-XXXX-XXXX-XXXX",
    };

    public static Command Create()
    {
        var verb = new Command("admit", "Take a node that waits with `noodle join` into the mesh")
        {
            s_node, s_fingerprint, SharedOptions.Role, SharedOptions.Node, SharedOptions.Data,
        };
        verb.SetAction(async (parsed, cancellation) =>
        {
            using NoodleClient client = NodeAddress.Connect(parsed);
            await (parsed.GetValue(s_node) is { } node ? AdmitAsync(parsed, client, node, cancellation)
                : ListAsync(parsed, client, cancellation));
        });
        return verb;
    }

    private static async Task ListAsync(ParseResult parsed, NoodleClient client, CancellationToken cancellation)
    {
        PrintTrust.Waiting(parsed, await client.GetWaitingAsync(cancellation));
        TrustInfo trust = await client.GetTrustAsync(cancellation);
        await Console.Error.WriteLineAsync($"this mesh has the fingerprint {trust.Fingerprint}");
    }

    private static async Task AdmitAsync(
        ParseResult parsed, NoodleClient client, string node, CancellationToken cancellation)
    {
        string role = parsed.GetValue(SharedOptions.Role)!;
        string? fingerprint = parsed.GetValue(s_fingerprint);
        AdmittedInfo met = await client.AdmitAsync(new NewAdmission { Node = node, Role = role }, cancellation);
        fingerprint ??= Ask(met);
        if (!TypedFingerprint.TryParse(fingerprint, out _))
        {
            throw new CliException(ExitCodes.Usage,
                "A fingerprint has four groups of four letters, such as ABCD-EFGH-2345-WXYZ.");
        }

        await Console.Error.WriteLineAsync(
            $"asking {SafeText.Clean(met.Node)}; its screen must show this mesh's fingerprint: {met.Mesh}");
        AdmittedInfo admitted = await client.AdmitAsync(
            new NewAdmission { Node = node, Role = role, Fingerprint = fingerprint }, cancellation);
        PrintTrust.Admitted(parsed, admitted);
    }

    // Not shown and confirmed with a key, but typed: who only presses y has compared nothing.
    private static string Ask(AdmittedInfo met)
    {
        if (Console.IsInputRedirected)
        {
            throw new CliException(ExitCodes.Usage,
                "Nobody can be asked here: read the fingerprint from the waiting node and give it with --fingerprint.");
        }

        Console.Error.Write($"Type the fingerprint that {SafeText.Clean(met.Node)} shows on its own screen: ");
        return Console.ReadLine() ?? "";
    }
}
