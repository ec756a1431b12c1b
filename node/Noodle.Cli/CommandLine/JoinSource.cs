using System.Net;
using Noodle.Cli.Output;
using Noodle.Node.Options;
using NoodleNet.Runtime.Trust;

namespace Noodle.Cli.CommandLine;

/// <summary>Where a joining node gets its token from, and where it looks for the mesh.</summary>
/// <param name="Token">Null: it waits to be admitted.</param>
internal sealed record JoinSource(MeshToken? Token, IReadOnlyList<string> Addresses)
{
    private const string TokenStart = "noodle1.";

    /// <summary>True when every address given is on this machine's loopback.</summary>
    public bool IsLocal => Addresses.Count > 0 && Addresses.All(address =>
        MeshAddress.TryParse(address, out string host, out _)
        && (host == "localhost" || (IPAddress.TryParse(host, out IPAddress? ip) && IPAddress.IsLoopback(ip))));

    /// <summary>Reads the arguments of <c>noodle join</c>.</summary>
    /// <param name="variable">What NOODLE_TOKEN says.</param>
    /// <param name="prompt">Asks a person for the token; null where nobody can be asked.</param>
    /// <exception cref="CliException">A token is an argument, or none can be read where one is named.</exception>
    public static JoinSource Read(
        IReadOnlyList<string> arguments, string? variable, bool wait, Func<string, string>? prompt, TextReader input)
    {
        if (arguments.FirstOrDefault(argument => argument.TrimStart().StartsWith(TokenStart, StringComparison.Ordinal))
            is not null)
        {
            throw new CliException(ExitCodes.Usage,
                "A token is not given as an argument: every user of this machine can read those, and the shell keeps "
                + "them. Start `noodle join` and paste it when asked, or pipe it in: noodle join - < FILE");
        }

        string? first = arguments.Count > 0 ? arguments[0] : null;
        bool isNamed = first is not null && (first == "-" || File.Exists(first) || !IsAddress(first));
        string[] addresses = [.. arguments.Skip(isNamed ? 1 : 0)];
        string? text = !isNamed ? variable
            : first == "-" ? input.ReadToEnd()
            : null;
        if (isNamed && first != "-")
        {
            return new JoinSource(
                MeshToken.Load(first!) ?? throw new CliException(ExitCodes.Usage,
                    $"There is no token file '{SafeText.Clean(first!)}'; it is a file, or - for standard input."),
                addresses);
        }

        if (string.IsNullOrWhiteSpace(text) && !isNamed && !wait && prompt is not null)
        {
            text = prompt("Paste the join token (it is not shown), or press Enter to wait until an admin admits this "
                + "node: ");
        }

        if (string.IsNullOrWhiteSpace(text) && !isNamed)
        {
            return new JoinSource(null, addresses);
        }

        return MeshToken.TryParse(text, out MeshToken? token, out string? fault)
            ? new JoinSource(token, addresses)
            : throw new CliException(ExitCodes.Usage, fault);
    }

    // What begins as an IPv6 address does is meant as one, well written or not.
    private static bool IsAddress(string text) => text.StartsWith('[') ||
        (text.Contains(':', StringComparison.Ordinal) && MeshAddress.TryParse(text, out _, out _));
}
