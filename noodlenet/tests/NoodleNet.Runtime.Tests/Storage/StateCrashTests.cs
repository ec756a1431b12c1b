using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging.Abstractions;
using Noodle.Primitives;
using NoodleNet.Runtime.Storage;
using NoodleNet.State;

namespace NoodleNet.Runtime.Tests.Storage;

/// <summary>
/// The store under loss of power: processes killed in the middle of writing, and logs that end anywhere.
/// </summary>
public sealed class StateCrashTests : IDisposable
{
    private const string WriterVariable = "NOODLE_TEST_STATE_WRITER";
    private const int Lanes = 8;
    private const int KillsPerLane = 25;
    private static readonly NodeId s_node = NodeId.Create("n", Guid.Empty);
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Two_hundred_kills_amid_writing_lose_nothing_that_was_acknowledged()
    {
        Task<int>[] lanes = [.. Enumerable.Range(0, Lanes).Select(lane => Task.Run(() => RunLane(lane)))];
        int[] written = await Task.WhenAll(lanes).WaitAsync(
            TimeSpan.FromMinutes(10), TestContext.Current.CancellationToken);
        Assert.True(written.Sum() > Lanes * KillsPerLane, $"only {written.Sum()} writes were acknowledged");
    }

    [Fact]
    public void A_log_that_ends_or_turns_to_garbage_anywhere_gives_back_every_write_before_that_point()
    {
        string path = _folder["state.db"], copy = _folder["copy.db"];
        List<long> lengths = [];
        byte[] file, log;
        using (StateDatabase database = Open(path, out _))
        {
            for (int i = 0; i < 60; i++)
            {
                database.Save([Entry(i), Entry(1_000 + i)], untilOnDisk: true);
                lengths.Add(new FileInfo(path + "-wal").Length);
            }

            (file, log) = (ReadShared(path), ReadShared(path + "-wal"));
        }

        Assert.Equal(lengths[^1], log.Length);
        var chance = new Prng(7);
        for (int round = 0; round < 200; round++)
        {
            int at = chance.Next(log.Length + 1);
            byte[] torn = round % 2 == 0 ? log[..at] : [.. log];
            chance.Fill(torn.AsSpan(Math.Min(at, torn.Length)));
            File.WriteAllBytes(copy, file);
            File.WriteAllBytes(copy + "-wal", torn);
            int certain = lengths.Count(length => length <= at);
            using StateDatabase database = Open(copy, out LwwMap map);
            Assert.True(map.Count % 2 == 0 && map.Count / 2 >= certain, $"{map.Count} of {certain} pairs, cut at {at}");
            Assert.Equal(
                Enumerable.Range(0, map.Count / 2).Select(KeyOf),
                map.Entries.Select(entry => entry.Key).Take(map.Count / 2));
        }
    }

    // A test host that is started with the variable set is a writer: it says each number once it is on disk.
#pragma warning disable CA2255 // the test host is an application, and its entry point is not ours to change
    [ModuleInitializer]
    internal static void BecomeWriter()
#pragma warning restore CA2255
    {
        if (Environment.GetEnvironmentVariable(WriterVariable) is not { Length: > 0 } path)
        {
            return;
        }

        using StateDatabase database = Open(path, out LwwMap map);
        using Stream output = Console.OpenStandardOutput();
        for (int i = map.Count; ; i++)
        {
            database.Save([Entry(i)], untilOnDisk: true);
            output.Write(BitConverter.GetBytes(i));
        }
    }

    private int RunLane(int lane)
    {
        string path = _folder[$"lane-{lane}.db"];
        var chance = new Prng((ulong)lane);
        int next = 0;
        for (int round = 0; round < KillsPerLane; round++)
        {
            int last = WriteAndKill(path, chance);
            using StateDatabase database = Open(path, out LwwMap map);
            Assert.True(map.Count >= Math.Max(next, last + 1), $"lane {lane}: {map.Count} entries, {last} was told");
            Assert.Equal(Enumerable.Range(0, map.Count).Select(KeyOf), map.Entries.Select(entry => entry.Key));
            next = map.Count;
        }

        return next;
    }

    // The last number that the writer said to be on disk; -1 for none.
    private static int WriteAndKill(string path, Prng chance)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!)
        {
            RedirectStandardOutput = true,
            Environment = { [WriterVariable] = path, ["DOTNET_TieredPGO"] = "0" },
        };
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet")
        {
            start.ArgumentList.Add(typeof(StateCrashTests).Assembly.Location);
        }

        using Process writer = Process.Start(start)!;
        Stream said = writer.StandardOutput.BaseStream;
        byte[] number = new byte[sizeof(int)];
        int last = -1;
        for (int left = chance.Next(12); left > 0 && TryRead(); left--)
        {
        }

        Thread.SpinWait(chance.Next(20_000)); // somewhere in the next write
        writer.Kill();
        while (TryRead())
        {
        }

        writer.WaitForExit();
        return last;

        bool TryRead()
        {
            bool isWhole = said.ReadAtLeast(number, number.Length, false) == number.Length;
            last = isWhole ? BitConverter.ToInt32(number) : last;
            return isWhole;
        }
    }

    private static StateDatabase Open(string path, out LwwMap map)
    {
        map = new LwwMap();
        var database = new StateDatabase(path, NullLogger.Instance);
        Assert.NotEqual(StateOutcome.Damaged, database.Load(map));
        return database;
    }

    private static LwwEntry Entry(int number) =>
        new(KeyOf(number), new HybridStamp(number + 1, 0, s_node), new byte[(number * 37) % 3_000]);

    private static string KeyOf(int number) => number.ToString("D8", CultureInfo.InvariantCulture);

    private static byte[] ReadShared(string path)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        byte[] content = new byte[file.Length];
        file.ReadExactly(content);
        return content;
    }
}
