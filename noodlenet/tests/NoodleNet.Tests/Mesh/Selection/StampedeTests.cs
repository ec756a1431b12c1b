using Noodle.Primitives;
using NoodleNet.Mesh.Requirements;
using NoodleNet.Mesh.Selection;
using static NoodleNet.Tests.Mesh.MeshNodes;

namespace NoodleNet.Tests.Mesh.Selection;

/// <summary>Forty callers and twenty workers whose word on their load is up to a second old.</summary>
public sealed class StampedeTests
{
    private const int Callers = 40;
    private const int Workers = 20;
    private const int Calls = 20_000;
    private const long ServiceUs = 10_000;

    [Fact]
    public void Old_words_do_not_make_everybody_run_to_one_node()
    {
        Outcome best = Simulate(seed: 7, ChooseBest);
        Outcome least = Simulate(seed: 7, ChooseLeast);
        Outcome peak = Simulate(seed: 7, ChoosePeak);
        TestContext.Current.SendDiagnosticMessage($"best {best}, least loaded {least}, peak EWMA {peak}");
        Assert.True(best.MostAtOnce * 2 < least.MostAtOnce, $"{best} against {least}");
        Assert.True(best.MeanUs * 2 < least.MeanUs, $"{best} against {least}");
        Assert.True(best.P99Us * 2 < least.P99Us, $"{best} against {least}");
        Assert.True(best.MeanUs <= peak.MeanUs, $"{best} against {peak}");
    }

    [Fact]
    public void What_callers_felt_themselves_does_not_make_them_run_either()
    {
        Outcome felt = Simulate(seed: 7, ChooseFelt);
        Outcome least = Simulate(seed: 7, ChooseLeast);
        TestContext.Current.SendDiagnosticMessage($"felt {felt}, least loaded {least}");
        Assert.True(felt.MostAtOnce * 2 < least.MostAtOnce, $"{felt} against {least}");
        Assert.True(felt.MeanUs * 2 < least.MeanUs, $"{felt} against {least}");
        Assert.True(felt.P99Us * 2 < least.P99Us, $"{felt} against {least}");
    }

    [Fact]
    public void A_worker_that_is_slower_than_it_says_is_found_out()
    {
        Outcome best = Simulate(seed: 7, ChooseBest, slowness: 8);
        Outcome felt = Simulate(seed: 7, ChooseFelt, slowness: 8);
        TestContext.Current.SendDiagnosticMessage($"felt {felt}, by its word {best}");
        Assert.True(felt.Slow * 2 < best.Slow, $"{felt} against {best}");
        Assert.True(felt.P99Us < best.P99Us, $"{felt} against {best}");
    }

    [Fact]
    public void The_same_seed_gives_the_same_outcome() =>
        Assert.Equal(Simulate(3, ChooseFelt, 8), Simulate(3, ChooseFelt, 8));

    private static int ChooseBest(World world, int caller, Instant now) => Choose(world, caller, now, (_, _) => null);

    private static int ChooseFelt(World world, int caller, Instant now) =>
        Choose(world, caller, now, (from, worker) => world.Felt[from, worker].Read(now));

    private static int Choose(World world, int caller, Instant now, Func<int, int, long?> felt)
    {
        for (int i = 0; i < Workers; i++)
        {
            world.Candidates[i] = world.Candidates[i] with
            {
                InFlight = world.Told[i], Outstanding = world.Outstanding[caller, i], ToldAt = world.ToldAt,
                FeltMicroseconds = felt(caller, i),
            };
        }

        NodeId chosen = BestNode.Choose(world.Candidates, Requirement.Any, 0, now, world.Chance).Chosen;
        return Array.FindIndex(world.Candidates, candidate => candidate.Facts.Node == chosen);
    }

    // Of equal ones any: it is the old word, not the order of names, that is on trial.
    private static int ChooseLeast(World world, int caller, Instant now)
    {
        int least = world.Told.Min();
        int[] all = [.. Enumerable.Range(0, Workers).Where(i => world.Told[i] == least)];
        return all[world.Chance.Next(all.Length)];
    }

