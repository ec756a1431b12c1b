using Noodle.Primitives;
using NoodleNet.Link.Datagrams;

namespace NoodleNet.Tests.Link.Datagrams;

public sealed class DatagramMachineTests
{
    private readonly End _a = new(new DatagramOptions());
    private readonly End _b = new(new DatagramOptions());

    [Fact]
    public void A_key_is_offered_at_the_start_after_a_refusal_by_age_and_by_use()
    {
        var end = new End(new DatagramOptions { KeyUses = 16, KeyLifetime = TimeSpan.FromMinutes(1) });
        Assert.Equal(DatagramRefusal.NoKey, end.Send([1]));
        end.Expire();
        Assert.Equal(1, end.Offers);
        Assert.Null(end.Machine.NextDeadline);
        end.Do(DatagramInput.KeyRefused);
        end.Expire();
        Assert.Equal((2, TimeSpan.FromSeconds(1)), (end.Offers, end.Now - Instant.Origin));
        end.Do(DatagramInput.KeyTaken);
        Assert.True(end.Machine.IsOpen);
        end.Expire();
        Assert.Equal((3, TimeSpan.FromSeconds(61)), (end.Offers, end.Now - Instant.Origin));
        Assert.Equal(DatagramRefusal.None, end.Send([1])); // the old key serves until the new one is taken
        end.Do(DatagramInput.KeyTaken);
        for (int i = 0; i < 16; i++)
        {
            Assert.Equal(DatagramRefusal.None, end.Send([1]));
        }

        Assert.Equal(end.Now, end.Machine.NextDeadline);
        end.Do(DatagramInput.PeerRestarted);
        Assert.Equal(DatagramRefusal.NoKey, end.Send([1]));
    }

    [Fact]
    public void What_may_be_lost_goes_once_and_what_may_not_goes_until_it_is_answered()
    {
        Open();
        _a.Send([1]);
        _a.Send([2], isAtLeastOnce: true);
        _a.Out.Clear(); // both are lost on the way
        _a.Expire();
        Assert.Equal(TimeSpan.FromMilliseconds(200), _a.Now - Instant.Origin);
        Assert.Equal(1, _a.Deliver(_b));
        Assert.Equal([[2]], _b.Delivered);
        _b.Out.Clear(); // so is the answer
        _a.Expire();
        Assert.Equal(TimeSpan.FromMilliseconds(600), _a.Now - Instant.Origin);
        _a.Deliver(_b);
        Assert.Equal([[2]], _b.Delivered); // once
        _b.Deliver(_a);
        Assert.Equal((1, 0), (_a.Answered, _a.Machine.Unanswered));
        _b.Deliver(_a);
        Assert.Equal(1, _a.Answered);
    }

    [Fact]
    public void What_is_never_answered_is_given_up_after_six_tries()
    {
        Open();
        _a.Send([2], isAtLeastOnce: true);
        while (_a.Lost == 0)
        {
            _a.Expire();
        }

        Assert.Equal(6, _a.Out.Count);
        Assert.Equal(0, _a.Machine.Unanswered);
        Assert.Equal(200 + 400 + 800 + 1600 + 2000 + 2000, (_a.Now - Instant.Origin).TotalMilliseconds);
    }

    [Fact]
    public void The_wait_follows_the_round_trip()
    {
        Open();
        foreach (int ms in (int[])[30, 30, 30, 30, 30, 30])
        {
            _a.Send([1], isAtLeastOnce: true);
            _a.Deliver(_b);
            _a.Now += TimeSpan.FromMilliseconds(ms);
            _b.Deliver(_a);
        }

        _a.Send([1], isAtLeastOnce: true);
        Assert.InRange(_a.Machine.NextDeadline!.Value - _a.Now, TimeSpan.FromMilliseconds(30),
            TimeSpan.FromMilliseconds(90));
    }

