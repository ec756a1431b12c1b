using System.Diagnostics;
using System.Runtime.InteropServices;
using NoodleNet.Runtime.Storage;

namespace NoodleNet.Runtime.Tests.Storage;

public sealed class NodeFolderTests : IDisposable
{
    private static readonly Guid s_uuid = Guid.Parse("0123456789abcdef0123456789abcdef");
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_new_node_gets_a_folder_and_an_id_that_stays()
    {
        string root = _folder["root"];
        using (NodeFolder first = Open(root))
        {
            Assert.Equal("desk-0123456789abcdef0123456789abcdef", first.Node.ToString());
            Assert.Equal(Path.Combine(root, "node-1"), first.FolderPath);
            Assert.Equal((root, Path.Combine(root, "token")), (first.Root, first.TokenPath));
            Assert.True(Directory.Exists(first.ModelsPath) && Directory.Exists(first.StatePath));
        }

        using NodeFolder again = NodeFolder.Open(root, () => throw new InvalidOperationException(), "other");
        Assert.Equal("desk-0123456789abcdef0123456789abcdef", again.Node.ToString());
    }

    [Fact]
    public void A_node_takes_the_first_folder_that_no_other_holds()
    {
        using NodeFolder one = Open(_folder.FolderPath);
        NodeFolder two = Open(_folder.FolderPath);
        using NodeFolder three = Open(_folder.FolderPath);
        two.Dispose();
        two.Dispose();
        using NodeFolder again = Open(_folder.FolderPath);

        Assert.Equal(
            ["node-1", "node-2", "node-3", "node-2"],
            new[] { one, two, three, again }.Select(folder => Path.GetFileName(folder.FolderPath)));
    }

    [Fact]
    public void Nobody_else_can_hold_the_lock()
    {
        UnixMode.SkipWithout();
        using NodeFolder folder = Open(_folder.FolderPath);
        Assert.Equal(UnixMode.OwnerFile, UnixMode.Of(Path.Combine(folder.FolderPath, "lock")));
    }

    [Fact]
    public void The_65th_node_is_refused()
    {
        var held = new List<NodeFolder>();
        for (int i = 0; i < NodeFolder.MaxNodes; i++)
        {
            held.Add(Open(_folder.FolderPath));
        }

        Assert.Contains("64 nodes already run", Refusal(_folder.FolderPath));
        held.ForEach(folder => folder.Dispose());
    }

    [Fact]
    public void A_node_is_found_while_it_runs_and_is_ready()
    {
        using NodeFolder starting = Open(_folder.FolderPath), ready = Open(_folder.FolderPath);
        ready.AnnounceReady("http://127.0.0.1:8080", new Dictionary<string, int> { ["link"] = 4242 });

        RunningNode found = Assert.Single(NodeFolder.FindRunning(_folder.FolderPath));
        Assert.Equal((ready.Node.ToString(), "http://127.0.0.1:8080", 4242, Environment.ProcessId),
            (found.Node, found.Url, found.Ports["link"], found.ProcessId));
        ready.Dispose();
        Assert.Empty(NodeFolder.FindRunning(_folder.FolderPath));
        Assert.Empty(NodeFolder.FindRunning(_folder["none"]));
    }

    [Fact]
    public void What_a_killed_node_left_is_not_a_running_node()
    {
        string path = _folder["node-1/node.json"];
        using (Open(_folder.FolderPath))
        {
        }

        var ports = new Dictionary<string, int>();
        RunningNode ours = RunningNode.OfThisProcess("n", "http://x", ports);
        using var child = Process.Start("true");
        child.WaitForExit();
        foreach (RunningNode stale in new[]
        {
            ours with { ProcessId = child.Id },                                  // nobody has the number now
            ours with { ProcessStartMs = ours.ProcessStartMs - 60_000 },         // somebody else has it now
        })
        {
            stale.Write(path);
            Assert.Empty(NodeFolder.FindRunning(_folder.FolderPath));
        }

        foreach (string broken in new[] { "", "{", "null", "{}", "[1]", new string(' ', 70_000) })
        {
            File.WriteAllText(path, broken);
            Assert.Empty(NodeFolder.FindRunning(_folder.FolderPath));
        }

        using NodeFolder next = Open(_folder.FolderPath);
        Assert.False(File.Exists(path));
    }

