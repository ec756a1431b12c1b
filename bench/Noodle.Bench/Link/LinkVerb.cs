using System.Globalization;
using System.Net.Quic;
using Nbc.Runtime.Resources;

namespace Noodle.Bench.Link;

/// <summary>NoodleLink beside bare TLS, gRPC, TCP and QUIC: round trips, tensors, many requests at once.</summary>
internal static class LinkVerb
{
    private const int MostRepeats = 100_000;

    private static readonly LinkSizes s_default = new(
        MessageBytes: 128, TensorBytes: 64 << 20, WarmUp: TimeSpan.FromSeconds(10), Blocks: 200, BlockCalls: 100,
        Tensors: 15, Bursts: 10, BurstCalls: 10_000);

    public static Verb Verb { get; } = Verb.Own(
        "link", "128 B there and back, 64 MiB tensors, 10,000 at once: the link, TLS, gRPC, TCP, QUIC", RunAsync);

    /// <summary>The verb with these sizes; what the command line says comes on top of them.</summary>
    public static async Task<int> RunAsync(
        LinkSizes sizes,
        IReadOnlyList<string> arguments,
        TextWriter output,
        TextWriter progress,
        CancellationToken cancellation)
    {
        if (!TryParse(arguments, ref sizes, out bool json))
        {
            await progress.WriteLineAsync(
                "usage: Noodle.Bench link [--json] [--blocks N] [--tensors N] [--bursts N], each N from 1 to " +
                $"{MostRepeats}: blocks of {sizes.BlockCalls} round trips, tensors, bursts of {sizes.BurstCalls}")
                .ConfigureAwait(false);
            return 2;
        }

        try
        {
            LinkReport report = await MeasureAsync(sizes, progress, cancellation).ConfigureAwait(false);
            if (json)
            {
                report.WriteJson(output);
            }
            else
            {
                report.WriteText(output);
            }

            return 0;
        }
        catch (OperationCanceledException)
        {
            await progress.WriteLineAsync("Interrupted; nothing was measured to its end.").ConfigureAwait(false);
            return 130;
        }
        catch (Exception e) when (e is InvalidOperationException or IOException)
        {
            await progress.WriteLineAsync($"link failed: {e.Message}").ConfigureAwait(false);
            return 1;
        }
    }

    private static Task<int> RunAsync(
        IReadOnlyList<string> arguments, TextWriter output, TextWriter progress, CancellationToken cancellation) =>
        RunAsync(s_default, arguments, output, progress, cancellation);

    private static bool TryParse(IReadOnlyList<string> arguments, ref LinkSizes sizes, out bool json)
    {
        json = false;
        for (int i = 0; i < arguments.Count; i++)
        {
            if (arguments[i] == "--json")
            {
                json = true;
                continue;
            }

            string name = arguments[i++];
            if (i == arguments.Count || !int.TryParse(
                arguments[i], NumberStyles.None, CultureInfo.InvariantCulture, out int repeats)
                || repeats is < 1 or > MostRepeats)
            {
                return false;
            }

            switch (name)
            {
                case "--blocks":
                    sizes = sizes with { Blocks = repeats };
                    break;
                case "--tensors":
                    sizes = sizes with { Tensors = repeats };
                    break;
                case "--bursts":
                    sizes = sizes with { Bursts = repeats };
                    break;
                default:
                    return false;
            }
        }

        return true;
    }

