using Noodle.Primitives;
using NoodleNet.Link.Calls;

namespace NoodleNet.Tests.Link.Calls;

/// <summary>Calls through a network of peers that fail, hang and slow down, all drawn from one seed.</summary>
public sealed class CallNetworkTests
{
    private const int Calls = 600;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(7)]
    [InlineData(8)]
    public void No_call_is_lost_none_outlives_its_deadline_and_attempts_are_bounded(ulong seed)
    {
        (Network first, Network second) = (new Network(seed), new Network(seed));
        first.Run();
        second.Run();
        Assert.Equal(first.Trace, second.Trace);
        Assert.Equal(Calls, first.Finished.Count);
        Assert.InRange(first.Attempts - first.Started, 0, first.Policy.RetryReserve + (Calls / 5));
        Assert.True(first.Finished.Values.Count(verdict => verdict == CallVerdict.Answered) > Calls / 2);
    }

    private sealed class Network
    {
        private readonly Prng _prng;
        private readonly CallMachine _machine;
        private readonly PriorityQueue<(long Call, int Attempt, AttemptOutcome Outcome), (Instant, long)> _answers =
            new();

        private readonly Dictionary<long, (Instant Deadline, bool IsIdempotent)> _calls = [];
        private readonly HashSet<(long Call, int Attempt)> _running = [];
        private readonly HashSet<long> _mayHaveRun = [];
        private readonly NodeId[] _peers = [.. Enumerable.Range(0, 8).Select(CallMachineTests.Node)];
        private Instant _now = Instant.Origin;
        private long _order;

        public Network(ulong seed)
        {
            _prng = new Prng(seed);
            _machine = new CallMachine(Policy, _prng.Fork("machine"));
        }

        public CallPolicy Policy { get; } = new() { AttemptLimit = TimeSpan.FromMilliseconds(400), MaxPeers = 6 };

        public Dictionary<long, CallVerdict> Finished { get; } = [];

        public List<string> Trace { get; } = [];

        public int Attempts { get; private set; }

        public int Started { get; private set; }

        public void Run()
        {
            for (long call = 0; call < Calls; call++)
            {
                Advance(_now + _prng.Next(TimeSpan.FromMilliseconds(20)));
                TimeSpan timeout = TimeSpan.FromMilliseconds(50 + _prng.Next(1500));
                bool isIdempotent = _prng.NextBool(0.7);
                NodeId[] peers = [.. _peers];
                _prng.Shuffle<NodeId>(peers);
                _calls[call] = (_now + timeout, isIdempotent);
                _machine.Handle(new CallInput.Start(call, peers[..(1 + _prng.Next(4))], timeout, isIdempotent), _now);
                Perform();
                if (_prng.NextBool(0.03))
                {
                    _machine.Handle(new CallInput.Cancel(call), _now);
                    Perform();
                }
            }

            Advance(_now + TimeSpan.FromSeconds(3));
            Assert.Equal(0, _machine.Count);
            Assert.Null(_machine.NextDeadline);
            Assert.Empty(_running);
        }

        private void Advance(Instant until)
        {
            while (true)
            {
                Instant? answer = _answers.TryPeek(out _, out (Instant At, long) due) ? due.At : null;
                if (Instant.Earlier(answer, _machine.NextDeadline) is not { } next || next > until)
                {
                    _now = until;
                    return;
                }

                _now = next > _now ? next : _now;
                if (answer <= _now)
                {
                    (long call, int attempt, AttemptOutcome outcome) = _answers.Dequeue();
                    _running.Remove((call, attempt));
                    _machine.Handle(new CallInput.Ended(call, attempt, outcome), _now);
                }
                else
                {
                    _machine.HandleDeadline(_now);
                }

                Perform();
            }
        }

        private void Perform()
        {
            while (_machine.TryTakeEffect(out CallEffect? effect))
            {
                Trace.Add($"{_now} {effect}");
                switch (effect)
                {
                    case CallEffect.StartAttempt start:
                        Ask(start);
                        break;
                    case CallEffect.AbandonAttempt abandon:
                        _running.Remove((abandon.Call, abandon.Attempt));
                        break;
                    case CallEffect.Finish finish:
                        Assert.True(Finished.TryAdd(finish.Call, finish.Verdict)); // once
                        Assert.True(_now <= _calls[finish.Call].Deadline);
                        Assert.DoesNotContain(_running, running => running.Call == finish.Call);
                        break;
                }
            }
        }

        private void Ask(CallEffect.StartAttempt start)
        {
            (Instant deadline, bool isIdempotent) = _calls[start.Call];
            Attempts++;
            Started += start.Attempt == 1 ? 1 : 0;
            Assert.InRange(start.Attempt, 1, Policy.MaxAttempts);
            Assert.True(start.Timeout > TimeSpan.Zero && _now + start.Timeout <= deadline);
            Assert.DoesNotContain(start.Call, Finished);
            Assert.True(isIdempotent || !_mayHaveRun.Contains(start.Call));
            _running.Add((start.Call, start.Attempt));
            Assert.InRange(_running.Count(running => running.Call == start.Call), 1, isIdempotent ? 2 : 1);

            // Peer 0 always fails, 1 hangs, 2 is slow half of the time; the others fail now and then.
            int peer = Array.IndexOf(_peers, start.Peer);
            int ms = peer == 2 && _prng.NextBool(0.5) ? 200 + _prng.Next(800) : 1 + _prng.Next(30);
            AttemptOutcome outcome = peer == 0 || _prng.NextBool(0.05)
                ? _prng.NextBool(0.5) ? AttemptOutcome.NotRun : AttemptOutcome.Unknown
                : AttemptOutcome.Answered;
            if (outcome == AttemptOutcome.Unknown)
            {
                _mayHaveRun.Add(start.Call);
            }

            if (peer != 1)
            {
                Instant at = _now + TimeSpan.FromMilliseconds(ms);
                _answers.Enqueue((start.Call, start.Attempt, outcome), (at, _order++));
            }
        }
    }
}
