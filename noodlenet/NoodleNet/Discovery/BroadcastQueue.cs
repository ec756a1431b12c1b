namespace NoodleNet.Discovery;

/// <summary>Rumours on their way: each leaves a limited number of times, the least told first.</summary>
/// <remarks>
/// Meaning: a newer rumour about a name replaces the older one. Order: fewest sends, then longest, then newest.
/// Bound: the given capacity; when it is full, the rumour that would leave last makes room.
/// </remarks>
internal sealed class BroadcastQueue(int capacity)
{
    private readonly SortedSet<Rumour> _order = new(Rumour.Order);
    private readonly Dictionary<string, Rumour> _byName = new(StringComparer.Ordinal);
    private long _id;

    public int Count => _order.Count;

    public bool IsEmpty => _order.Count == 0;

    public bool Contains(string name) => _byName.ContainsKey(name);

    public void Add(string name, byte[] message)
    {
        if (_byName.Remove(name, out Rumour? older))
        {
            _order.Remove(older);
        }
        else if (_order.Count >= capacity && _order.Max is { } last)
        {
            _order.Remove(last);
            _byName.Remove(last.Name);
        }

        var rumour = new Rumour(name, message, 0, _id++);
        _order.Add(rumour);
        _byName.Add(name, rumour);
    }

    /// <summary>Adds to <paramref name="taken"/> what fits into the bytes left, each with its overhead.</summary>
    public void Take(int bytesLeft, int overheadBytes, int maxMessages, int transmitLimit, List<byte[]> taken)
    {
        var again = new List<Rumour>();
        foreach (Rumour rumour in _order)
        {
            if (maxMessages == 0 || bytesLeft <= overheadBytes)
            {
                break;
            }

            if (rumour.Message.Length + overheadBytes <= bytesLeft)
            {
                bytesLeft -= rumour.Message.Length + overheadBytes;
                maxMessages--;
                taken.Add(rumour.Message);
                again.Add(rumour);
            }
        }

        foreach (Rumour rumour in again)
        {
            _order.Remove(rumour);
            if (rumour.Sends + 1 >= transmitLimit)
            {
                _byName.Remove(rumour.Name);
                continue;
            }

            Rumour told = rumour with { Sends = rumour.Sends + 1 };
            _order.Add(told);
            _byName[rumour.Name] = told;
        }
    }

    /// <summary>mult * ceil(log10(n + 1)).</summary>
    public static int TransmitLimit(int mult, int members) => mult * (int)Math.Ceiling(Math.Log10(members + 1.0));

    private sealed record Rumour(string Name, byte[] Message, int Sends, long Id)
    {
        public static Comparer<Rumour> Order { get; } = Comparer<Rumour>.Create(static (a, b) =>
            a.Sends != b.Sends ? a.Sends.CompareTo(b.Sends)
            : a.Message.Length != b.Message.Length ? b.Message.Length.CompareTo(a.Message.Length)
            : b.Id.CompareTo(a.Id));
    }
}
