using System.Globalization;
using System.Net;
using Microsoft.Extensions.Configuration;

namespace Noodle.Node.Options;

/// <summary>Turns settings into <see cref="NodeOptions"/>, and lists everything that is wrong with them at
/// once.</summary>
/// <remarks>
/// Meaning: later sources win: a JSON file, then environment variables <c>NOODLE_*</c>, then flags. A setting
/// <c>HttpPort</c> is <c>httpPort</c> in the file, <c>NOODLE_HTTP_PORT</c> in the environment, <c>--http-port</c> as a
/// flag.
/// </remarks>
public sealed class NodeOptionsReader
{
    private const string EnvironmentPrefix = "NOODLE_";
    private const int MaxSeeds = 64;
    private const int MaxNameServers = 8;
    private const int DnsPort = 53;

    // Read by the command line itself, so they are no mistake in the environment.
    private static readonly string[] s_otherVariables = ["NODE", "CONFIG", "REQUIRE_QUIC", "TOKEN"];

    private readonly List<string> _faults;
    private readonly IConfiguration _settings;

    private NodeOptionsReader(IConfiguration settings, List<string> faults) =>
        (_settings, _faults) = (settings, faults);

    /// <summary>Names of all settings, as in the JSON file.</summary>
    public static IReadOnlyList<string> SettingNames { get; } =
    [
        "data", "tokenFile", "lan", "found", "rotateAfterRevocation", "join", "nameServers", "multicast", "beaconPort",
        "httpPort", "meshPort", "joinTimeout", "drainTimeout", "maxRequestBytes", "maxModelBytes", "maxBufferBytes",
    ];

    /// <summary>Reads the options.</summary>
    /// <param name="settings">Flat: setting name to text; <c>join</c> may be a list or separated by commas.</param>
    /// <exception cref="NodeOptionsException">Something is wrong; it names every fault.</exception>
    public static NodeOptions Read(IConfiguration settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        return Read(settings, []);
    }

    /// <summary>Gathers the sources in their order, and reads the options.</summary>
    /// <param name="file">A JSON file; null for none.</param>
    /// <param name="environment">Environment variables.</param>
    /// <param name="flags">Setting names to text, from the command line.</param>
    /// <exception cref="NodeOptionsException">Something is wrong; it names every fault of every source.</exception>
    public static NodeOptions Read(
        string? file, IEnumerable<KeyValuePair<string, string>> environment,
        IEnumerable<KeyValuePair<string, string?>> flags)
    {
        ArgumentNullException.ThrowIfNull(environment);
        ArgumentNullException.ThrowIfNull(flags);
        var builder = new ConfigurationBuilder();
        var faults = new List<string>();
        if (file is not null)
        {
            AddFile(builder, file, faults);
        }

        var variables = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase);
        foreach ((string name, string value) in environment)
        {
            if (!name.StartsWith(EnvironmentPrefix, StringComparison.Ordinal))
            {
                continue;
            }

            string setting = name[EnvironmentPrefix.Length..];
            string plain = setting.Replace("_", "", StringComparison.Ordinal);
            if (SettingNames.Contains(plain, StringComparer.OrdinalIgnoreCase))
            {
                variables[plain] = value;
            }
            else if (!s_otherVariables.Contains(setting))
            {
                faults.Add($"the environment variable {name} names no setting");
            }
        }

