using NoodleNet.Discovery.Wire;

namespace NoodleNet.Discovery.Serf;

/// <summary>Words to everybody: each is heard once, and told on once.</summary>
/// <remarks>
/// Meaning: a word is known by its number, name and payload; the ring keeps those of the last <see cref="Slots"/>
/// numbers, and older ones are not taken. Bound: <see cref="MaxASlot"/> words a number and <see cref="MaxKeptBytes"/>
/// in all; a word beyond that is refused, for it could not be told apart from its own echo. Nothing is allocated
/// before the first word.
/// </remarks>
internal sealed class EventRing
{
    public const int Slots = 512;
    public const int MaxASlot = 64;
    public const int MaxKeptBytes = 1024 * 1024;
    private const int EntryBytes = 64; // what keeping a word costs beside its text
    private List<UserEvent>?[]? _ring;
    private ulong _from;
    private int _kept;

    public LamportClock Clock { get; } = new();

    /// <summary>Every word kept, the oldest number first.</summary>
    public IEnumerable<UserEvent> Kept => (_ring ?? []).Where(slot => slot is { Count: > 0 })
        .OrderBy(slot => slot![0].Time).SelectMany(slot => slot!);

    /// <summary>Words with a lower number than this are of before our time.</summary>
    public void Skip(ulong below) => _from = Math.Max(_from, below);

    /// <summary>Takes in a word; None and <paramref name="isNew"/> when it is to be heard here and told on.</summary>
    public WireFault Hear(UserEvent word, out bool isNew)
    {
        isNew = false;
        Clock.Witness(word.Time);
        if (word.Time < _from || IsOld(word.Time, Clock))
        {
            return WireFault.None;
        }

        if (word.Name.Length + word.Payload.Length > UserEvent.MaxHeardBytes)
        {
            return WireFault.TooLarge;
        }

        _ring ??= new List<UserEvent>?[Slots];
        List<UserEvent> slot = _ring[word.Time % Slots] ??= [];
        if (slot is [var first, ..] && first.Time != word.Time)
        {
            _kept -= slot.Sum(Cost);
            slot.Clear();
        }

        if (slot.Exists(known => known.Name == word.Name && known.Payload.Span.SequenceEqual(word.Payload.Span)))
        {
            return WireFault.None;
        }

        if (slot.Count >= MaxASlot || _kept + Cost(word) > MaxKeptBytes)
        {
            return WireFault.TooLarge;
        }

        _kept += Cost(word);
        slot.Add(word);
        isNew = true;
        return WireFault.None;
    }

    /// <summary>True when a ring of <see cref="Slots"/> numbers no longer covers this one.</summary>
    public static bool IsOld(ulong time, LamportClock clock) => clock.Time > Slots && time < clock.Time - Slots;

    private static int Cost(UserEvent word) => EntryBytes + (2 * word.Name.Length) + word.Payload.Length;
}
