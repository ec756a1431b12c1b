using System.Net;
using Noodle.Primitives;

namespace NoodleNet.Simulation.Network;

/// <summary>Connections that carry one message there and one back, as TCP would: late rather than never.</summary>
/// <remarks>
/// Meaning: a lost opening is sent again after 1, 2, 4 s, a lost flight of data after 200 ms; a cut or clogged way is
/// tried again until the deadline. A process that is down refuses after one round trip. With the given share a
/// connection breaks after the question was taken and before the answer is there. Bound: the deadline of each.
/// </remarks>
public sealed class VirtualStreams(Simulation simulation, VirtualNetwork network)
{
    private const int FirstFlightBytes = 14_000;
    private static readonly TimeSpan s_openAgain = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_sendAgain = TimeSpan.FromMilliseconds(200);
    private readonly Prng _chance = simulation.Streams["streams"];

    /// <summary>Share of connections that break before the answer.</summary>
    public double Breaks { get; set; }

    /// <summary>False when nothing but datagrams passes.</summary>
    public bool Work { get; set; } = true;

    /// <summary>Opens a connection, sends the question, waits for the answer.</summary>
    /// <param name="ended">Called once, with null when there is no answer within the limit.</param>
    public void Ask(int from, IPEndPoint to, byte[] question, TimeSpan limit, Action<byte[]?> ended)
    {
        ArgumentNullException.ThrowIfNull(ended);
        network.Counters.Streams++;
        int target = network.Find(to);
        var stream = new Connection(from, target, simulation.Now + limit, ended);
        EndInTime(stream);
        if (target < 0 || !Work)
        {
            return; // nobody there to refuse: the deadline ends it
        }

        Open(stream, s_openAgain, () =>
        {
            if (!network.Hosts[target].IsUp)
            {
                stream.End(null);
                return;
            }

            Move(stream, question, forth: true, () => Serve(stream, question));
        });
    }

    // A method of its own: beside the others in Ask, this closure would hold the question until the deadline.
    private void EndInTime(Connection stream) => simulation.At(stream.Deadline, () => stream.End(null));

    private void Serve(Connection stream, byte[] question)
    {
        INetworkHost server = network.Hosts[stream.To];
        if (!server.IsUp)
        {
            stream.End(null);
            return;
        }

        bool breaks = _chance.NextBool(Breaks);
        server.ReceiveStream(question, network.Hosts[stream.From].EndPoint, answer =>
        {
            if (breaks)
            {
                stream.End(null);
                return;
            }

            Move(stream, answer, forth: false, () => stream.End(answer));
        });
    }

    private void Open(Connection stream, TimeSpan again, Action opened)
    {
        if (stream.IsOver)
        {
            return;
        }

        bool lost = IsStuck(stream.From, stream.To) || IsStuck(stream.To, stream.From)
            || _chance.NextBool(network.Quality.StreamLoss) || _chance.NextBool(network.Quality.StreamLoss);
        if (lost)
        {
            simulation.After(again, () => Open(stream, again * 2, opened));
            return;
        }

        TimeSpan trip = network.Latency(stream.From, stream.To, _chance)
            + network.Latency(stream.To, stream.From, _chance);
        simulation.After(trip, opened);
    }

    // Slow start: each flight is twice as long as the one before it.
    private void Move(Connection stream, byte[] bytes, bool forth, Action moved)
    {
        int left = bytes.Length, size = FirstFlightBytes;
        int flights = 1;
        while (left > size)
        {
            left -= size;
            size *= 2;
            flights++;
        }

        network.Counters.StreamBytes += bytes.Length;
        Fly(stream, forth, flights, network.Lasts(bytes.Length), moved);
    }

    private void Fly(Connection stream, bool forth, int flights, TimeSpan lasts, Action moved)
    {
        if (stream.IsOver)
        {
            return;
        }

        (int from, int to) = forth ? (stream.From, stream.To) : (stream.To, stream.From);
        if (IsStuck(from, to) || _chance.NextBool(network.Quality.StreamLoss))
        {
            simulation.After(s_sendAgain, () => Fly(stream, forth, flights, lasts, moved));
            return;
        }

        TimeSpan trip = network.Latency(from, to, _chance);
        if (flights > 1)
        {
            simulation.After(2 * trip, () => Fly(stream, forth, flights - 1, lasts, moved));
            return;
        }

        simulation.After(trip + lasts, moved);
    }

    private bool IsStuck(int from, int to) =>
        !Work || network.Faults.IsCut(from, to) || network.Faults.IsClogged(from, to, simulation.Now);

    private sealed class Connection(int from, int to, Instant deadline, Action<byte[]?> ended)
    {
        public int From => from;

        public int To => to;

        public Instant Deadline => deadline;

        public bool IsOver { get; private set; }

        public void End(byte[]? answer)
        {
            if (!IsOver)
            {
                IsOver = true;
                ended(answer);
            }
        }
    }
}