    private static int ChoosePeak(World world, int caller, Instant now)
    {
        int first = world.Chance.Next(Workers);
        int second = (first + 1 + world.Chance.Next(Workers - 1)) % Workers;
        return Cost(second) < Cost(first) ? second : first;

        long Cost(int worker) => world.Felt[caller, worker].Cost(world.Outstanding[caller, worker]);
    }

    /// <param name="slowness">How many times as long the first worker takes as it says.</param>
    private static Outcome Simulate(ulong seed, Func<World, int, Instant, int> choose, int slowness = 1)
    {
        var world = new World(seed);
        var events = new PriorityQueue<(int Caller, int Worker, Instant Began), (Instant At, long Order)>();
        long order = 0;
        Instant now = At(0);
        Instant nextWord = At(0);
        Instant nextCall = At(0);
        Instant[] freeAt = new Instant[Workers];
        var took = new List<long>(Calls);
        int sent = 0;
        int mostAtOnce = 0;
        int slow = 0;
        while (took.Count < Calls)
        {
            bool isCall = sent < Calls && (events.Count == 0 || !events.TryPeek(out _, out var next)
                || nextCall <= next.At);
            if (isCall)
            {
                now = nextCall;
                if (now >= nextWord)
                {
                    (world.Told, world.ToldAt, nextWord) = ([.. world.InFlight], now, now + Ms(1_000));
                }

                int caller = sent++ % Callers;
                int worker = choose(world, caller, now);
                // Service 5 to 15 ms; the whole takes four fifths of what the workers can do.
                TimeSpan work =
                    TimeSpan.FromMicroseconds((ServiceUs / 2) + (long)(ServiceUs * world.Draws.NextDouble()));
                (work, slow) = worker == 0 ? (work * slowness, slow + 1) : (work, slow);
                freeAt[worker] = (freeAt[worker] > now ? freeAt[worker] : now) + work;
                events.Enqueue((caller, worker, now), (freeAt[worker], order++));
                mostAtOnce = int.Max(mostAtOnce, ++world.InFlight[worker]);
                world.Outstanding[caller, worker]++;
                nextCall = now + TimeSpan.FromMicroseconds(ServiceUs / (Workers * 0.8) * 2 * world.Draws.NextDouble());
                continue;
            }

            events.TryDequeue(out (int Caller, int Worker, Instant Began) done, out (Instant At, long) at);
            now = at.At;
            TimeSpan whole = now.Since(done.Began);
            took.Add((long)whole.TotalMicroseconds);
            world.InFlight[done.Worker]--;
            world.Outstanding[done.Caller, done.Worker]--;
            world.Felt[done.Caller, done.Worker].Add(whole, now);
        }

        took.Sort();
        return new Outcome(mostAtOnce, (long)took.Average(), took[Calls * 99 / 100], slow);
    }

    private readonly record struct Outcome(int MostAtOnce, long MeanUs, long P99Us, int Slow);

    private sealed class World
    {
        public World(ulong seed)
        {
            Chance = new Prng(seed);
            Draws = new Prng(seed + 1);
            for (int caller = 0; caller < Callers; caller++)
            {
                for (int worker = 0; worker < Workers; worker++)
                {
                    Felt[caller, worker] = new PeakEwma(FeltLatencies.HalfLife);
                }
            }
        }

        public Prng Chance { get; }

        public Prng Draws { get; }

        public int[] InFlight { get; } = new int[Workers];

        public int[] Told { get; set; } = new int[Workers];

        public Instant ToldAt { get; set; }

        public int[,] Outstanding { get; } = new int[Callers, Workers];

        public PeakEwma[,] Felt { get; } = new PeakEwma[Callers, Workers];

        public NodeCandidate[] Candidates { get; } = [.. Enumerable.Range(0, Workers).Select(i => new NodeCandidate(
            new NodeFacts { Node = Node(i + 1), RoundTripMicroseconds = 200 }, false, 0, 0, ServiceUs, At(0)))];
    }
}
