using System.Diagnostics;

namespace Noodle.Cli.Tests.Processes;

/// <summary>Hosts on one switch: network namespaces, virtual cables and a bridge that the test makes and removes;
/// skipped without root.</summary>
/// <remarks>Host i (from 0) has 10.77.0.(i + 1)/24, fd77::(i + 1)/64, or both, on its interface <c>eth</c>, with
/// IPv6 also fe80::(i + 1). A bridge of its own namespace is the switch, so that nothing of it shows on the
/// machine.</remarks>
internal sealed class TestSubnet : IDisposable
{
    public const int MaxHosts = 20;
    private static int s_made;
    private readonly string _mark = $"{Environment.ProcessId % 100_000}-{Interlocked.Increment(ref s_made)}";
    private readonly List<string> _hosts = [];

    /// <summary>What runs a command on a host.</summary>
    public string[] First => Host(0);

    public string[] Second => Host(1);

    private string Switch => $"noodle-s{_mark}";

    /// <summary>What runs a command on a host.</summary>
    public string[] Host(int index) => ["ip", "netns", "exec", NameOf(index)];

    public static string AddressOf(int index) => $"10.77.0.{index + 1}";

    public static string Address6Of(int index) => $"fd77::{index + 1:x}";

    /// <summary>Lays the cables; skips the test where that is not allowed.</summary>
    public static TestSubnet Lay(int hosts = 2) =>
        Lay([.. Enumerable.Repeat(SubnetFamilies.Four, hosts)]);

    /// <summary>As <see cref="Lay(int)"/>, and says which addresses each host has.</summary>
    public static TestSubnet Lay(params SubnetFamilies[] hosts)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(hosts.Length, MaxHosts);
        Assert.SkipUnless(OperatingSystem.IsLinux(), "network namespaces are Linux's");
        Assert.SkipUnless(
            hosts.All(host => host == SubnetFamilies.Four) || System.Net.Sockets.Socket.OSSupportsIPv6,
            "this machine has no IPv6");
        var subnet = new TestSubnet();
        Assert.SkipUnless(Run($"netns add {subnet.Switch}"),
            "network namespaces need root and the package iproute2");
        try
        {
            Do($"-n {subnet.Switch} link add name switch0 type bridge");
            Do($"-n {subnet.Switch} link set switch0 up");
            foreach (SubnetFamilies families in hosts)
            {
                subnet.Plug(families);
            }

            return subnet;
        }
        catch
        {
            subnet.Dispose();
            throw;
        }
    }

    /// <summary>Pulls a host's cable: both ends see that the link is down.</summary>
    public void Cut(int host) => Do($"-n {Switch} link set p{host} down");

    /// <summary>Plugs it in again.</summary>
    public void Heal(int host) => Do($"-n {Switch} link set p{host} up");

    /// <summary>What is addressed to one of the two never leaves the other, and neither is told: a firewall that
    /// drops. What goes to all still arrives.</summary>
    public void Block(int a, int b)
    {
        Do($"-n {NameOf(a)} route add {AddressOf(b)}/32 dev lo");
        Do($"-n {NameOf(b)} route add {AddressOf(a)}/32 dev lo");
    }

    /// <summary>Undoes <see cref="Block"/>.</summary>
    public void Unblock(int a, int b)
    {
        Do($"-n {NameOf(a)} route del {AddressOf(b)}/32 dev lo");
        Do($"-n {NameOf(b)} route del {AddressOf(a)}/32 dev lo");
    }

    public void Dispose()
    {
        foreach (string host in _hosts)
        {
            Run($"netns del {host}");
        }

        Run($"netns del {Switch}");
    }

    private string NameOf(int host) => $"noodle-h{_mark}-{host}";

    private void Plug(SubnetFamilies families)
    {
        int host = _hosts.Count;
        string name = NameOf(host);
        Do($"netns add {name}");
        _hosts.Add(name);
        Do($"-n {name} link add eth type veth peer name p{host} netns {Switch}");
        Do($"-n {Switch} link set p{host} master switch0");
        if (families.HasFlag(SubnetFamilies.Four))
        {
            Do($"-n {name} addr add {AddressOf(host)}/24 dev eth");
        }

        if (families.HasFlag(SubnetFamilies.Six))
        {
            // Nobody else has them: no need to wait and see.
            Do($"-n {name} addr add {Address6Of(host)}/64 dev eth nodad");
            Do($"-n {name} addr add fe80::{host + 1:x}/64 dev eth nodad");
        }

        Do($"-n {name} link set lo up");
        Do($"-n {name} link set eth up");
        Do($"-n {Switch} link set p{host} up");
    }

    private static void Do(string step) => Assert.True(Run(step), $"ip {step}");

    private static bool Run(string arguments)
    {
        try
        {
            using Process ip = Process.Start(new ProcessStartInfo("ip", arguments) { RedirectStandardError = true })!;
            ip.WaitForExit();
            return ip.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false; // there is no such command
        }
    }
}

/// <summary>The addresses that a host is given.</summary>
[Flags]
internal enum SubnetFamilies
{
    Four = 1,
    Six = 2,
    Both = Four | Six,
}
