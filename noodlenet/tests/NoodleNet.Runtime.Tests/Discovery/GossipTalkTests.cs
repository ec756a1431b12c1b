using System.Net;
using System.Text;
using Noodle.Primitives;
using NoodleNet.Discovery;
using NoodleNet.Discovery.Serf;
using NoodleNet.Discovery.Wire;
using NoodleNet.Mesh;
using NoodleNet.Runtime.Discovery;

namespace NoodleNet.Runtime.Tests.Discovery;

/// <summary>Events, queries and round trips between two real hosts.</summary>
public sealed class GossipTalkTests : IAsyncDisposable
{
    private static readonly IPEndPoint AnyPort = new(IPAddress.Loopback, 0);
    private static readonly Dictionary<string, string> NoTags = [];
    private readonly CancellationTokenSource _limit = new(TimeSpan.FromSeconds(60));
    private readonly LineLog _log = new();
    private readonly GossipOptions _options = new() { Profile = SwimOptions.Local, Keys = new KeyRing(new byte[16]) };
    private readonly GossipHost _a, _b;

    public GossipTalkTests()
    {
        var other = new GossipOptions { Profile = SwimOptions.Local, Keys = new KeyRing(new byte[16]) };
        (_a, _b) = (Make("a", _options, _log), Make("b", other, new LineLog()));
    }

    [Fact]
    public async Task Both_hear_an_event_and_both_are_asked()
    {
        await MeetAsync();
        await using IAsyncEnumerator<UserEvent> atA =
            _a.WatchEventsAsync(_limit.Token).GetAsyncEnumerator(_limit.Token);
        await using IAsyncEnumerator<UserEvent> atB =
            _b.WatchEventsAsync(_limit.Token).GetAsyncEnumerator(_limit.Token);
        await _a.SendEventAsync("e", new byte[] { 7 }, coalesce: true, _limit.Token);
        Assert.True(await atA.MoveNextAsync() && await atB.MoveNextAsync());
        // The hint to coalesce travels with the rumour alone: who hears of an event by an exchange of states lacks it.
        Assert.Equal(("e", true, (byte)7), (atA.Current.Name, atA.Current.Coalesce, atA.Current.Payload.Span[0]));
        Assert.Equal(("e", (byte)7), (atB.Current.Name, atB.Current.Payload.Span[0]));

        _a.HandleQueries("who", (_, _) => Say("a"));
        _b.HandleQueries("who", (query, _) => Say($"{query.From[..1]} asks b"));
        QueryOutcome outcome = await _a.QueryAsync(Question("who") with { Enough = 2, WantsAcks = true }, _limit.Token);
        Assert.Equal(["a", "a asks b"],
            outcome.Answers.Select(answer => Encoding.UTF8.GetString(answer.Payload.Span)).Order());
        Assert.Equal(2, outcome.Acknowledged.Count);

        await _a.DisposeAsync();
        Assert.False(await atA.MoveNextAsync());
        await foreach (UserEvent _ in _a.WatchEventsAsync(_limit.Token))
        {
            Assert.Fail("a disposed host tells nothing");
        }
    }

    [Fact]
    public async Task A_handler_that_fails_is_silent_or_says_too_much_answers_nothing()
    {
        await _a.StartAsync(AnyPort, NoTags, _limit.Token);
        _a.HandleQueries("fails", (_, _) => throw new FormatException("odd"));
        _a.HandleQueries("long", (_, _) =>
            ValueTask.FromResult<ReadOnlyMemory<byte>?>(new byte[QueryQuestion.MaxAnswerBytes + 1]));
        _a.HandleQueries("silent", (_, _) => ValueTask.FromResult<ReadOnlyMemory<byte>?>(null));
        _a.HandleQueries("slow", async (_, cancellation) =>
        {
            await Task.Delay(Timeout.Infinite, cancellation);
            return null;
        });
        _a.HandleQueries("gone", (_, _) => Say("?"));
        _a.HandleQueries("gone", null);
        foreach (string name in new[] { "fails", "long", "silent", "slow", "gone", "never" })
        {
            QueryQuestion question = Question(name) with { Timeout = TimeSpan.FromMilliseconds(300) };
            Assert.Empty((await _a.QueryAsync(question, _limit.Token)).Answers);
        }

        await _log.UntilAsync("The handler of query fails failed", _limit.Token);
        await _log.UntilAsync("The handler of query long failed", _limit.Token);
    }

