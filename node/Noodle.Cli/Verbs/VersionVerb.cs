using System.CommandLine;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Text.Json;
using Noodle.Cli.CommandLine;

namespace Noodle.Cli.Verbs;

/// <summary><c>noodle version</c></summary>
internal static class VersionVerb
{
    public static Command Create()
    {
        var verb = new Command("version", "Print the version of Noodle, of .NET and of the machine");
        verb.SetAction(parsed =>
        {
            string version = typeof(VersionVerb).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!
                .InformationalVersion.Split('+')[0];
            if (parsed.IsJson())
            {
                string platform = JsonSerializer.Serialize(RuntimeInformation.RuntimeIdentifier);
                Console.WriteLine(
                    $$"""{"noodle":"{{version}}","dotnet":"{{Environment.Version}}","platform":{{platform}}}""");
            }
            else
            {
                Console.WriteLine($"noodle {version} (.NET {Environment.Version}, " +
                    $"{RuntimeInformation.RuntimeIdentifier})");
            }
        });
        return verb;
    }
}
