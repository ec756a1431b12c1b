using System.CommandLine;
using Noodle.Cli.CommandLine;
using Noodle.Cli.Output;
using Noodle.Client;
using Noodle.Client.Control;

namespace Noodle.Cli.Verbs;

/// <summary><c>noodle token create|ls|revoke</c></summary>
internal static class TokenVerb
{
    private static readonly Option<string> s_ttl = new("--ttl")
    {
        Description = "How long it lasts, 1s to 365d",
        HelpName = "LENGTH",
        DefaultValueFactory = _ => "24h",
    };

    private static readonly Option<int> s_uses = new("--uses")
    {
        Description = "How many nodes it admits, 0 for any number",
        HelpName = "N",
    };

    private static readonly Argument<string> s_id = new("ID") { Description = "Id of a token, as `token ls` lists it" };

    public static Command Create() => new("token", "Make, list and revoke the tokens that let nodes join")
    {
        CreateToken(), List(), Revoke(),
    };

    private static Command CreateToken()
    {
        var verb = new Command("create", "Make a join token and print it, this once, on standard output")
        {
            s_ttl, s_uses, SharedOptions.Role, SharedOptions.Node, SharedOptions.Data,
        };
        verb.SetAction(async (parsed, cancellation) =>
        {
            TimeSpan ttl = Length.Parse(parsed.GetValue(s_ttl)!, "--ttl");
            using NoodleClient client = NodeAddress.Connect(parsed);
            var asked = new NewToken
            {
                TtlSeconds = (long)ttl.TotalSeconds, Uses = parsed.GetValue(s_uses),
                Role = parsed.GetValue(SharedOptions.Role)!,
            };
            NewTokenInfo made = await client.CreateTokenAsync(asked, cancellation);
            PrintTrust.Token(parsed, made);
            string uses = made.Uses == 0 ? "any number of nodes" : $"{made.Uses} nodes";
            await Console.Error.WriteLineAsync(
                $"token {made.Id}: admits {uses} as {made.Role} until {made.Expires.ToLocalTime():yyyy-MM-dd HH:mm}; "
                + "it is secret, and not shown again. On the other machine: noodle join, and paste it");
        });
        return verb;
    }

    private static Command List()
    {
        var verb = new Command("ls", "List the join tokens, without their secrets")
        {
            SharedOptions.Node, SharedOptions.Data,
        };
        verb.SetAction(async (parsed, cancellation) =>
        {
            using NoodleClient client = NodeAddress.Connect(parsed);
            PrintTrust.Tokens(parsed, await client.GetTokensAsync(cancellation));
        });
        return verb;
    }

    private static Command Revoke()
    {
        var verb = new Command("revoke", "Make a join token worthless; nodes that it admitted stay")
        {
            s_id, SharedOptions.Node, SharedOptions.Data,
        };
        verb.SetAction(async (parsed, cancellation) =>
        {
            using NoodleClient client = NodeAddress.Connect(parsed);
            string id = parsed.GetValue(s_id)!;
            await client.RevokeTokenAsync(id, cancellation);
            await Console.Error.WriteLineAsync($"revoked token {SafeText.Clean(id)}");
        });
        return verb;
    }
}