        builder.AddInMemoryCollection(variables).AddInMemoryCollection(flags);
        return Read(builder.Build(), faults);
    }

    private static NodeOptions Read(IConfiguration settings, List<string> faults)
    {
        NodeOptions options = new NodeOptionsReader(settings, faults).ReadAll();
        return faults.Count == 0 ? options : throw new NodeOptionsException(faults);
    }

    private static void AddFile(ConfigurationBuilder builder, string file, List<string> faults)
    {
        try
        {
            var parsed = new ConfigurationBuilder().AddJsonFile(Path.GetFullPath(file), optional: false).Build();
            foreach (IConfigurationSection section in parsed.GetChildren())
            {
                if (!SettingNames.Contains(section.Key, StringComparer.OrdinalIgnoreCase))
                {
                    faults.Add($"{file}: '{section.Key}' is no setting; settings are " +
                        $"{string.Join(", ", SettingNames)}");
                }
            }

            builder.AddConfiguration(parsed);
        }
        catch (FileNotFoundException)
        {
            faults.Add($"the configuration file {file} does not exist");
        }
        catch (Exception e) when (e is UnauthorizedAccessException or IOException)
        {
            faults.Add($"the configuration file {file} cannot be read; check its permissions");
        }
        catch (InvalidDataException e)
        {
            faults.Add($"the configuration file {file} is not JSON: {(e.InnerException ?? e).Message}");
        }
    }

    private NodeOptions ReadAll()
    {
        var defaults = new NodeOptions();
        var options = new NodeOptions
        {
            Data = Text("data"),
            TokenFile = Text("tokenFile"),
            Lan = Flag("lan", defaults.Lan),
            Found = Flag("found", defaults.Found),
            RotateAfterRevocation = Flag("rotateAfterRevocation", defaults.RotateAfterRevocation),
            Join = Seeds(),
            NameServers = Servers(),
            Multicast = Flag("multicast", defaults.Multicast),
            BeaconPort = (int)Number("beaconPort", defaults.BeaconPort, 1, 65_535),
            HttpPort = Port("httpPort"),
            MeshPort = Port("meshPort"),
            JoinTimeout = Length("joinTimeout", defaults.JoinTimeout, TimeSpan.FromSeconds(1)),
            DrainTimeout = Length("drainTimeout", defaults.DrainTimeout, TimeSpan.Zero),
            MaxRequestBytes = Number("maxRequestBytes", defaults.MaxRequestBytes, 1 << 10, 1 << 30),
            MaxModelBytes = Size("maxModelBytes", defaults.MaxModelBytes, 1 << 10),
            MaxBufferBytes = Size("maxBufferBytes", defaults.MaxBufferBytes, 16 << 20),
        };
        if (options.HttpPort is > 0 && options.HttpPort == options.MeshPort)
        {
            _faults.Add($"httpPort and meshPort are both {options.HttpPort}; give them different ports");
        }

        return options;
    }

    private string? Text(string name) => string.IsNullOrWhiteSpace(_settings[name]) ? null : _settings[name]!.Trim();

    private bool Flag(string name, bool otherwise)
    {
        switch (Text(name)?.ToLowerInvariant())
        {
            case null:
                return otherwise;
            case "true" or "1" or "yes" or "on":
                return true;
            case "false" or "0" or "no" or "off":
                return false;
            default:
                _faults.Add($"{name} is '{Text(name)}'; it takes true or false");
                return otherwise;
        }
    }

    private int? Port(string name) => Text(name) is null ? null : (int)Number(name, 0, 0, 65_535);

    private long Size(string name, long otherwise, long least) => Number(name, otherwise, least, 1L << 40);

    private long Number(string name, long otherwise, long least, long most)
    {
        if (Text(name) is not { } text)
        {
            return otherwise;
        }

        if (long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long value) &&
            value >= least && value <= most)
        {
            return value;
        }

        _faults.Add($"{name} is '{text}'; it takes a whole number from {least} to {most}");
        return otherwise;
    }

    private TimeSpan Length(string name, TimeSpan otherwise, TimeSpan least)
    {
        if (Text(name) is not { } text)
        {
            return otherwise;
        }

        TimeSpan? value = double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double seconds) &&
            Math.Abs(seconds) < 1e6
            ? TimeSpan.FromSeconds(seconds)
            : TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out TimeSpan parsed) ? parsed : null;
        if (value is { } length && length >= least && length <= TimeSpan.FromHours(1))
        {
            return length;
        }

        _faults.Add($"{name} is '{text}'; it takes seconds or hh:mm:ss, from {least} to 01:00:00");
        return otherwise;
    }

    private List<string> Seeds()
    {
        List<string> seeds = List("join");
        foreach (string seed in seeds)
        {
            if (!MeshAddress.TryParseSeed(seed, out _))
            {
                _faults.Add($"join names '{seed}'; it takes host:port, such as " +
                    $"192.168.1.20:{NodeOptions.DefaultMeshPort}, or srv:_noodle._tcp.DOMAIN");
            }
            else if (MeshAddress.FindFault(seed) is { } fault)
            {
                _faults.Add($"join: {fault}");
            }
        }

        if (seeds.Count > MaxSeeds)
        {
            _faults.Add($"join names {seeds.Count} addresses; it takes at most {MaxSeeds}");
        }

        return seeds;
    }

    private List<IPEndPoint> Servers()
    {
        var servers = new List<IPEndPoint>();
        foreach (string text in List("nameServers"))
        {
            if (IPEndPoint.TryParse(text, out IPEndPoint? server))
            {
                servers.Add(server.Port == 0 ? new IPEndPoint(server.Address, DnsPort) : server);
            }
            else
            {
                _faults.Add($"nameServers names '{text}'; it takes addresses such as 192.168.1.1 or [::1]:5353");
            }
        }

        if (servers.Count > MaxNameServers)
        {
            _faults.Add($"nameServers names {servers.Count} servers; it takes at most {MaxNameServers}");
        }

        return servers;
    }

    private List<string> List(string name)
    {
        IEnumerable<string?> given = _settings.GetSection(name).GetChildren().Select(child => child.Value);
        return [.. given.Append(_settings[name])
            .SelectMany(text => (text ?? "").Split(',',
                StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
            .Distinct(StringComparer.Ordinal)];
    }
}
