using NoodleNet.Runtime.Storage;

namespace NoodleNet.Runtime.Tests.Storage;

public sealed class AtomicFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_file_is_replaced_and_nothing_else_is_left()
    {
        AtomicFile.Write(_folder["a"], "one"u8);
        AtomicFile.Write(_folder["a"], "two"u8);

        Assert.Equal("two", File.ReadAllText(_folder["a"]));
        Assert.Equal([_folder["a"]], Directory.GetFiles(_folder.FolderPath));
    }

    [Fact]
    public void Files_and_folders_are_for_their_owner_alone()
    {
        UnixMode.SkipWithout();
        AtomicFile.Write(_folder["a"], "x"u8);
        AtomicFile.CreateFolder(_folder["f/g"]);

        Assert.Equal(UnixMode.OwnerFile, UnixMode.Of(_folder["a"]));
        Assert.Equal(UnixMode.OwnerFolder, UnixMode.Of(_folder["f/g"]));
    }

    [Fact]
    public void Of_two_that_create_only_the_first_does()
    {
        Assert.True(AtomicFile.TryCreate(_folder["a"], "one"u8));
        Assert.False(AtomicFile.TryCreate(_folder["a"], "two"u8));

        Assert.Equal("one", File.ReadAllText(_folder["a"]));
        Assert.Equal([_folder["a"]], Directory.GetFiles(_folder.FolderPath));
    }

    [Fact]
    public void Of_many_that_create_at_once_one_does_and_the_file_is_its_own()
    {
        for (int round = 0; round < 20; round++)
        {
            string path = _folder[$"r{round}"];
            bool[] created = new bool[8];
            Parallel.For(0, created.Length, i => created[i] = AtomicFile.TryCreate(path, [(byte)i]));

            Assert.Equal(Array.IndexOf(created, true), Assert.Single(File.ReadAllBytes(path)));
            Assert.Single(created, one => one);
            Assert.Equal(round + 1, Directory.GetFiles(_folder.FolderPath).Length);
        }
    }

    [Fact]
    public void What_a_dead_process_left_is_no_obstacle()
    {
        File.WriteAllText(_folder[$"a.{Environment.ProcessId}.new"], "half");
        AtomicFile.Write(_folder["a"], "whole"u8);
        Assert.Equal("whole", File.ReadAllText(_folder["a"]));
    }

    [Fact]
    public void What_cannot_be_done_is_one_sentence_with_the_name()
    {
        string missing = _folder["none/a"];
        File.WriteAllText(_folder["file"], "");
        AtomicFile.CreateFolder(_folder["folder"]);

        Assert.Contains(missing, Assert.Throws<StorageException>(() => AtomicFile.Write(missing, "x"u8)).Message);
        Assert.Contains(missing, Assert.Throws<StorageException>(() => AtomicFile.TryCreate(missing, "x"u8)).Message);
        Assert.Throws<StorageException>(() => AtomicFile.Write(_folder["folder"], "x"u8));
        Assert.Contains(
            "--data", Assert.Throws<StorageException>(() => AtomicFile.CreateFolder(_folder["file/f"])).Message);
        Assert.Throws<StorageException>(() => AtomicFile.Read(_folder["folder"], 10));
        Assert.Throws<IOException>(() => UnixCalls.TryLink(missing, _folder["b"]));
    }

    [Fact]
    public void Reading_knows_missing_from_too_long()
    {
        AtomicFile.Write(_folder["a"], new byte[11]);

        Assert.Null(AtomicFile.Read(_folder["none"], 10));
        Assert.Null(AtomicFile.Read(_folder["none/a"], 10));
        Assert.Equal(11, AtomicFile.Read(_folder["a"], 11)!.Length);
        Assert.Throws<StorageException>(() => AtomicFile.Read(_folder["a"], 10));
    }
}