    [Fact]
    public async Task Questions_that_cannot_be_asked_are_refused_in_a_sentence()
    {
        await Assert.ThrowsAsync<InvalidOperationException>(() => _a.QueryAsync(Question("q"), _limit.Token));
        await _a.StartAsync(AnyPort, NoTags, _limit.Token);
        foreach ((QueryQuestion question, string sentence) in new[]
        {
            (Question("q") with { RelayFactor = 6 }, "RelayFactor must be 0 to 5."),
            (Question("q") with { Enough = 0 }, "Enough must be at least 1."),
            (Question("q") with { Timeout = TimeSpan.Zero }, "Timeout must be longer than zero"),
            (Question("q") with { Timeout = TimeSpan.FromHours(1) }, "at most 5 minutes"),
            (Question("q") with { Tags = Enumerable.Range(0, 5).ToDictionary(i => $"{i}", i => "") }, "4 tag filters"),
            (Question(new string('q', 2000)), "at most 1024 bytes"),
            (Question(""), "empty"),
        })
        {
            ArgumentException fault =
                await Assert.ThrowsAsync<ArgumentException>(() => _a.QueryAsync(question, _limit.Token));
            Assert.Contains(sentence, fault.Message, StringComparison.Ordinal);
        }

        Assert.Contains("520 bytes", (await Assert.ThrowsAsync<ArgumentException>(
            () => _a.SendEventAsync("longest!", new byte[512]))).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => _a.HandleQueries("_serf_ping", null));

        Task<QueryOutcome>[] open = [.. Enumerable.Range(0, 65).Select(_ =>
            _a.QueryAsync(Question("q") with { Timeout = TimeSpan.FromMinutes(5) }, _limit.Token))];
        Task<QueryOutcome> first = await Task.WhenAny(open);
        await Assert.ThrowsAsync<InvalidOperationException>(() => first);
        await _a.DisposeAsync(); // the others end with what has come so far
        Assert.Equal(64, (await Task.WhenAll(open.Where(task => task != first))).Length);
        await Assert.ThrowsAnyAsync<Exception>(() => _b.QueryAsync(Question("q"), _limit.Token));
        Assert.Empty((await _a.QueryAsync(Question("q"), _limit.Token)).Answers);
    }

    public static TheoryData<string, KeyQueryPolicy, string> KeyQuestions => new()
    {
        { "list", KeyQueryPolicy.Refuse, "from its own mesh only" },
        { "install", KeyQueryPolicy.Refuse, "from its own mesh only" },
        { "list", KeyQueryPolicy.Obey, "done" },
        { "install", KeyQueryPolicy.Obey, "16, 24 or 32 bytes" },
        { "use", KeyQueryPolicy.Obey, "install it first" },
        { "remove", KeyQueryPolicy.Obey, "done" },
    };

    [Theory]
    [MemberData(nameof(KeyQuestions))]
    public async Task Keys_are_changed_and_told_only_where_that_is_wanted(
        string operation, KeyQueryPolicy policy, string outcome)
    {
        _options.KeyQueries = policy;
        await _a.StartAsync(AnyPort, NoTags, _limit.Token);
        string name = operation == "list" ? "_serf_list-keys" : $"_serf_{operation}-key";
        byte[] payload = [7, 0x81, 0xA3, .. "Key"u8, 0xA1, 9];
        QueryOutcome answers = await _a.QueryAsync(
            new QueryQuestion(name, payload) { Enough = 1, Timeout = TimeSpan.FromSeconds(30) }, _limit.Token);
        await _log.UntilAsync(outcome, _limit.Token);
        string text = Encoding.Latin1.GetString(Assert.Single(answers.Answers).Payload.Span);
        bool told = text.Contains(Convert.ToBase64String(new byte[16]), StringComparison.Ordinal);
        Assert.Equal(operation == "list" && policy == KeyQueryPolicy.Obey, told);
        Assert.Single(_options.Keys!.All);
    }

