using System.Net;
using Noodle.Primitives;

namespace NoodleNet.Simulation.Network;

/// <summary>Connections that carry one message there and one back, as TCP would: late rather than never.</summary>
/// <remarks>
/// Meaning: a lost opening, or the answer to it, is sent again after 1, 2, 4 s; data goes in segments as
/// <see cref="Flow"/> has it: a lost one makes it late and never breaks a connection. A cut or clogged way is tried
/// again until the deadline. A process that is down refuses after one round trip. A fault of its own: with the share
/// <see cref="Breaks"/> a connection breaks after the question was taken and before the answer is there. Bound: the
/// deadline of each.
/// </remarks>
public sealed class VirtualStreams(Simulation simulation, VirtualNetwork network)
{
    private const int SegmentBytes = 1_400;
    private static readonly TimeSpan s_openAgain = TimeSpan.FromSeconds(1);
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

    private void Move(Connection stream, byte[] bytes, bool forth, Action moved)
    {
        network.Counters.StreamBytes += bytes.Length;
        int segments = Math.Max(1, (bytes.Length + SegmentBytes - 1) / SegmentBytes);
        Fly(stream, forth, new Flow(segments), network.Lasts(bytes.Length), moved);
    }

    private void Fly(Connection stream, bool forth, Flow flow, TimeSpan lasts, Action moved)
    {
        if (stream.IsOver)
        {
            return;
        }

        (int from, int to) = forth ? (stream.From, stream.To) : (stream.To, stream.From);
        int sent = flow.Sends;
        if (flow.Arrive(IsStuck(from, to) ? 0 : sent - DrawLost(sent)) is { } pause)
        {
            simulation.After(pause, () => Fly(stream, forth, flow, lasts, moved));
            return;
        }

        TimeSpan trip = network.Latency(from, to, _chance);
        if (flow.IsDone)
        {
            simulation.After(trip + lasts, moved);
            return;
        }

        simulation.After(2 * trip, () => Fly(stream, forth, flow, lasts, moved));
    }

    private int DrawLost(int segments)
    {
        double loss = network.Quality.StreamLoss;
        int lost = 0;
        for (int i = 0; i < segments && loss > 0; i++)
        {
            lost += _chance.NextBool(loss) ? 1 : 0;
        }

        return lost;
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
