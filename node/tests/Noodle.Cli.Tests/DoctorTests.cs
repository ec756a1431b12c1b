using System.Net;
using System.Net.Sockets;
using Noodle.Cli.CommandLine;
using Noodle.Cli.Doctor;
using Noodle.Client.Control;

namespace Noodle.Cli.Tests;

public sealed class DoctorTests
{
    private static readonly DateTimeOffset s_now = new(2026, 6, 1, 12, 0, 0, TimeSpan.Zero);

    private static readonly DoctorFacts s_healthy = new()
    {
        Now = s_now,
        Interfaces = [new InterfaceFact("eth0", ["192.0.2.1"], 1500)],
        Multicast = [new MulticastFact("eth0", "192.0.2.1", null)],
        Ports = [new PortFact("mesh", "TCP", 7946, PortUse.Noodle), new PortFact("gossip", "UDP", 7946, PortUse.Free)],
        Firewall = new FirewallFact(null),
        HasQuic = true,
        Certificates = [new CertificateFact("node-1", s_now.AddDays(-1), s_now.AddDays(6))],
        Reached = [new ReachFact("other", 7946, Reach.Open, "")],
        Nodes = [Node("a", NodeStates.Alive) with { Self = true }, Node("b", NodeStates.Alive)],
    };

    public static TheoryData<string, string, string> Illnesses => new()
    {   // which                   verdict and check       what is said
        { "no interface",           "Fail interfaces",      "connect one" },
        { "small packets",          "Warn mtu",             "set its MTU to 1500" },
        { "no multicast",           "Warn multicast",       "--join HOST" },
        { "port taken",             "Warn ports",           "Another program has TCP port 7946" },
        { "ufw",                    "Warn firewall",        "`ufw allow 7946`" },
        { "firewalld",              "Warn firewall",        "UDP port 7979" },
        { "nftables",               "Warn firewall",        "accept TCP and UDP port 7946" },
        { "iptables",               "Warn firewall",        "UDP port 7979" },
        { "clock in the past",      "Fail clock",           "set it" },
        { "clock on its own",       "Warn clock",           "synchronisation" },
        { "clocks apart",           "Fail clock",           "b: its clock is 90 s ahead" },
        { "disk nearly full",       "Warn disk",            "a: 5 % of the disk are free" },
        { "certificate ended",      "Fail certificate",     "join again" },
        { "certificate ends soon",  "Warn certificate",     "renew" },
        { "certificate not begun",  "Fail certificate",     "clock is behind" },
        { "refused",                "Fail reach",           "nothing listens there" },
        { "silent",                 "Fail reach",           "firewall" },
        { "no route",               "Fail reach",           "no way" },
        { "unknown name",           "Fail reach",           "not known" },
        { "no node here",           "Warn mesh",            "noodle up --lan" },
        { "alone",                  "Warn mesh",            "alone" },
        { "gossip only",            "Fail mesh",            "no connection to it" },
        { "frozen",                 "Warn mesh",            "does not answer" },
        { "failed",                 "Fail mesh",            "b failed (port refuses)" },
        { "versions",               "Warn versions",        "1.0, 2.0" },
    };

    [Fact]
    public void A_healthy_machine_has_nothing_to_do() =>
        Assert.All(DoctorRules.Judge(s_healthy), finding => Assert.Equal(Verdict.Ok, finding.Verdict));

