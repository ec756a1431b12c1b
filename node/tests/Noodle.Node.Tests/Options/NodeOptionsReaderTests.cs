using Noodle.Node.Options;

namespace Noodle.Node.Tests.Options;

public sealed class NodeOptionsReaderTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("noodle-options-").FullName;

    public static TheoryData<string, string, string> Wrong => new()
    {
        { "httpPort", "65536", "httpPort is '65536'; it takes a whole number from 0 to 65535" },
        { "httpPort", "-1", "httpPort" },
        { "meshPort", "x", "meshPort is 'x'" },
        { "beaconPort", "0", "beaconPort is '0'; it takes a whole number from 1 to 65535" },
        { "lan", "perhaps", "lan is 'perhaps'; it takes true or false" },
        { "joinTimeout", "0", "joinTimeout" },
        { "joinTimeout", "NaN", "joinTimeout" },
        { "joinTimeout", "3601", "joinTimeout" },
        { "drainTimeout", "-1", "drainTimeout" },
        { "maxRequestBytes", "1023", "maxRequestBytes" },
        { "maxBufferBytes", "1", "maxBufferBytes" },
        { "join", "nowhere:0", "join names 'nowhere:0'" },
        { "join", "[fe80::1]:7946", "fe80::1 is a link-local address" },
        { "join", "srv:", "srv:_noodle._tcp.DOMAIN" },
        { "nameServers", "dns.example", "nameServers names 'dns.example'; it takes addresses" },
        { "nameServers", string.Join(',', Enumerable.Range(1, 9).Select(i => $"10.0.0.{i}")), "at most 8" },
        { "join", string.Join(',', Enumerable.Range(1, 65).Select(i => $"h{i}")), "join names 65 addresses" },
    };

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [MemberData(nameof(Wrong))]
    public void A_wrong_value_is_named_with_what_it_takes(string setting, string value, string fault)
    {
        var error = Assert.Throws<NodeOptionsException>(() => Read(null, [], (setting, value)));
        Assert.Contains(fault, Assert.Single(error.Faults), StringComparison.Ordinal);
        Assert.Equal(error.Message, error.Faults[0]);
    }

    [Fact]
    public void Every_fault_of_every_source_is_listed_at_once()
    {
        string file = Write("""{"lan": "perhaps", "colour": "red"}""");
        var error = Assert.Throws<NodeOptionsException>(
            () => Read(file, [("NOODLE_SPEED", "9"), ("NOODLE_BEACON_PORT", "0")], ("httpPort", "x"), ("meshPort",
                "y")));
        Assert.Equal(6, error.Faults.Count);
        Assert.All(
            ["lan", "'colour'", "NOODLE_SPEED", "beaconPort", "httpPort", "meshPort"],
            name => Assert.Contains(error.Faults, fault => fault.Contains(name, StringComparison.Ordinal)));
        Assert.StartsWith("6 settings are wrong:\n", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Later_sources_win_and_names_are_the_same_in_all()
    {
        string file = Write("""{"httpPort": 1, "meshPort": 2, "beaconPort": 3, "join": ["a:1", "b"], "lan": true}""");
        NodeOptions options = Read(file, [("NOODLE_MESH_PORT", "4"), ("NOODLE_BEACON_PORT", "5"), ("OTHER", "x")],
            ("beaconPort", "6"));
        Assert.Equal((1, 4, 6, true), (options.HttpPort, options.MeshPort, options.BeaconPort, options.Lan));
        Assert.Equal(["a:1", "b"], options.Join);
    }

    [Fact]
    public void Every_setting_can_be_given_in_the_environment()
    {
        NodeOptions options = Read(null,
        [
            ("NOODLE_DATA", "/d"), ("NOODLE_TOKEN_FILE", "/t"), ("NOODLE_LAN", "yes"), ("NOODLE_JOIN", "a, b:2,a"),
            ("NOODLE_MULTICAST", "off"), ("NOODLE_BEACON_PORT", "7"), ("NOODLE_HTTP_PORT", "0"), ("NOODLE_MESH_PORT",
                "8"),
            ("NOODLE_JOIN_TIMEOUT", "1.5"), ("NOODLE_DRAIN_TIMEOUT", "00:01:00"), ("NOODLE_MAX_REQUEST_BYTES", "1024"),
            ("NOODLE_MAX_MODEL_BYTES", "1024"), ("NOODLE_MAX_BUFFER_BYTES", "16777216"), ("NOODLE_NODE", "http://x"),
            ("NOODLE_NAME_SERVERS", "192.0.2.1, [::1]:5353"),
        ]);
        Assert.Equal(["a", "b:2"], options.Join);
        Assert.Equal(
            new NodeOptions
            {
                Data = "/d", TokenFile = "/t", Lan = true, Multicast = false, BeaconPort = 7, HttpPort = 0, MeshPort =
                    8,
                JoinTimeout = TimeSpan.FromSeconds(1.5), DrainTimeout = TimeSpan.FromMinutes(1), MaxRequestBytes = 1024,
                MaxModelBytes = 1024, MaxBufferBytes = 16 << 20, Join = options.Join,
                NameServers = options.NameServers,
            },
            options);
        Assert.Equal(["192.0.2.1:53", "[::1]:5353"], options.NameServers.Select(server => server.ToString()));
    }

    [Fact]
    public void Without_any_setting_the_defaults_hold()
    {
        NodeOptions options = Read(null, [("NOODLE_DATA", " ")]);
        Assert.Equal(new NodeOptions { Join = options.Join, NameServers = options.NameServers }, options);
        Assert.Empty(options.Join);
        Assert.Empty(options.NameServers);
    }

    [Fact]
    public void The_same_port_for_two_things_is_refused_unless_it_is_any()
    {
        Assert.Throws<NodeOptionsException>(() => Read(null, [], ("httpPort", "9000"), ("meshPort", "9000")));
        Assert.Equal(0, Read(null, [], ("httpPort", "0"), ("meshPort", "0")).HttpPort);
    }

    [Fact]
    public void A_file_that_is_missing_a_folder_or_not_json_is_named()
    {
        string missing = Path.Combine(_folder, "missing.json");
        Assert.Contains(missing, Fault(missing), StringComparison.Ordinal);
        Assert.Contains(_folder, Fault(_folder), StringComparison.Ordinal);
        string text = Write("lan = true");
        Assert.Contains("is not JSON", Fault(text), StringComparison.Ordinal);

        string Fault(string file) => Assert.Single(Assert.Throws<NodeOptionsException>(() => Read(file, [])).Faults);
    }

    private static NodeOptions Read(
        string? file, (string Name, string Value)[] environment, params (string Name, string Value)[] flags) =>
        NodeOptionsReader.Read(
            file,
            environment.Select(entry => KeyValuePair.Create(entry.Name, entry.Value)),
            flags.Select(entry => KeyValuePair.Create(entry.Name, (string?)entry.Value)));

    private string Write(string json)
    {
        string path = Path.Combine(_folder, Guid.NewGuid() + ".json");
        File.WriteAllText(path, json);
        return path;
    }
}
