using System.Net;
using Noodle.Primitives;

namespace NoodleNet.Discovery;

/// <summary>One question to one member whether it is there.</summary>
internal sealed class Probe(
    Member target, uint seqNo, bool isRegular, Instant sentAt, Instant helpersAt, Instant endsAt)
{
    private bool _isProlonged;

    public Member Target { get; } = target;

    public uint SeqNo { get; } = seqNo;

    /// <summary>True when it takes the place of the round; false when something outside asked for it.</summary>
    public bool IsRegular { get; } = isRegular;

    public Instant SentAt { get; } = sentAt;

    public Instant HelpersAt { get; private set; } = helpersAt;

    public Instant EndsAt { get; private set; } = endsAt;

    /// <summary>When the member itself is asked once more; null: not any more.</summary>
    public Instant? AgainAt { get; set; } = sentAt + ((helpersAt - sentAt) / 2);

    /// <summary>True when it was asked more than once: which question an answer belongs to is not known.</summary>
    public bool AskedAgain { get; set; }

    /// <summary>Whose answers count beside the target's own.</summary>
    public List<IPEndPoint> Helpers { get; } = [];

    /// <summary>True from when the direct answer stayed out.</summary>
    public bool AskedHelpers { get; set; }

    public int ExpectedNacks { get; set; }

    public int Nacks { get; set; }

    public bool StreamAnswered { get; set; }

    /// <summary>Puts all that is due off, once.</summary>
    public bool TryProlong(TimeSpan by)
    {
        if (_isProlonged)
        {
            return false;
        }

        _isProlonged = true;
        HelpersAt += by;
        EndsAt += by;
        return true;
    }

    public Instant Due
    {
        get
        {
            Instant next = AskedHelpers ? EndsAt : HelpersAt;
            return AgainAt is { } again && again < next ? again : next;
        }
    }
}