    [Theory]
    [MemberData(nameof(Illnesses))]
    public void Each_illness_is_named_with_its_cure(string which, string expected, string said)
    {
        Finding finding = Assert.Single(
            DoctorRules.Judge(Sick(which)), each => each.Verdict != Verdict.Ok);
        Assert.Equal(expected, $"{finding.Verdict} {finding.Check}");
        Assert.Contains(said, finding.Sentence, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_finding_is_a_sentence() => Assert.All(
        Illnesses.SelectMany(row => DoctorRules.Judge(Sick(row.Data.Item1))),
        finding => Assert.True(finding.Sentence[^1] is '.' or '?'));

    [Fact]
    public void An_interface_where_one_family_works_is_well()
    {
        DoctorFacts facts = s_healthy with
        {
            Multicast = [new MulticastFact("lo", "::1", "no route"), new MulticastFact("lo", "127.0.0.1", null)],
        };
        Finding finding = Assert.Single(DoctorRules.Judge(facts), each => each.Check == "multicast");
        Assert.Equal("lo sends and hears multicast from 127.0.0.1.", finding.Sentence);
    }

    [Fact]
    public void Those_who_left_and_strangers_are_no_illness()
    {
        DoctorFacts facts = s_healthy with
        {
            Nodes =
            [
                .. s_healthy.Nodes!, Node("c", NodeStates.Left),
                Node("d", NodeStates.Alive) with { Link = "", RoundTripUs = null },
            ],
        };
        Assert.All(DoctorRules.Judge(facts), finding => Assert.Equal(Verdict.Ok, finding.Verdict));
    }

    [Theory]
    [InlineData("host", "host", 7946)]
    [InlineData("192.0.2.1:99", "192.0.2.1", 99)]
    [InlineData("[2001:db8::1]", "2001:db8::1", 7946)]
    [InlineData("[2001:db8::1]:80", "2001:db8::1", 80)]
    [InlineData("[fe80::1%1]", "fe80::1%1", 7946)]
    public void A_target_is_a_host_and_perhaps_a_port(string text, string host, int port) =>
        Assert.Equal((host, port), DoctorVerb.ParseTarget(text));

    [Theory]
    [InlineData("")]
    [InlineData("host:port")]
    [InlineData("http://host")]
    [InlineData("host/path")]
    [InlineData("[fe80::1]")]
    public void Anything_else_is_no_target(string text) => Assert.Equal(
        ExitCodes.Usage, Assert.Throws<CliException>(() => DoctorVerb.ParseTarget(text)).ExitCode);

    [Fact]
    public async Task An_open_and_a_closed_port_are_told_apart()
    {
        CancellationToken cancellation = TestContext.Current.CancellationToken;
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        int port = ((IPEndPoint)listener.LocalEndpoint).Port;
        Assert.Equal(Reach.Open, (await Surroundings.ReachAsync(("127.0.0.1", port), cancellation)).Reach);
        listener.Stop();
        Assert.Equal(Reach.Refused, (await Surroundings.ReachAsync(("127.0.0.1", port), cancellation)).Reach);
        Assert.Equal(
            Reach.UnknownName, (await Surroundings.ReachAsync(("no-such-host.invalid", port), cancellation)).Reach);
    }

    [Fact]
    public void A_port_is_free_when_nobody_has_it_in_either_family()
    {
        Assert.SkipUnless(Socket.OSSupportsIPv6, "this machine has no IPv6");
        using var listener = new Socket(AddressFamily.InterNetworkV6, SocketType.Stream, ProtocolType.Tcp);
        listener.DualMode = false;
        listener.Bind(new IPEndPoint(IPAddress.IPv6Any, 0));
        listener.Listen();
        int port = ((IPEndPoint)listener.LocalEndPoint!).Port;
        Assert.False(Surroundings.IsFree("TCP", port));
        listener.Dispose();
        Assert.True(Surroundings.IsFree("TCP", port));
    }

    [Fact]
    public void Signs_of_a_firewall_are_read_from_its_files()
    {
        string root = Directory.CreateTempSubdirectory("noodle-doctor-").FullName;
        try
        {
            Assert.SkipWhen(OperatingSystem.IsWindows(), "the signs are those of Linux");
            Assert.Null(Surroundings.GuessFirewall(root));
            Directory.CreateDirectory(Path.Combine(root, "etc/ufw"));
            File.WriteAllText(Path.Combine(root, "etc/ufw/ufw.conf"), "# comment\nENABLED=no\n");
            Assert.Null(Surroundings.GuessFirewall(root));
            File.WriteAllText(Path.Combine(root, "etc/ufw/ufw.conf"), "ENABLED=yes\n");
            Assert.Equal("ufw", Surroundings.GuessFirewall(root));
            File.Delete(Path.Combine(root, "etc/ufw/ufw.conf"));
            Directory.CreateDirectory(Path.Combine(root, "run/firewalld"));
            Assert.Equal("firewalld", Surroundings.GuessFirewall(root));
            Directory.Delete(Path.Combine(root, "run/firewalld"));
            Directory.CreateDirectory(Path.Combine(root, "etc/iptables"));
            File.WriteAllText(Path.Combine(root, "etc/iptables/rules.v4"), "*filter\n");
            Assert.Equal("iptables", Surroundings.GuessFirewall(root));
            Directory.CreateDirectory(Path.Combine(root, "etc/systemd/system/sysinit.target.wants"));
            File.WriteAllText(Path.Combine(root, "etc/systemd/system/sysinit.target.wants/nftables.service"), "");
            Assert.Equal("nftables", Surroundings.GuessFirewall(root));
        }
        finally
        {
            Directory.Delete(root, recursive: true);
        }
    }

    private static DoctorFacts Sick(string which) => which switch
    {
        "no interface" => s_healthy with { Interfaces = [], Multicast = [] },
        "small packets" => s_healthy with { Interfaces = [new InterfaceFact("tun0", ["192.0.2.1"], 1280)] },
        "no multicast" => s_healthy with { Multicast = [new MulticastFact("wlan0", "192.0.2.1", "lost")] },
        "port taken" => s_healthy with { Ports = [new PortFact("mesh", "TCP", 7946, PortUse.Other)] },
        "ufw" or "firewalld" or "nftables" or "iptables" => s_healthy with { Firewall = new FirewallFact(which) },
        "clock in the past" => s_healthy with { Now = DateTimeOffset.UnixEpoch, Certificates = [] },
        "clocks apart" => With(Ill(Node("b", NodeStates.Alive), "clock", HealthLevels.Fail,
            "its clock is 90 s ahead of the others: set it.")),
        "disk nearly full" => s_healthy with
        {
            Nodes =
            [
                Ill(s_healthy.Nodes![0], "disk", HealthLevels.Warn, "5 % of the disk are free: make room"),
                s_healthy.Nodes[1],
            ],
        },
        "clock on its own" => s_healthy with { ClockIsSynchronised = false },
        "certificate ended" => Certified(-10, -1),
        "certificate ends soon" => Certified(-9, 1),
        "certificate not begun" => Certified(1, 9),
        "refused" => Reached(Reach.Refused),
        "silent" => Reached(Reach.Silent),
        "no route" => Reached(Reach.NoRoute),
        "unknown name" => Reached(Reach.UnknownName),
        "no node here" => s_healthy with { Nodes = null },
        "alone" => s_healthy with { Nodes = [s_healthy.Nodes![0]] },
        "gossip only" => With(Node("b", NodeStates.Alive) with { RoundTripUs = null }),
        "frozen" => With(Node("b", NodeStates.Suspect)),
        "failed" => With(Node("b", NodeStates.Failed) with { LastError = "port refuses" }),
        "versions" => With(Node("b", NodeStates.Alive) with { Version = "2.0" }),
        _ => throw new ArgumentOutOfRangeException(nameof(which)),
    };

    private static DoctorFacts Certified(int from, int to) => s_healthy with
    {
        Certificates = [new CertificateFact("node-1", s_now.AddDays(from), s_now.AddDays(to))],
    };

    private static DoctorFacts Reached(Reach reach) => s_healthy with
    {
        Reached = [new ReachFact("other", 7946, reach, "why")],
    };

    private static DoctorFacts With(NodeInfo other) => s_healthy with { Nodes = [s_healthy.Nodes![0], other] };

    private static NodeInfo Ill(NodeInfo node, string check, string level, string detail) => node with
    {
        Health =
        [
            new HealthInfo { Name = "memory", Level = HealthLevels.Ok, Detail = "enough" },
            new HealthInfo { Name = "mesh", Level = HealthLevels.Fail, Detail = "seen from here already" },
            new HealthInfo { Name = check, Level = level, Detail = detail },
        ],
    };

    private static NodeInfo Node(string id, string state) => new()
    {
        Id = id,
        State = state,
        Self = false,
        StateForMs = 1,
        Link = "192.0.2.2:7946",
        Http = "",
        Version = "1.0",
        RoundTripUs = 100,
        InFlight = 0,
        Models = [],
    };
}