    [Fact]
    public void A_root_that_is_a_file_is_refused()
    {
        File.WriteAllText(_folder["file"], "");
        Assert.Contains("is a file, not a folder", Refusal(_folder["file"]));
    }

    [Fact]
    public void A_root_that_others_may_write_to_is_refused()
    {
        UnixMode.SkipWithout();
        Directory.CreateDirectory(_folder["open"]);
        UnixMode.Set(_folder["open"], UnixMode.OwnerFolder | UnixFileMode.GroupWrite);
        Assert.Contains("chmod go-w", Refusal(_folder["open"]));
    }

    [Fact]
    public void A_root_of_another_user_is_refused()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && UnixCalls.EffectiveUser() == 0, "only root gives folders away");
        AtomicFile.CreateFolder(_folder["theirs"]);
        Assert.Equal(0, chown(_folder["theirs"], 65534, 65534));
        Assert.Contains("another user (uid 65534)", Refusal(_folder["theirs"]));
    }

    [Fact]
    public void A_folder_whose_owner_cannot_be_asked_is_not_refused_for_it()
    {
        FolderCheck.CheckOwner("x", null);
        Assert.Null(UnixCalls.OwnerOf(_folder["none"]));
        Assert.Throws<StorageException>(() => FolderCheck.CheckOwner("x", UnixCalls.EffectiveUser() + 1));
    }

    [Fact]
    public void A_root_that_cannot_be_written_is_refused()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "proc");
        Assert.SkipUnless(UnixCalls.EffectiveUser() == UnixCalls.OwnerOf("/proc/sys"), "another user's");
        Assert.Contains("not writable", Refusal("/proc/sys"));
    }

    [Fact]
    public void A_lock_that_is_no_file_is_refused()
    {
        Directory.CreateDirectory(_folder["node-1/lock"]);
        Assert.Contains("node-1", Refusal(_folder.FolderPath));
    }

    [Fact]
    public void A_damaged_node_id_is_refused_and_the_folder_is_given_back()
    {
        Open(_folder.FolderPath).Dispose();
        string path = _folder["node-1/node-id"];
        string good = File.ReadAllText(path);
        File.WriteAllText(path, "desk-012");
        Assert.Contains(path, Refusal(_folder.FolderPath));
        File.WriteAllText(path, good);
        using NodeFolder again = Open(_folder.FolderPath);
        Assert.Equal(Path.Combine(_folder.FolderPath, "node-1"), again.FolderPath);
    }

    public static TheoryData<string?, string?, string?, string> Roots => new()
    {   // --data      XDG_DATA_HOME   LocalApplicationData   root
        { "/d",        "/x",           null,                  "/d" },
        { null,        "/x",           null,                  "/x/noodle" },
        { "",          "relative",     null,                  "/u/.local/share/noodle" },
        { null,        null,           null,                  "/u/.local/share/noodle" },
        { null,        "/x",           "/local",              "/local/noodle" },
    };

    [Theory]
    [MemberData(nameof(Roots))]
    public void The_root_is_where_the_system_keeps_data(string? data, string? xdg, string? local, string root)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Unix paths");
        Assert.Equal(root, NodeFolder.ResolveRoot(data, xdg, "/u", local));
        Assert.EndsWith("noodle", NodeFolder.ResolveRoot(null));
    }

    private static NodeFolder Open(string root) => NodeFolder.Open(root, () => s_uuid, "desk.office");

    private static string Refusal(string root) => Assert.Throws<StorageException>(() => Open(root)).Message;

#pragma warning disable IDE1006, SYSLIB1054, CA2101 // libc's name, and text that is ASCII
    [DllImport("libc", CharSet = CharSet.Ansi)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int chown(string path, uint user, uint group);
#pragma warning restore IDE1006, SYSLIB1054, CA2101
}