    [Fact]
    public void Too_long_too_fast_and_too_many_are_refused()
    {
        var end = new End(new DatagramOptions { RatePerSecond = 10, Burst = 3, MaxUnanswered = 2 });
        end.Do(DatagramInput.KeyTaken);
        Assert.Equal(DatagramRefusal.TooLong, end.Send(new byte[1201]));
        Assert.Equal(DatagramRefusal.None, end.Send(new byte[1200], isAtLeastOnce: true));
        Assert.Equal(DatagramRefusal.None, end.Send([], isAtLeastOnce: true));
        Assert.Equal(DatagramRefusal.Full, end.Send([1], isAtLeastOnce: true));
        Assert.Equal(DatagramRefusal.None, end.Send([1]));
        Assert.Equal(DatagramRefusal.TooFast, end.Send([1]));
        end.Now += TimeSpan.FromMilliseconds(100);
        Assert.Equal(DatagramRefusal.None, end.Send([1]));
        Assert.Equal(DatagramRefusal.TooFast, end.Send([1]));
    }

    [Fact]
    public void Messages_do_not_run_away_from_one_that_stays_unanswered()
    {
        var a = new End(new DatagramOptions { MaxUnanswered = 512, RatePerSecond = 1_000_000, Burst = 65_536 });
        Open(a);
        Open(_b);
        a.Send([0], isAtLeastOnce: true);
        a.Out.Clear();
        for (int i = 1; i < DatagramMachine.MostAhead; i++)
        {
            Assert.Equal(DatagramRefusal.None, a.Send([1], isAtLeastOnce: true));
            a.Deliver(_b);
            _b.Deliver(a);
        }

        Assert.Equal(1, a.Machine.Unanswered);
        Assert.Equal(DatagramRefusal.Full, a.Send([1], isAtLeastOnce: true));
        a.Expire();
        a.Deliver(_b);
        Assert.Equal([0], _b.Delivered[^1]); // late, and no replay
    }

