using Noodle.Client.Control;
using Noodle.Node.Health;
using Noodle.Primitives;
using NoodleNet.Discovery;

namespace Noodle.Node.Tests.Health;

public sealed class MeshEventLogTests
{
    private static readonly NodeId Ann = NodeId.Create("ann", Guid.Empty);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Who_waits_gets_the_next_event_and_who_asks_gets_what_is_kept()
    {
        var log = new MeshEventLog(Ann, TimeProvider.System);
        EventPage empty = await log.ReadAsync(0, 0, 10, TimeSpan.Zero, Cancel);
        Assert.Equal((0, 0, log.Life, Ann.ToString()), (empty.Last, empty.Missed, empty.Life, empty.Node));
        Task<EventPage> waiting = log.ReadAsync(0, log.Life, 10, TimeSpan.FromMinutes(1), Cancel);
        Assert.False(waiting.IsCompleted);
        log.Add(MeshEventKind.Failed, Ann, "gone");
        EventPage page = await waiting.WaitAsync(TimeSpan.FromSeconds(30), Cancel);
        EventInfo only = Assert.Single(page.Events);
        Assert.Equal((1, EventKinds.Failed, "gone"), (only.Sequence, only.Kind, only.Detail));
        log.Add(MeshEventKind.LinkUp, Ann, "");
        page = await log.ReadAsync(page.Last, page.Life, 10, TimeSpan.FromMinutes(1), Cancel);
        Assert.Null(Assert.Single(page.Events).Detail);
        Assert.Empty((await log.ReadAsync(2, log.Life, 10, TimeSpan.FromMilliseconds(1), Cancel)).Events);
        Assert.Equal(2, (await log.ReadAsync(2, log.Life + 1, 10, TimeSpan.Zero, Cancel)).Events.Count);
    }

    [Fact]
    public async Task A_reader_that_fell_behind_goes_on_from_the_oldest_that_is_kept()
    {
        var log = new MeshEventLog(Ann, TimeProvider.System);
        for (int i = 0; i < MeshEventRing.Capacity + 7; i++)
        {
            log.Add(MeshEventKind.Updated, Ann, "");
        }

        EventPage page = await log.ReadAsync(2, log.Life, 3, TimeSpan.Zero, Cancel);
        Assert.Equal((5, 10), (page.Missed, page.Last));
        Assert.Equal([8, 9, 10], page.Events.Select(each => each.Sequence));
    }

    [Fact]
    public void No_more_wait_at_once_than_may()
    {
        var log = new MeshEventLog(Ann, TimeProvider.System);
        IDisposable[] places = [.. Enumerable.Range(0, MeshEventLog.MaxWaiters).Select(_ => log.TryEnter()!)];
        Assert.All(places, Assert.NotNull);
        Assert.Null(log.TryEnter());
        places[0].Dispose();
        places[0].Dispose();
        Assert.NotNull(log.TryEnter());
        Assert.Null(log.TryEnter());
    }

    [Fact]
    public void Every_kind_and_level_has_a_word_of_its_own()
    {
        string[] kinds = [.. Enum.GetValues<MeshEventKind>().Select(Names.Of)];
        Assert.Equal(kinds.Length, kinds.Distinct().Count());
        Assert.Equal(["ok", "warn", "fail"],
            Enum.GetValues<NoodleNet.Discovery.Health.HealthLevel>().Select(Names.Of));
    }
}
