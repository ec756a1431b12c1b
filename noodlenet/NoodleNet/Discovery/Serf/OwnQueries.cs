using Noodle.Primitives;

namespace NoodleNet.Discovery.Serf;

/// <summary>Our open questions, and who has answered each.</summary>
/// <remarks>
/// Bound: <see cref="MaxOpen"/> at once; of each <see cref="MaxAnswers"/> answers and as many acknowledgements count,
/// one of each from a node.
/// </remarks>
internal sealed class OwnQueries
{
    public const int MaxOpen = 64;
    public const int MaxAnswers = 4096;
    private readonly List<OpenQuery> _open = [];

    public bool IsFull => _open.Count >= MaxOpen;

    public Instant? NextDue
    {
        get
        {
            Instant? due = null;
            foreach (OpenQuery query in _open)
            {
                due = Instant.Earlier(due, query.Until);
            }

            return due;
        }
    }

    public void Add(OpenQuery query) => _open.Add(query);

    /// <summary>Counts an answer; null when it is to no open question, or one more of the same node.</summary>
    public OpenQuery? Count(UserMessage.Response response)
    {
        OpenQuery? query = _open.Find(open => open.Time == response.Time && open.Id == response.Id);
        if (query is null)
        {
            return null;
        }

        HashSet<string> heard = response.IsAck ? query.Acknowledged : query.Answered;
        return heard.Count < MaxAnswers && heard.Add(response.From) ? query : null;
    }

    /// <summary>Takes out the questions that are over.</summary>
    public List<OpenQuery> TakeEnded(Instant now)
    {
        List<OpenQuery> ended = _open.FindAll(query => query.Until <= now || query.Answered.Count >= query.Enough);
        _open.RemoveAll(ended.Contains);
        return ended;
    }

    /// <param name="Ticket">Null: ours and nobody else's, the vote on our name.</param>
    internal sealed record OpenQuery(long? Ticket, ulong Time, uint Id, Instant Until, int Enough)
    {
        public HashSet<string> Answered { get; } = new(StringComparer.Ordinal);

        public HashSet<string> Acknowledged { get; } = new(StringComparer.Ordinal);

        /// <summary>Answers of the vote that name us.</summary>
        public int ForUs { get; set; }

        /// <summary>Answers of the vote that name anybody.</summary>
        public int Votes { get; set; }
    }
}