    [Fact]
    public void A_peer_that_restarted_counts_from_the_start()
    {
        Open();
        _a.Send([1], isAtLeastOnce: true);
        _a.Deliver(_b);
        _b.Do(DatagramInput.PeerRestarted);
        _b.Do(DatagramInput.KeyTaken);
        var again = new End(new DatagramOptions());
        Open(again);
        again.Send([2], isAtLeastOnce: true);
        again.Deliver(_b);
        Assert.Equal([[1], [2]], _b.Delivered);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Over_a_bad_network_every_message_arrives_once_or_is_told_lost(ulong seed)
    {
        var prng = new Prng(seed);
        Open();
        var flying = new PriorityQueue<(End To, Sent What), (Instant, int)>();
        int order = 0, sent = 0;
        for (int step = 0; step < 3000; step++)
        {
            if (sent < 400 && prng.NextBool(0.3) && _a.Send(BitConverter.GetBytes(sent), true) == DatagramRefusal.None)
            {
                sent++;
            }

            foreach ((End from, End to) in ((End, End)[])[(_a, _b), (_b, _a)])
            {
                while (from.Out.TryDequeue(out Sent what))
                {
                    for (int copies = prng.NextBool(0.3) ? 0 : prng.NextBool(0.2) ? 2 : 1; copies > 0; copies--)
                    {
                        flying.Enqueue((to, what), (_a.Now + prng.Next(TimeSpan.FromMilliseconds(300)), order++));
                    }
                }
            }

            _a.Now = _b.Now += TimeSpan.FromMilliseconds(10);
            _a.Machine.HandleDeadline(_a.Now);
            _a.TakeEffects();
            while (flying.TryPeek(out (End To, Sent What) item, out (Instant At, int) due) && due.At <= _a.Now)
            {
                flying.Dequeue();
                item.To.Do(DatagramInput.Received(item.What.Kind, item.What.Sequence, item.What.Payload));
            }
        }

        Assert.Equal(400, sent);
        Assert.Equal(0, _a.Machine.Unanswered);
        Assert.Equal(400, _a.Answered + _a.Lost);
        Assert.InRange(_a.Lost, 0, 40);
        List<int> got = [.. _b.Delivered.Select(bytes => BitConverter.ToInt32(bytes))];
        Assert.Equal(got.Count, got.Distinct().Count());
        Assert.InRange(got.Count, _a.Answered, 400);
    }

    [Fact]
    public void The_steady_path_allocates_nothing()
    {
        var options = new DatagramOptions { RatePerSecond = 1_000_000, Burst = 65_536 };
        DatagramMachine a = new(options), b = new(options);
        a.Handle(DatagramInput.KeyTaken, Instant.Origin);
        b.Handle(DatagramInput.KeyTaken, Instant.Origin);
        byte[] payload = new byte[100];
        Instant now = Instant.Origin;
        void Once(bool isAtLeastOnce)
        {
            now += TimeSpan.FromMilliseconds(1);
            a.Handle(DatagramInput.Send(payload, isAtLeastOnce), now);
            for (bool isBusy = true; isBusy;)
            {
                isBusy = Move(a, b) | Move(b, a);
            }
        }

        bool Move(DatagramMachine from, DatagramMachine to)
        {
            bool isMoved = false;
            while (from.TryTakeEffect(out DatagramEffect effect))
            {
                isMoved = true;
                if (effect.Kind == DatagramEffectKind.Transmit)
                {
                    to.Handle(DatagramInput.Received(effect.Datagram, effect.Sequence, effect.Payload), now);
                }
            }

            return isMoved;
        }

        Once(true);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 1000; i++)
        {
            Once(i % 2 == 0);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Theory]
    [InlineData("RatePerSecond")]
    [InlineData("Burst")]
    [InlineData("MaxUnanswered")]
    [InlineData("MaxTries")]
    [InlineData("KeyLifetime")]
    [InlineData("KeyUses")]
    public void A_setting_out_of_its_range_is_named(string setting)
    {
        DatagramOptions wrong = setting switch
        {
            "RatePerSecond" => new() { RatePerSecond = 0 },
            "Burst" => new() { Burst = 0 },
            "MaxUnanswered" => new() { MaxUnanswered = 513 },
            "MaxTries" => new() { MaxTries = 17 },
            "KeyLifetime" => new() { KeyLifetime = TimeSpan.Zero },
            _ => new() { KeyUses = 15 },
        };
        Assert.Contains(setting, Assert.Single(wrong.FindFaults()), StringComparison.Ordinal);
        Assert.Empty(new DatagramOptions().FindFaults());
    }

    private void Open()
    {
        Open(_a);
        Open(_b);
    }

    private static void Open(End end)
    {
        end.Expire();
        end.Do(DatagramInput.KeyTaken);
    }

    private readonly record struct Sent(DatagramKind Kind, ulong Sequence, byte[] Payload);

    private sealed class End(DatagramOptions options)
    {
        public DatagramMachine Machine { get; } = new(options);

        public Instant Now { get; set; } = Instant.Origin;

        public Queue<Sent> Out { get; } = new();

        public List<byte[]> Delivered { get; } = [];

        public int Offers { get; private set; }

        public int Lost { get; private set; }

        public int Answered { get; private set; }

        public DatagramRefusal Send(byte[] payload, bool isAtLeastOnce = false)
        {
            Machine.Handle(DatagramInput.Send(payload, isAtLeastOnce), Now);
            return TakeEffects();
        }

        public void Do(DatagramInput input)
        {
            Machine.Handle(input, Now);
            TakeEffects();
        }

        public void Expire()
        {
            Now = Machine.NextDeadline is { } due && due > Now ? due : Now;
            Machine.HandleDeadline(Now);
            TakeEffects();
        }

        public int Deliver(End to)
        {
            int count = Out.Count;
            to.Now = Now > to.Now ? Now : to.Now;
            while (Out.TryDequeue(out Sent sent))
            {
                to.Do(DatagramInput.Received(sent.Kind, sent.Sequence, sent.Payload));
            }

            return count;
        }

        public DatagramRefusal TakeEffects()
        {
            DatagramRefusal refusal = DatagramRefusal.None;
            while (Machine.TryTakeEffect(out DatagramEffect effect))
            {
                switch (effect.Kind)
                {
                    case DatagramEffectKind.OfferKey: Offers++; break;
                    case DatagramEffectKind.Transmit:
                        Out.Enqueue(new Sent(effect.Datagram, effect.Sequence, effect.Payload.ToArray()));
                        break;
                    case DatagramEffectKind.Deliver: Delivered.Add(effect.Payload.ToArray()); break;
                    case DatagramEffectKind.Refuse: refusal = effect.Refusal; break;
                    case DatagramEffectKind.Lost: Lost++; break;
                    case DatagramEffectKind.Answered: Answered++; break;
                }
            }

            return refusal;
        }
    }
}
