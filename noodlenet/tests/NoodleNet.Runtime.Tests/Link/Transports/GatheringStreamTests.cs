using NoodleNet.Runtime.Link.Transports;

namespace NoodleNet.Runtime.Tests.Link.Transports;

public sealed class GatheringStreamTests
{
    public static TheoryData<string, bool, int[], int[]> Cases => new()
    {   // what is tried              holds   written              reaches the stream below as
        { "passes through",           false, [10, 20],            [10, 20] },
        { "gathers",                  true,  [10, 20, 30],        [60] },
        { "sends what is full first", true,  [100_000, 50_000],   [100_000, 50_000] },
        { "takes a large one whole",  true,  [10, 200_000, 5],    [10, 200_000, 5] },
        { "nothing to send",          true,  [],                  [] },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Writes_reach_the_stream_below_whole_and_in_order(
        string what, bool holds, int[] written, int[] expected)
    {
        Assert.NotEmpty(what);
        var below = new Recorder();
        await using var stream = new GatheringStream(below) { Holds = holds };
        byte next = 0;
        foreach (int length in written)
        {
            byte[] bytes = new byte[length];
            Array.Fill(bytes, next++);
            await stream.WriteAsync(bytes.AsMemory());
        }

        await stream.SendHeldAsync();
        Assert.Equal(expected, below.Writes.Select(write => write.Length));
        byte[] all = [.. below.Writes.SelectMany(write => write)];
        Assert.Equal(all.Order(), all);
        Assert.Equal(written.Sum(), all.Length);
    }

    [Fact]
    public async Task Everything_else_is_the_stream_below()
    {
        using var below = new MemoryStream();
        using var stream = new GatheringStream(below);
        Assert.Equal((true, false, true), (stream.CanRead, stream.CanSeek, stream.CanWrite));
        stream.Write([1, 2], 0, 2);
        await ((Func<byte[], int, int, CancellationToken, Task>)stream.WriteAsync)([3, 4], 1, 1, default);
        stream.Flush();
        await stream.FlushAsync();
        below.Position = 0;
        byte[] read = new byte[3];
        Assert.Equal(1, stream.Read(read, 0, 1));
        Func<byte[], int, int, CancellationToken, Task<int>> readArray = stream.ReadAsync;
        Assert.Equal(1, await readArray(read, 1, 1, default));
        Assert.Equal(1, await stream.ReadAsync(read.AsMemory(2)));
        Assert.Equal([1, 2, 4], read);
        Assert.Throws<NotSupportedException>(() => stream.Length);
        Assert.Throws<NotSupportedException>(() => stream.Position);
        Assert.Throws<NotSupportedException>(() => stream.Position = 0);
        Assert.Throws<NotSupportedException>(() => stream.Seek(0, SeekOrigin.Begin));
        Assert.Throws<NotSupportedException>(() => stream.SetLength(0));
        stream.Dispose();
        Assert.False(below.CanRead);
    }

    private sealed class Recorder : MemoryStream
    {
        public List<byte[]> Writes { get; } = [];

        public override ValueTask WriteAsync(
            ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            Writes.Add(buffer.ToArray());
            return ValueTask.CompletedTask;
        }
    }
}
