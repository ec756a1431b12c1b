using System.CommandLine;
using System.Globalization;
using Noodle.Cli.CommandLine;
using Noodle.Client.Control;

namespace Noodle.Cli.Output;

/// <summary>What the verbs of trust print on standard output.</summary>
internal static class PrintTrust
{
    /// <summary>The one place where a token's secret is printed: alone on its line, so that it can be piped
    /// on.</summary>
    public static void Token(ParseResult parsed, NewTokenInfo token)
    {
        if (parsed.IsJson())
        {
            Print.Json(printer => printer.Print(token, TrustJson.Default.NewTokenInfo));
            return;
        }

        Console.WriteLine(token.Token);
    }

    public static void Tokens(ParseResult parsed, IReadOnlyList<TokenInfo> tokens)
    {
        if (parsed.IsJson())
        {
            Print.Json(printer => printer.Print(tokens, TrustJson.Default.IReadOnlyListTokenInfo));
            return;
        }

        TablePrinter.ForConsole().Print(
            ["token", "state", "role", "used", "expires"],
            [.. tokens.Select(token => new[]
            {
                token.Id, token.State, token.Role,
                token.Uses == 0 ? Number(token.Used) : $"{Number(token.Used)}/{Number(token.Uses)}",
                token.Expires.ToLocalTime().ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture),
            })]);
    }

    public static void GossipKeys(ParseResult parsed, GossipKeysInfo keys)
    {
        if (parsed.IsJson())
        {
            Print.Json(printer => printer.Print(keys, TrustJson.Default.GossipKeysInfo));
            return;
        }

        TablePrinter.ForConsole().Print(
            ["node", "epoch", $"of {Number((int)keys.Epoch)} ({keys.Phase})"],
            [.. keys.Nodes.Select(node => new[]
            {
                node.Node, node.Epoch is { } epoch ? Number((int)epoch) : "",
                node.Epoch >= keys.Epoch ? "yes" : "not yet",
            })]);
    }

    public static void Waiting(ParseResult parsed, IReadOnlyList<WaitingInfo> waiting)
    {
        if (parsed.IsJson())
        {
            Print.Json(printer => printer.Print(waiting, TrustJson.Default.IReadOnlyListWaitingInfo));
            return;
        }

        TablePrinter.ForConsole().Print(
            ["node", "address"], [.. waiting.Select(node => new[] { node.Node, node.Address })]);
    }

    public static void Admitted(ParseResult parsed, AdmittedInfo admitted)
    {
        if (parsed.IsJson())
        {
            Print.Json(printer => printer.Print(admitted, TrustJson.Default.AdmittedInfo));
            return;
        }

        Console.WriteLine($"admitted {SafeText.Clean(admitted.Node)}");
    }

    private static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);
}
