using System.Collections.Concurrent;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using NoodleNet.Discovery;
using NoodleNet.Discovery.Serf;
using NoodleNet.Discovery.Wire;

namespace NoodleNet.Runtime.Discovery;

/// <summary>Questions to and from the cluster: ours with their answers, and the handlers that answer others.</summary>
/// <remarks>Bound: <see cref="MaxRunning"/> handlers at once, each for as long as its asker listens; a further
/// question is not answered. Our own: by the machine.</remarks>
internal sealed class GossipQueries(
    GossipOptions options, TimeProvider time, ILogger log, RefusalLog refusals,
    Func<SwimInput, CancellationToken, ValueTask> post) : IAsyncDisposable
{
    public const int MaxRunning = 64;
    private const string Internal = "_serf_";
    private readonly ConcurrentDictionary<string, QueryHandler> _handlers = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<long, Asked> _asked = new();
    private readonly ConcurrentDictionary<Task, bool> _running = new();
    private readonly CancellationTokenSource _stop = new();
    private long _ticket;

    /// <summary>Answers questions of this name from now on; null takes the handler away.</summary>
    public void Handle(string name, QueryHandler? handler)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        if (name.StartsWith(Internal, StringComparison.Ordinal))
        {
            throw new ArgumentException(
                $"Names that begin with {Internal} belong to Serf; choose another.", nameof(name));
        }

        if (handler is null)
        {
            _handlers.TryRemove(name, out _);
        }
        else
        {
            _handlers[name] = handler;
        }
    }

    /// <exception cref="ArgumentException">The question is not one that can be asked.</exception>
    public async Task<QueryOutcome> AskAsync(QueryQuestion question, CancellationToken cancellation)
    {
        Check(question);
        long ticket = Interlocked.Increment(ref _ticket);
        var asked = new Asked();
        _asked[ticket] = asked;
        try
        {
            await post(new SwimInput.AskQuery(ticket, question), cancellation).ConfigureAwait(false);
            QueryFault fault = await asked.Ended.Task.WaitAsync(cancellation).ConfigureAwait(false);
            return fault switch
            {
                QueryFault.TooLarge => throw new ArgumentException(
                    $"A query takes at most {QueryQuestion.MaxBytes} bytes with its filters, and must fit into one "
                    + "datagram; shorten the payload or the filters.", nameof(question)),
                QueryFault.TooMany => throw new InvalidOperationException(
                    "Too many queries of this node are open; wait until some have ended."),
                _ => asked.ToOutcome(),
            };
        }
        catch (ChannelClosedException)
        {
            return asked.ToOutcome();
        }
        finally
        {
            _asked.TryRemove(ticket, out _);
        }
    }

    /// <summary>Takes what concerns questions; false for anything else. Called by the machine's task only.</summary>
    public bool TryPerform(SwimEffect effect)
    {
        switch (effect)
        {
            case SwimEffect.QueryAsked asked: Run(asked.Ticket, asked.Query); return true;
            case SwimEffect.QueryAnswered answered:
                _asked.GetValueOrDefault(answered.Ticket)?.Answers.Enqueue(answered.Answer);
                return true;
            case SwimEffect.QueryAcknowledged heard:
                _asked.GetValueOrDefault(heard.Ticket)?.Acknowledged.Enqueue(heard.From);
                return true;
            case SwimEffect.QueryEnded ended:
                _asked.GetValueOrDefault(ended.Ticket)?.Ended.TrySetResult(ended.Fault);
                return true;
            default: return false;
        }
    }

    /// <summary>Ends our open questions with what has come so far, and waits for the handlers.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        foreach (Asked asked in _asked.Values)
        {
            asked.Ended.TrySetResult(QueryFault.None);
        }

        await Task.WhenAll(_running.Keys).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    private static void Check(QueryQuestion question)
    {
        ArgumentNullException.ThrowIfNull(question);
        ArgumentException.ThrowIfNullOrEmpty(question.Name, nameof(question));
        string? wrong = question switch
        {
            { RelayFactor: > 5 } => "RelayFactor must be 0 to 5.",
            { Enough: < 1 } => "Enough must be at least 1.",
            { Tags.Count: > 4 } => "A query has at most 4 tag filters.",
            { Timeout: { } limit } when limit <= TimeSpan.Zero || limit > QueryQuestion.LongestTimeout =>
                "Timeout must be longer than zero and at most 5 minutes.",
            _ => null,
        };
        if (wrong is not null)
        {
            throw new ArgumentException(wrong, nameof(question));
        }
    }

    private void Run(long ticket, IncomingQuery query)
    {
        if (KeyQuery.TryRead(query.Name, query.Payload.Span, out KeyOperation operation, out byte[] key))
        {
            Own(AnswerAsync(ticket, ChangeKeys(query.From, operation, key)));
        }
        else if (_handlers.TryGetValue(query.Name, out QueryHandler? handler) && _running.Count < MaxRunning)
        {
            Own(Task.Run(() => RunAsync(ticket, query, handler)));
        }
    }

    private void Own(Task task)
    {
        _running.TryAdd(task, true);
        task.ContinueWith(done => _running.TryRemove(done, out _), CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }

    private async Task RunAsync(long ticket, IncomingQuery query, QueryHandler handler)
    {
        using var limit = new CancellationTokenSource(query.Left, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, _stop.Token);
        try
        {
            if (await handler(query, both.Token).ConfigureAwait(false) is { } answer)
            {
                if (answer.Length > QueryQuestion.MaxAnswerBytes)
                {
                    throw new InvalidOperationException(
                        $"The answer has {answer.Length} bytes; {QueryQuestion.MaxAnswerBytes} are allowed.");
                }

                await AnswerAsync(ticket, answer).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (both.IsCancellationRequested)
        {
            return; // the asker listens no more, or we are stopping
        }
        catch (Exception fault) // a handler's defect is no reason to stop gossip
        {
            if (refusals.MayTell(query.Name)) // the names that have handlers are as many as the application gave
            {
                Log.QueryHandlerFailed(log, query.Name, fault);
            }
        }
    }

    private async Task AnswerAsync(long ticket, ReadOnlyMemory<byte> answer)
    {
        try
        {
            await post(new SwimInput.AnswerQuery(ticket, answer), _stop.Token).ConfigureAwait(false);
        }
        catch (Exception stopped) when (stopped is ChannelClosedException or OperationCanceledException)
        {
            return;
        }
    }

    private byte[] ChangeKeys(string from, KeyOperation operation, byte[] key)
    {
        string fault = options.Keys is not { } ring ? "gossip of this node is not encrypted"
            : options.KeyQueries != KeyQueryPolicy.Obey ? "this node takes gossip keys from its own mesh only"
            : operation switch
            {
                KeyOperation.Install => Say(ring.TryInstall(key)),
                KeyOperation.Use => Say(ring.TryUse(key)),
                KeyOperation.Remove => Say(ring.TryRemove(key)),
                _ => "",
            };
        if (refusals.MayTell(nameof(Log.KeysAsked)))
        {
            Log.KeysAsked(log, from, operation, fault.Length == 0 ? "done" : fault);
        }

        return KeyQuery.EncodeAnswer(
            fault.Length == 0, fault, fault.Length == 0 && operation == KeyOperation.List ? options.Keys!.All : []);
    }

    private static string Say(KeyRingFault fault) => fault switch
    {
        KeyRingFault.None => "",
        KeyRingFault.BadLength => "a key has 16, 24 or 32 bytes",
        KeyRingFault.Full => "the key ring is full; remove an old key first",
        KeyRingFault.Unknown => "the key is not in the ring; install it first",
        _ => "the key is in use; use another one first",
    };

    private sealed class Asked
    {
        public ConcurrentQueue<QueryAnswer> Answers { get; } = new();

        public ConcurrentQueue<string> Acknowledged { get; } = new();

        public TaskCompletionSource<QueryFault> Ended { get; } =
            new(TaskCreationOptions.RunContinuationsAsynchronously);

        public QueryOutcome ToOutcome() => new([.. Answers], [.. Acknowledged]);
    }
}
