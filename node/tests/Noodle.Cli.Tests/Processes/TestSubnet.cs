using System.Diagnostics;

namespace Noodle.Cli.Tests.Processes;

/// <summary>Hosts on one switch: network namespaces, virtual cables and a bridge that the test makes and removes;
/// skipped without root.</summary>
/// <remarks>Host i (from 0) has 10.77.0.(i + 1)/24 on its interface <c>eth</c>. A bridge of its own namespace is the
/// switch, so that nothing of it shows on the machine.</remarks>
internal sealed class TestSubnet : IDisposable
{
    public const int MaxHosts = 20;
    private static int s_made;
    private readonly string _mark = $"{Environment.ProcessId % 100_000}-{Interlocked.Increment(ref s_made)}";
    private readonly int _count;

    private TestSubnet(int count) => _count = count;

    /// <summary>What runs a command on a host.</summary>
    public string[] First => Host(0);

    public string[] Second => Host(1);

    private string Switch => $"noodle-s{_mark}";

    /// <summary>What runs a command on a host.</summary>
    public string[] Host(int index) => ["ip", "netns", "exec", NameOf(index)];

    public static string AddressOf(int index) => $"10.77.0.{index + 1}";

    /// <summary>Lays the cables; skips the test where that is not allowed.</summary>
    public static TestSubnet Lay(int hosts = 2)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(hosts, MaxHosts);
        Assert.SkipUnless(OperatingSystem.IsLinux(), "network namespaces are Linux's");
        var subnet = new TestSubnet(hosts);
        Assert.SkipUnless(Run($"netns add {subnet.Switch}"),
            "network namespaces need root and the package iproute2");
        try
        {
            Do($"-n {subnet.Switch} link add name switch0 type bridge");
            Do($"-n {subnet.Switch} link set switch0 up");
            for (int host = 0; host < hosts; host++)
            {
                subnet.Plug(host);
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

    /// <summary>Nothing addressed to one of the two leaves the other; what goes to all still does.</summary>
    public void Block(int a, int b)
    {
        Do($"-n {NameOf(a)} route add blackhole {AddressOf(b)}/32");
        Do($"-n {NameOf(b)} route add blackhole {AddressOf(a)}/32");
    }

    /// <summary>Undoes <see cref="Block"/>.</summary>
    public void Unblock(int a, int b)
    {
        Do($"-n {NameOf(a)} route del blackhole {AddressOf(b)}/32");
        Do($"-n {NameOf(b)} route del blackhole {AddressOf(a)}/32");
    }

    public void Dispose()
    {
        for (int host = 0; host < _count; host++)
        {
            Run($"netns del {NameOf(host)}");
        }

        Run($"netns del {Switch}");
    }

    private string NameOf(int host) => $"noodle-h{_mark}-{host}";

    private void Plug(int host)
    {
        string name = NameOf(host);
        Do($"netns add {name}");
        Do($"-n {name} link add eth type veth peer name p{host} netns {Switch}");
        Do($"-n {Switch} link set p{host} master switch0");
        Do($"-n {name} addr add {AddressOf(host)}/24 dev eth");
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
