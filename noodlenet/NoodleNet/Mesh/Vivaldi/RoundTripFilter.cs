namespace NoodleNet.Mesh.Vivaldi;

/// <summary>The middle one of the last three round trips to each peer: one slow answer moves nothing.</summary>
/// <remarks>Bound: <c>capacity</c> peers; those beyond it are not filtered. Cost: three numbers a peer.</remarks>
internal sealed class RoundTripFilter(int capacity)
{
    private readonly Dictionary<string, Samples> _peers = new(StringComparer.Ordinal);

    public int Count => _peers.Count;

    /// <summary>Takes a sample in seconds and gives the middle of the last three.</summary>
    public double Add(string peer, double seconds)
    {
        if (!_peers.TryGetValue(peer, out Samples samples) && _peers.Count >= capacity)
        {
            return seconds;
        }

        samples = new Samples(seconds, samples.First, samples.Second, int.Min(samples.Count + 1, 3));
        _peers[peer] = samples;
        return samples.Middle;
    }

    public void Forget(string peer) => _peers.Remove(peer);

    private readonly record struct Samples(double First, double Second, double Third, int Count)
    {
        // Of two the larger, as Serf agents take it.
        public double Middle => Count switch
        {
            1 => First,
            2 => double.Max(First, Second),
            _ => double.Max(double.Min(First, Second), double.Min(double.Max(First, Second), Third)),
        };
    }
}
