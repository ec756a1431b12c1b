using Noodle.Node.Health;

namespace Noodle.Node.Tests.Health;

public sealed class MachineRoomTests : IDisposable
{
    private const long Mib = 1 << 20;
    private readonly string _root = Directory.CreateTempSubdirectory("noodle-room-").FullName;

    public static TheoryData<string, string[], long, long> Memories => new()
    {   // what is there                        files                                               free   of
        { "a machine without groups",           ["meminfo"],                                        4096,  8192 },
        { "a group without a limit",            ["meminfo", "max=max"],                             4096,  8192 },
        { "a group with room",                  ["meminfo", "max=1073741824"],                      768,   1024 },
        { "a group with more than the machine", ["meminfo", "max=1099511627776"],                   4096,  8192 },
        { "an older group",                     ["meminfo", "v1=1073741824"],                       640,   1024 },
        { "only a group",                       ["max=1073741824"],                                 768,   1024 },
        { "a group that is no number",          ["meminfo", "max=much"],                            4096,  8192 },
    };

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Theory]
    [MemberData(nameof(Memories))]
    public void Memory_is_the_machines_or_the_containers_where_that_is_less(
        string what, string[] files, long freeMib, long totalMib)
    {
        Assert.NotEmpty(what);
        foreach (string file in files)
        {
            switch (file.Split('='))
            {
                case ["meminfo"]:
                    Write("proc/meminfo", "MemTotal:  8388608 kB\nMemFree: 1 kB\nMemAvailable:  4194304 kB\n");
                    break;
                case ["max", var limit]:
                    Write("sys/fs/cgroup/memory.max", limit + "\n");
                    Write("sys/fs/cgroup/memory.current", "536870912\n");
                    Write("sys/fs/cgroup/memory.stat", "anon 5\ninactive_file 268435456\n");
                    break;
                case ["v1", var limit]:
                    Write("sys/fs/cgroup/memory/memory.limit_in_bytes", limit + "\n");
                    Write("sys/fs/cgroup/memory/memory.usage_in_bytes", "402653184\n");
                    break;
            }
        }

        Assert.Equal(new FreeSpace(freeMib * Mib, totalMib * Mib), new MachineRoom(_root).Memory());
    }

    [Fact]
    public void Where_nothing_can_be_read_nothing_is_made_up()
    {
        FreeSpace memory = new MachineRoom(_root).Memory(); // the runtime's own knowledge, or none
        Assert.InRange(memory.FreeBytes, 0, memory.TotalBytes);
        Assert.Equal(default, MachineRoom.Disk("\0"));
        FreeSpace disk = MachineRoom.Disk(_root);
        Assert.InRange(disk.FreeBytes, 1, disk.TotalBytes);
    }

    private void Write(string file, string text)
    {
        string path = Path.Combine(_root, file);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
    }
}