    private static async Task<LinkReport> MeasureAsync(
        LinkSizes sizes, TextWriter progress, CancellationToken cancellation)
    {
        using var mesh = new BenchMesh();
        using var resources = new ResourceManager("bench", 1);
        var payload = new LinkPayload(sizes.MessageBytes, sizes.TensorBytes);
        await using SubjectList subjects = new();
        await subjects.StartAsync(mesh, payload, resources.Root, cancellation).ConfigureAwait(false);
        await progress.WriteLineAsync($"{sizes.Blocks * sizes.BlockCalls} round trips each").ConfigureAwait(false);
        IReadOnlyList<Series> trips = await LinkMeasurement
            .RoundTripsAsync(subjects.ForMessages, sizes, cancellation).ConfigureAwait(false);
        await progress.WriteLineAsync($"{sizes.Tensors} tensors each").ConfigureAwait(false);
        IReadOnlyList<Series> tensors = await LinkMeasurement
            .TensorsAsync(subjects.All, sizes, cancellation).ConfigureAwait(false);
        await progress.WriteLineAsync($"{sizes.Bursts} bursts of {sizes.BurstCalls} each").ConfigureAwait(false);
        IReadOnlyList<Series> bursts = await LinkMeasurement
            .BurstsAsync(subjects.ForBursts, sizes, cancellation).ConfigureAwait(false);
        return Describe(sizes, trips, tensors, bursts);
    }

    private static LinkReport Describe(
        LinkSizes sizes, IReadOnlyList<Series> trips, IReadOnlyList<Series> tensors, IReadOnlyList<Series> bursts)
    {
        Series whole = tensors.Single(series => series.Name == "grpc");
        Series chunks = tensors.Single(series => series.Name == GrpcSubject.Chunks);
        bool isChunks = chunks.P50Us < whole.P50Us;
        Series? Find(IReadOnlyList<Series> among, string name) => among.FirstOrDefault(series => series.Name == name);
        return new LinkReport
        {
            RoundTrip128 = LinkReport.Subjects.ToDictionary(name => name, name => Find(trips, name) is { } series
                ? new RoundTripFigures(Round(series.P50Us), Round(series.P99Us), series.AllocatedBytes)
                : null),
            Tensor64MiB = LinkReport.Subjects.ToDictionary(name => name, name =>
                (name == "grpc" && isChunks ? chunks : Find(tensors, name)) is { } series
                    ? new TensorFigures(Round(sizes.TensorBytes / series.P50Us), series.AllocatedBytes)
                    : null),
            Concurrent10000 = bursts.ToDictionary(series => series.Name, BurstFigures? (series) =>
                new BurstFigures(Round(series.P50Us / 1000), Round(series.P99Us / 1000))),
            GrpcTensor = isChunks ? "chunks" : "one message",
        };
    }

    private static double Round(double value) => Math.Round(value, 1);

    /// <summary>Every subject of this machine, disposed of together.</summary>
    private sealed class SubjectList : IAsyncDisposable
    {
        public List<ILinkSubject> All { get; } = [];

        public List<ILinkSubject> ForMessages => [.. All.Where(subject => subject.Name != GrpcSubject.Chunks)];

        public List<ILinkSubject> ForBursts => [.. All.Where(subject => subject.Name is "noodle" or "grpc")];

        public async Task StartAsync(
            BenchMesh mesh, LinkPayload payload, ResourceAccount account, CancellationToken cancellation)
        {
            All.Add(await NoodleSubject.StartAsync(mesh, payload, account, cancellation).ConfigureAwait(false));
            All.Add(await ChannelSubject.StartAsync("tls", payload, new TcpTransport(mesh), cancellation)
                .ConfigureAwait(false));
            All.Add(await ChannelSubject.StartAsync("tcp", payload, new TcpTransport(null), cancellation)
                .ConfigureAwait(false));
            foreach (bool isStreaming in (bool[])[false, true])
            {
                All.Add(await GrpcSubject.StartAsync(mesh, payload, isStreaming, cancellation).ConfigureAwait(false));
            }

            if ((OperatingSystem.IsLinux() || OperatingSystem.IsWindows() || OperatingSystem.IsMacOS())
                && QuicListener.IsSupported)
            {
                All.Add(await ChannelSubject.StartAsync("quic", payload, new QuicTransport(mesh), cancellation)
                    .ConfigureAwait(false));
            }
        }

        public async ValueTask DisposeAsync()
        {
            foreach (ILinkSubject subject in All)
            {
                await subject.DisposeAsync().ConfigureAwait(false);
            }
        }
    }
}
