using Noodle.Cli.Output;
using Noodle.Client.Control;

namespace Noodle.Cli.Tests;

public sealed class MeshPrintTests
{
    private static readonly string[] s_ids =
        [.. new[] { "desk", "nas", "lab", "cabin", "boat" }.Select(host => $"{host}-{new string('a', 32)}")];

    [Fact]
    public void The_drawing_is_a_tree_of_the_fastest_links_and_names_what_only_a_relay_connects() => Assert.Equal(
        [
            "desk-aaaaaaaa *",
            "|-- 0.40 ms -- nas-aaaaaaaa (tcp)",
            "|   `-- ? -- cabin-aaaaaaaa (tcp)",
            "`-- 12 ms -- lab-aaaaaaaa (quic)",
            "boat-aaaaaaaa (no link told of)",
            "desk-aaaaaaaa reaches cabin-aaaaaaaa through nas-aaaaaaaa",
            "lab-aaaaaaaa does not reach boat-aaaaaaaa directly",
        ],
        MeshDrawing.Draw(Mesh()));

    [Fact]
    public void A_node_behind_a_relay_alone_hangs_on_a_dotted_branch_and_an_empty_mesh_has_no_drawing()
    {
        MeshInfo mesh = Mesh() with { Nodes = [.. Mesh().Nodes.Where((_, i) => i is 0 or 3)] };
        Assert.Equal(
            ["desk-aaaaaaaa *", "`.. 9.00 ms .. cabin-aaaaaaaa (relay)"], MeshDrawing.Draw(mesh).Take(2));
        Assert.Empty(MeshDrawing.Draw(mesh with { Nodes = [] }));
        Assert.Equal("short", MeshPrint.Short("short"));
    }

    [Fact]
    public void Tables_show_load_links_and_why_a_node_would_be_chosen()
    {
        StringWriter output = new() { NewLine = "\n" };
        MeshPrint.Print(Mesh(), new TablePrinter(output, framed: false, coloured: false), output);
        string text = output.ToString();
        Assert.Contains("0.00 ms  12.5%  3 of 8 GiB", text, StringComparison.Ordinal);
        Assert.Contains("Card 6 of 8 GiB free", text, StringComparison.Ordinal);
        Assert.Contains("none", text, StringComparison.Ordinal);
        Assert.Contains("1.5 GiB", text, StringComparison.Ordinal);
        Assert.Contains("relay by nas-aaaaaaaa", text, StringComparison.Ordinal);
        Assert.Contains("12.5%  100.5  tcp", text, StringComparison.Ordinal);
        Assert.DoesNotContain("WHY", text, StringComparison.Ordinal);

        output = new() { NewLine = "\n" };
        MeshInfo chosen = Mesh() with
        {
            Nodes = [Node(0) with { Chosen = true, Reason = "predicted 10 us" }, Node(1) with { Reason = "no gpu" }],
        };
        MeshPrint.Print(chosen, new TablePrinter(output, framed: false, coloured: false), output);
        Assert.Contains("yes     predicted 10 us", output.ToString(), StringComparison.Ordinal);
        Assert.Contains("no gpu", output.ToString(), StringComparison.Ordinal);
    }

    private static MeshInfo Mesh() => new()
    {
        Nodes =
        [
            Node(0) with
            {
                Self = true, RttMs = 0, CpuPercent = 12.5, MemoryFreeBytes = 3L << 30, MemoryTotalBytes = 8L << 30,
                Gpus = [new MeshGpuInfo
                {
                    Name = "Card", MemoryFreeBytes = 6L << 30, MemoryTotalBytes = 8L << 30, BusyPercent = 1,
                }],
            },
            Node(1) with { Gpus = [], DiskFreeBytes = 3L << 29 }, Node(2), Node(3), Node(4),
        ],
        Links =
        [
            Link(0, 1, "tcp", 0.4), Link(1, 0, "tcp", 0.5), Link(0, 2, "quic", 12), Link(1, 2, "tcp", 30),
            Link(1, 3, "tcp", null), Link(0, 3, "relay", 9, via: 1), Link(3, 0, "relay", 9, via: 1),
            Link(2, 4, "unreachable", null),
        ],
        Relays = [],
        Relaying = 0,
    };

    private static MeshNodeInfo Node(int i) => new()
    {
        Id = s_ids[i], Self = false, InFlight = 0, LoadConfidence = 50,
    };

    private static MeshLinkInfo Link(int from, int to, string kind, double? rtt, int? via = null) => new()
    {
        From = s_ids[from], To = s_ids[to], Kind = kind, RttMs = rtt, JitterMs = 0.1, Loss = 0.125,
        MbPerS = via is null ? 100.5 : null, AgeMs = 1_500, Confidence = 75, Via = via is { } by ? s_ids[by] : null,
    };
}