    [Fact]
    public async Task Round_trips_are_told_with_the_place_of_the_other_and_a_bad_subscriber_stops_nothing()
    {
        var measured = new TaskCompletionSource<RoundTripSample>(TaskCreationOptions.RunContinuationsAsynchronously);
        _a.RoundTripMeasured += sample =>
        {
            _ = sample.Coordinate is null || measured.TrySetResult(sample);
            throw new FormatException("odd");
        };
        await MeetAsync();
        _b.SetCoordinate(new NetworkCoordinate(new double[] { 1, 2 }, 1, 0, 0));
        RoundTripSample sample = await measured.Task.WaitAsync(_limit.Token);
        Assert.Equal(Id("b").ToString(), sample.Member);
        Assert.Equal([1, 2], sample.Coordinate!.Vector.ToArray());
        await _log.UntilAsync("A subscriber of round trips failed", _limit.Token);
        Assert.False(_a.Completion.IsCompleted || _a.HasLostName);
    }

    [Fact]
    public async Task A_twin_that_most_others_know_takes_the_name()
    {
        await MeetAsync();
        var log = new LineLog();
        await using GossipHost twin = Make(
            "a", new GossipOptions { Profile = SwimOptions.Local, Keys = new KeyRing(new byte[16]) }, log);
        await twin.StartAsync(AnyPort, NoTags, _limit.Token);
        await twin.JoinAsync([_b.LocalEndPoint], _limit.Token);
        await log.UntilAsync($"1 of 1 nodes that answered take another node for {Id("a")}", _limit.Token);
        Assert.True(twin.HasLostName);
        Assert.False(_a.HasLostName);
    }

    [Fact]
    public async Task A_mesh_without_keys_gets_them_without_a_break()
    {
        var plain = new GossipOptions { Profile = SwimOptions.Local };
        var first = new GossipOptions
        {
            Profile = SwimOptions.Local, Keys = new KeyRing(new byte[16]), GossipVerifyIncoming = false,
            GossipVerifyOutgoing = false,
        };
        await using GossipHost old = Make("old", plain, new LineLog()), next = Make("next", first, new LineLog());
        await old.StartAsync(AnyPort, NoTags, _limit.Token);
        await next.StartAsync(AnyPort, NoTags, _limit.Token);
        Assert.Equal(1, await next.JoinAsync([old.LocalEndPoint], _limit.Token));
        first = new GossipOptions
        {
            Profile = SwimOptions.Local, Keys = new KeyRing(new byte[16]), GossipVerifyIncoming = false,
        };
        await using GossipHost last = Make("last", first, new LineLog());
        await last.StartAsync(AnyPort, NoTags, _limit.Token);
        Assert.Equal(1, await last.JoinAsync([next.LocalEndPoint], _limit.Token));
    }

    [Fact]
    public async Task A_kind_of_refusal_is_told_once_a_second_and_then_counted()
    {
        var time = new Steps();
        var refusals = new RefusalLog(time, _log);
        Assert.True(refusals.MayTell("x"));
        Assert.False(refusals.MayTell("x"));
        Assert.False(refusals.MayTell("x"));
        Assert.True(refusals.MayTell("y"));
        time.Timestamp += time.TimestampFrequency;
        Assert.True(refusals.MayTell("x"));
        await _log.UntilAsync("2 more lines of the kind x", _limit.Token);
    }

    public async ValueTask DisposeAsync()
    {
        await _a.DisposeAsync();
        await _b.DisposeAsync();
        _limit.Dispose();
    }

    private async Task MeetAsync()
    {
        await _a.StartAsync(AnyPort, NoTags, _limit.Token);
        await _b.StartAsync(AnyPort, NoTags, _limit.Token);
        Assert.Equal(1, await _b.JoinAsync([_a.LocalEndPoint], _limit.Token));
    }

    private static QueryQuestion Question(string name) =>
        new(name, default) { Timeout = TimeSpan.FromSeconds(30) };

    private static ValueTask<ReadOnlyMemory<byte>?> Say(string text) =>
        ValueTask.FromResult<ReadOnlyMemory<byte>?>(Encoding.UTF8.GetBytes(text));

    private static NodeId Id(string name) => NodeId.Create(name, Guid.Parse("00000000-0000-0000-0000-000000000001"));

    private static GossipHost Make(string name, GossipOptions options, LineLog log) =>
        new(options, Id(name), log, TimeProvider.System, new CountingAccount());

    private sealed class Steps : TimeProvider
    {
        public long Timestamp { get; set; }

        public override long TimestampFrequency => 7;

        public override long GetTimestamp() => Timestamp;
    }
}
