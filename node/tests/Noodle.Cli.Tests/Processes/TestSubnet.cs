using System.Diagnostics;

namespace Noodle.Cli.Tests.Processes;

/// <summary>Two hosts on one cable: network namespaces that the test makes and removes; skipped without root.</summary>
internal sealed class TestSubnet : IDisposable
{
    private readonly string _mark = $"{Environment.ProcessId % 100_000}";

    private TestSubnet()
    {
    }

    /// <summary>What runs a command on a host.</summary>
    public string[] First => ["ip", "netns", "exec", $"noodle-a{_mark}"];

    public string[] Second => ["ip", "netns", "exec", $"noodle-b{_mark}"];

    /// <summary>Lays the cable; skips the test where that is not allowed.</summary>
    public static TestSubnet Lay()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "network namespaces are Linux's");
        var subnet = new TestSubnet();
        (string a, string b) = (subnet.First[3], subnet.Second[3]);
        Assert.SkipUnless(Run($"netns add {a}"), "network namespaces need root and the package iproute2");
        string[] steps =
        [
            $"netns add {b}", $"-n {a} link add na type veth peer name nb netns {b}",
            $"-n {a} addr add 10.77.0.1/24 dev na", $"-n {b} addr add 10.77.0.2/24 dev nb",
            $"-n {a} link set lo up", $"-n {b} link set lo up", $"-n {a} link set na up", $"-n {b} link set nb up",
        ];
        Assert.All(steps, step => Assert.True(Run(step), $"ip {step}"));
        return subnet;
    }

    public void Dispose()
    {
        Run($"netns del {First[3]}");
        Run($"netns del {Second[3]}");
    }

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
