using System.Diagnostics.CodeAnalysis;
using Noodle.Primitives;

namespace NoodleNet.Content;

/// <summary>Decides which chunk of a file is asked of which holder, and who is asked no more.</summary>
/// <remarks>
/// <code>
/// seeking --a holder's manifest--> opening --what is here--> fetching --last chunk--> checking --right--> ended
///    ^                                                                                   |
///    \------------- whole is wrong: all is thrown away, whose manifest it was is not asked again
/// </code>
/// Meaning: every chunk is checked against the manifest before it is stored, the whole against its own digest after the
/// last one. A manifest is taken from any holder; where the deployment names its digest, only that one. Without that
/// name a chunk that does not fit proves nothing against who sent it: he is passed over until the whole is checked.
/// What a holder does not deliver in time is asked of another; when no chunk is left to ask for, those under way are
/// asked of a second holder, and who comes second is given up.
/// Bound: <see cref="FetchOptions"/>. Cost: 2 bytes a chunk, one object a holder.
/// </remarks>
public sealed class ChunkFetchMachine : IMachine<FetchInput, FetchEffect>
{
    private const int MaxManifestAsks = 4;
    private const int MaxWrongWholes = 2;
    private const int MostDoublings = 20;
    private static readonly TimeSpan s_busyPause = TimeSpan.FromMilliseconds(250);

    private readonly FetchOptions _options;
    private readonly HolderTable _holders;
    private readonly AskTable _asks = new();
    private readonly Queue<FetchEffect> _effects = new();
    private Phase _phase = Phase.Seeking;
    private ChunkManifest? _manifest;
    private ChunkHolder? _source; // whose manifest it is
    private Instant _progressAt;
    private bool _sawTooLarge;
    private int _wrongWholes;

