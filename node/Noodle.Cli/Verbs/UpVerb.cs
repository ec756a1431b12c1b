using System.Collections;
using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Noodle.Cli.CommandLine;
using Noodle.Node;
using Noodle.Node.Options;

namespace Noodle.Cli.Verbs;

/// <summary><c>noodle up</c>: starts a node and stays until it is told to stop.</summary>
internal static class UpVerb
{
    private static readonly Option<string?> s_config = new("--config")
    {
        Description = "JSON file with settings; environment variables NOODLE_* and flags win over it",
        HelpName = "FILE",
    };

    private static readonly Option<bool> s_lan = new("--lan")
    {
        Description = "Talk to other machines too, always under mutual TLS (else loopback alone)",
    };

    private static readonly Option<bool> s_found = new("--found")
    {
        Description = "With --lan: found a mesh although another one is heard on the network",
    };

    private static readonly Option<bool> s_noMulticast = new("--no-multicast")
    {
        Description = "Do not look for nodes by multicast; use --join",
    };

    private static readonly Option<string[]> s_join = new("--join")
    {
        Description = "Where a node to join may be: HOST:PORT, HOST, or srv:SERVICE in DNS; may be given several times",
        HelpName = "HOST:PORT",
    };

    // For programs that start a node and must not leave it behind when they die.
    private static readonly Option<bool> s_untilEof = new("--until-eof")
    {
        Description = "Stop when standard input ends",
        Hidden = true,
    };

    // Flags that are handed on as they are: setting, flag, help.
    private static readonly (string Setting, Option<string?> Flag)[] s_plain =
    [
        ("data", SharedOptions.Data),
        ("tokenFile", Text("--token-file", "FILE",
            "Token of the mesh: read when it exists, else written (default: DATA/token)")),
        ("nameServers", Text("--name-servers", "IP[:PORT]",
            "Name servers to ask for --join, separated by commas (default: the system's)")),
        ("httpPort", Text("--http-port", "PORT", "HTTP port, 0 for any (default: the first free one from 8000)")),
        ("meshPort", Text("--mesh-port", "PORT", "Mesh port, TCP and UDP (default: the first free one from 7946)")),
        ("beaconPort", Text("--beacon-port", "PORT", "UDP port of the multicast beacons (default: 7979)")),
        ("joinTimeout", Text("--join-timeout", "SECONDS", "Longest time to look for the mesh (default: 30)")),
        ("drainTimeout", Text("--drain-timeout", "SECONDS", "Longest time to finish calls when stopped (default: 20)")),
    ];

    public static Command Create()
    {
        var verb = new Command("up", "Start a node on this machine and keep it running")
        {
            s_lan, s_found, s_join,
        };
        AddSettings(verb);
        verb.SetAction((parsed, cancellation) =>
            RunAsync(parsed, ReadOptions(parsed, new Dictionary<string, string?>()), cancellation));
        return verb;
    }

    /// <summary>Gives a verb that also starts a node the settings of this one.</summary>
    public static void AddSettings(Command verb)
    {
        verb.Options.Add(s_config);
        verb.Options.Add(s_noMulticast);
        verb.Options.Add(s_untilEof);
        foreach ((_, Option<string?> flag) in s_plain)
        {
            verb.Options.Add(flag);
        }
    }

    private static Option<string?> Text(string name, string helpName, string description) =>
        new(name) { HelpName = helpName, Description = description };

    /// <summary>Starts a node and stays until it is told to stop.</summary>
    public static async Task<int> RunAsync(ParseResult parsed, NodeOptions options, CancellationToken cancellation)
    {
        await using WebApplication app = NodeHost.Build(options);
        await app.StartAsync(cancellation);
        PrintReady(app.Services.GetRequiredService<INodeInformation>(), parsed.IsJson());
        if (parsed.GetValue(s_untilEof))
        {
            _ = StopAtEndOfInputAsync(app);
        }

        var node = app.Services.GetRequiredService<INodeInformation>();
        await app.WaitForShutdownAsync(CancellationToken.None); // the host itself listens for Ctrl-C and SIGTERM
        return node.BrokenPart is { } part
            ? throw new CliException(ExitCodes.Failed,
                $"The node stopped by a defect in its part '{part}'; the log above has it.")
            : ExitCodes.Success;
    }

    private static async Task StopAtEndOfInputAsync(WebApplication app)
    {
        byte[] nothing = new byte[64];
        await using Stream input = Console.OpenStandardInput();
        while (await input.ReadAsync(nothing) > 0)
        {
            // what comes is of no interest, only its end
        }

        app.Lifetime.StopApplication();
    }

    /// <summary>Reads the settings: file, environment, flags, and above them <paramref name="fixed"/>.</summary>
    /// <exception cref="NodeOptionsException">Something is wrong; it names every fault.</exception>
    public static NodeOptions ReadOptions(ParseResult parsed, IReadOnlyDictionary<string, string?> @fixed)
    {
        var flags = new Dictionary<string, string?>();
        foreach ((string setting, Option<string?> flag) in s_plain)
        {
            if (parsed.GetValue(flag) is { } value)
            {
                flags[setting] = value;
            }
        }

        if (parsed.GetValue(s_lan))
        {
            flags["lan"] = "true";
        }

        if (parsed.GetValue(s_found))
        {
            flags["found"] = "true";
        }

        if (parsed.GetValue(s_noMulticast))
        {
            flags["multicast"] = "false";
        }

        if (parsed.GetValue(s_join) is { Length: > 0 } seeds)
        {
            flags["join"] = string.Join(',', seeds);
        }

        foreach ((string setting, string? value) in @fixed)
        {
            flags[setting] = value;
        }

        var environment = Environment.GetEnvironmentVariables().Cast<DictionaryEntry>()
            .Select(entry => KeyValuePair.Create((string)entry.Key, (string?)entry.Value ?? ""));
        string? file = parsed.GetValue(s_config) ?? Environment.GetEnvironmentVariable("NOODLE_CONFIG");
        return NodeOptionsReader.Read(file, environment, flags);
    }

    private static void PrintReady(INodeInformation node, bool json)
    {
        if (json)
        {
            using var stream = Console.OpenStandardOutput();
            using (var writer = new Utf8JsonWriter(stream))
            {
                writer.WriteStartObject();
                writer.WriteBoolean("ready", true);
                writer.WriteString("node", node.Id.ToString());
                writer.WriteString("http", node.Http.ToString());
                writer.WriteString("link", node.Mesh.ToString());
                writer.WriteString("mesh", node.MeshName);
                writer.WriteString("joined", node.Membership);
                writer.WriteString("data", node.Folder);
                writer.WriteEndObject();
            }

            stream.WriteByte((byte)'\n');
            return;
        }

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"ready {node.Http} node {node.Id.ShortName} mesh {node.MeshName} ({node.Membership}) on {node.Mesh}"));
    }
}
