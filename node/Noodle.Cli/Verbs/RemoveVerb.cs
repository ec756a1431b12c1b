using System.CommandLine;
using Noodle.Cli.CommandLine;
using Noodle.Client;

namespace Noodle.Cli.Verbs;

/// <summary><c>noodle rm NAME</c></summary>
internal static class RemoveVerb
{
    private static readonly Argument<string> s_name = new("NAME") { Description = "Name of a deployed model" };

    public static Command Create()
    {
        var verb = new Command("rm", "Remove a model from the mesh") { s_name, SharedOptions.Node, SharedOptions.Data };
        verb.SetAction(async (parsed, cancellation) =>
        {
            using NoodleClient client = NodeAddress.Connect(parsed);
            string name = parsed.GetValue(s_name)!;
            await client.RemoveAsync(name, cancellation);
            await Console.Error.WriteLineAsync($"removed {Output.SafeText.Clean(name)}");
        });
        return verb;
    }
}