    /// <param name="chance">Decides who is asked first.</param>
    public ChunkFetchMachine(FetchOptions options, Prng chance, Instant now)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(chance);
        (_options, _progressAt) = (options, now);
        _holders = new HolderTable(options.MaxHolders, chance);
        NextDeadline = FindDeadline(now);
    }

    private enum Phase
    {
        Seeking,
        Opening,
        Fetching,
        Checking,
        Ended,
    }

    /// <summary>Bytes that are here and right.</summary>
    public long DoneBytes { get; private set; }

    /// <summary>Size of the file; 0 until it is known.</summary>
    public long TotalBytes => _manifest?.SizeBytes ?? _options.SizeBytes ?? 0;

    private TimeSpan Patience => _phase == Phase.Seeking ? _options.SeekPatience : _options.Patience;

    /// <inheritdoc/>
    public Instant? NextDeadline { get; private set; }

    /// <inheritdoc/>
    public void Handle(in FetchInput input, Instant now)
    {
        if (_phase == Phase.Ended)
        {
            return;
        }

        switch (input)
        {
            case FetchInput.HolderFound found:
                _holders.Find(found.Node, found.SaysItHas);
                break;
            case FetchInput.HolderLost lost:
                Lose(lost.Node);
                break;
            case FetchInput.ManifestCame came:
                TakeManifest(came, now);
                break;
            case FetchInput.PartialOpened opened when _phase == Phase.Opening:
                Open(opened.Present, now);
                break;
            case FetchInput.ChunkCame came:
                TakeChunk(came, now);
                break;
            case FetchInput.WholeChecked whole when _phase == Phase.Checking:
                TakeVerdict(whole.IsRight, now);
                break;
            default:
                break; // an answer that nothing waits for any more
        }

        Proceed(now);
    }

    /// <inheritdoc/>
    public void HandleDeadline(Instant now)
    {
        if (_phase == Phase.Ended)
        {
            return;
        }

        while (_asks.TryEndDue(now, out ChunkAsk? ask))
        {
            TellGivenUp(ask);
            Punish(ask.Holder, AskFault.Failed, now);
        }

        Proceed(now);
    }

    /// <inheritdoc/>
    public bool TryTakeEffect([MaybeNullWhen(false)] out FetchEffect effect) => _effects.TryDequeue(out effect);

    private void Lose(NodeId node)
    {
        if (_holders.TryGet(node, out ChunkHolder? holder))
        {
            holder.IsPresent = false;
            GiveUp(holder);
        }
    }

    private void GiveUp(ChunkHolder holder)
    {
        while (_asks.TryEndOf(holder, out ChunkAsk? ask))
        {
            TellGivenUp(ask);
        }
    }

    private void TellGivenUp(ChunkAsk ask)
    {
        if (ask.Index != AskTable.Manifest)
        {
            _effects.Enqueue(new FetchEffect.GiveUpChunk(ask.Holder.Node, ask.Index));
        }
    }

    private void TakeManifest(FetchInput.ManifestCame came, Instant now)
    {
        if (!_asks.TryEnd(came.Node, AskTable.Manifest, out ChunkAsk? ask))
        {
            return;
        }

        ChunkHolder holder = ask.Holder;
        if (came.Fault != AskFault.None || came.Manifest is not { } manifest)
        {
            Punish(holder, came.Fault == AskFault.None ? AskFault.Failed : came.Fault, now);
        }
        else if ((_options.ManifestDigest is { } digest && manifest.Digest != digest)
            || (_options.SizeBytes is { } size && manifest.SizeBytes != size))
        {
            Ban(holder, HolderFault.Lied);
        }
        else if (manifest.SizeBytes > _options.MaxSizeBytes)
        {
            _sawTooLarge = true;
            Ban(holder, HolderFault.TooLarge); // where nobody vouches for the size, another may know better
        }
        else if (_phase == Phase.Seeking)
        {
            (_manifest, _source, _phase, _progressAt) = (manifest, holder, Phase.Opening, now);
            _effects.Enqueue(new FetchEffect.OpenPartial(manifest));
        }
    }

    private void Open(IReadOnlyList<bool> present, Instant now)
    {
        _asks.Chunks = new ChunkSet(_manifest!.Count);
        for (int i = 0; i < _manifest.Count && i < present.Count; i++)
        {
            if (present[i])
            {
                _asks.Chunks.MarkDone(i);
                DoneBytes += _manifest.LengthOf(i);
            }
        }

        (_phase, _progressAt) = (Phase.Fetching, now);
    }

    private void TakeChunk(FetchInput.ChunkCame came, Instant now)
    {
        if (!_asks.TryEnd(came.Node, came.Index, out ChunkAsk? ask))
        {
            return;
        }

        if (came.Fault != AskFault.None)
        {
            Punish(ask.Holder, came.Fault, now);
        }
        else if (!_manifest!.Matches(came.Index, came.Content.Span))
        {
            Blame(ask.Holder, now);
        }
        else
        {
            (ask.Holder.Strikes, _progressAt) = (Math.Max(0, ask.Holder.Strikes - 1), now);
            DoneBytes += came.Content.Length;
            _asks.Chunks.MarkDone(came.Index);
            _effects.Enqueue(new FetchEffect.StoreChunk(came.Index, came.Content));
            if (_asks.TryEndFor(came.Index, out ChunkAsk? second))
            {
                TellGivenUp(second);
            }
        }
    }

    private void TakeVerdict(bool isRight, Instant now)
    {
        if (isRight)
        {
            End(FetchOutcome.Done);
            return;
        }

        if (_options.ManifestDigest is null)
        {
            Ban(_source!, HolderFault.Lied);
        }

        StartOver(now);
        if (_options.ManifestDigest is not null && ++_wrongWholes >= MaxWrongWholes)
        {
            End(FetchOutcome.WrongContent);
        }
    }

    // Where the manifest is vouched for, or is his own, what does not fit it is a lie.
    private void Blame(ChunkHolder holder, Instant now)
    {
        if (_options.ManifestDigest is not null || holder == _source)
        {
            Ban(holder, HolderFault.Lied);
            if (_options.ManifestDigest is null)
            {
                StartOver(now); // nobody vouches for the manifest of a liar
            }

            return;
        }

        holder.Disagrees = true;
        GiveUp(holder);
        _effects.Enqueue(new FetchEffect.HolderDropped(holder.Node, HolderFault.Disagrees));
    }

    private void StartOver(Instant now)
    {
        GiveUpAll();
        _holders.Reconcile();
        (_phase, _progressAt, DoneBytes, _manifest, _source) = (Phase.Seeking, now, 0, null, null);
        _effects.Enqueue(new FetchEffect.StartOver());
    }

    private void GiveUpAll()
    {
        while (_asks.TryEndAny(out ChunkAsk? ask))
        {
            TellGivenUp(ask);
        }
    }

    private void Ban(ChunkHolder holder, HolderFault fault)
    {
        holder.IsBanned = true;
        GiveUp(holder);
        _effects.Enqueue(new FetchEffect.HolderDropped(holder.Node, fault));
    }

    private void Punish(ChunkHolder holder, AskFault fault, Instant now)
    {
        if (fault == AskFault.Busy)
        {
            holder.PausedUntil = now + s_busyPause;
            return;
        }

        GiveUp(holder); // what else it was asked for is better asked elsewhere
        TimeSpan pause = _options.LongestPause;
        if (fault == AskFault.NotThere)
        {
            holder.SaysItHas = false;
        }
        else
        {
            TimeSpan next = _options.FirstPause * (1L << Math.Min(holder.Strikes++, MostDoublings));
            pause = next < pause ? next : pause;
        }

        holder.PausedUntil = now + pause;
        _effects.Enqueue(new FetchEffect.HolderDropped(
            holder.Node, fault == AskFault.NotThere ? HolderFault.NotThere : HolderFault.Failed));
    }

    private void Proceed(Instant now)
    {
        if (_phase is Phase.Seeking or Phase.Fetching && now - _progressAt >= Patience)
        {
            End(_sawTooLarge ? FetchOutcome.TooLarge : FetchOutcome.NoHolder);
        }
        else if (_phase == Phase.Seeking)
        {
            SeekManifest(now);
        }
        else if (_phase == Phase.Fetching && _asks.Chunks.IsComplete)
        {
            _phase = Phase.Checking;
            _effects.Enqueue(new FetchEffect.CheckWhole());
        }
        else if (_phase == Phase.Fetching)
        {
            AskForChunks(now);
        }

        NextDeadline = FindDeadline(now);
    }

    private void SeekManifest(Instant now)
    {
        if (_sawTooLarge && _holders.AreAllBanned) // not one of many says so, but every one there is
        {
            End(FetchOutcome.TooLarge);
            return;
        }

        while (_asks.ManifestCount < MaxManifestAsks && _holders.Pick(now, null, perHolder: 1) is { } holder)
        {
            _asks.Add(holder, AskTable.Manifest, now + LimitOf(holder));
            _effects.Enqueue(new FetchEffect.AskManifest(holder.Node));
        }
    }

    private void AskForChunks(Instant now)
    {
        while (_asks.ChunkCount < _options.InFlight)
        {
            int wanted = _asks.Chunks.PeekWanted();
            ChunkAsk? lone = wanted < 0 ? _asks.FindLone() : null;
            if ((wanted < 0 && lone is null)
                || _holders.Pick(now, lone?.Holder, _options.PerHolder) is not { } holder)
            {
                return;
            }

            int index = lone?.Index ?? wanted;
            _asks.Add(holder, index, now + LimitOf(holder));
            _effects.Enqueue(new FetchEffect.AskChunk(holder.Node, index, _manifest!.LengthOf(index)));
        }
    }

    private TimeSpan LimitOf(ChunkHolder holder) => _options.AskLimit * (1 << Math.Min(holder.Strikes, 3));

    private void End(FetchOutcome outcome)
    {
        GiveUpAll();
        _phase = Phase.Ended;
        _effects.Enqueue(new FetchEffect.Ended(outcome));
    }

    private Instant? FindDeadline(Instant now) => _phase is Phase.Seeking or Phase.Fetching
        ? Instant.Earlier(_progressAt + Patience, Instant.Earlier(_asks.NextDue, _holders.NextReturn(now)))
        : null;
}
