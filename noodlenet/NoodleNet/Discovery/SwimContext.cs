using System.Net;
using Noodle.Primitives;
using NoodleNet.Discovery.Serf;
using NoodleNet.Discovery.Wire;

namespace NoodleNet.Discovery;

/// <summary>What the parts of a <see cref="SwimMachine"/> share: the tables, and the way out.</summary>
internal sealed class SwimContext
{
    private const int QuietEffects = 64;
    private readonly Queue<SwimEffect> _effects = new();
    private uint _seqNo;
    private ulong _userRumours;

    public SwimContext(SwimOptions options, string self, Prng chance, MemberPool pool)
    {
        Options = options;
        Self = self;
        Chance = chance;
        Members = new MemberTable(options.MaxMembers, pool, chance.Fork("members"));
        Suspicions = new SuspicionTable(options.MaxSuspicions);
        Broadcasts = new BroadcastQueue(options.MaxBroadcasts);
        Health = new HealthScore(options.AwarenessMaxMultiplier);
        Lost = new LostPeers(options.MaxLostPeers);
        UserBroadcasts = new BroadcastQueue(options.MaxUserBroadcasts);
        Intents = new Intents(this);
        _seqNo = (uint)chance.NextUInt64(); // a stranger cannot answer a probe that it has not seen
    }

    public SwimOptions Options { get; }

    public string Self { get; }

    public Prng Chance { get; }

    public MemberTable Members { get; }

    public SuspicionTable Suspicions { get; }

    public BroadcastQueue Broadcasts { get; }

    public HealthScore Health { get; }

    public LostPeers Lost { get; }

    /// <summary>Rumours of the user layer; those about members go first.</summary>
    public BroadcastQueue UserBroadcasts { get; }

    public Intents Intents { get; }

    public bool HasRumours => !Broadcasts.IsEmpty || !UserBroadcasts.IsEmpty;

    /// <summary>What the user layer adds to a push/pull.</summary>
    public Func<ReadOnlyMemory<byte>> UserState { get; set; } = static () => default;

    /// <summary>What goes with our answers to probes.</summary>
    public ReadOnlyMemory<byte> AckPayload { get; set; }

    /// <summary>True when somebody else claims our name, until the cluster was asked about it.</summary>
    public bool IsNameContested { get; set; }

    public bool IsLeaving { get; set; }

    public uint NextSeqNo() => ++_seqNo;

    public void Emit(SwimEffect effect)
    {
        if (effect is SwimEffect.Member { Event: var change })
        {
            Intents.Follow(change);
        }
        else if (effect is SwimEffect.NameConflict conflict && conflict.Name == Self)
        {
            IsNameContested = true;
        }

        _effects.Enqueue(effect);
    }

    public bool TryTakeEffect([System.Diagnostics.CodeAnalysis.MaybeNullWhen(false)] out SwimEffect effect)
    {
        if (_effects.TryDequeue(out effect))
        {
            return true;
        }

        if (_effects.Capacity > QuietEffects)
        {
            _effects.TrimExcess(QuietEffects); // one merged state tells of thousands at once, then nobody for hours
        }

        return false;
    }

    public void Broadcast(string about, GossipMessage message) =>
        Broadcasts.Add(about, MessageEncoder.Encode(message));

    /// <summary>Tells a user message around; one that no packet holds is not told on.</summary>
    public void TellUsers(ReadOnlyMemory<byte> body)
    {
        if (FitsPacket(body.Length))
        {
            UserBroadcasts.Add($"{_userRumours++}", MessageEncoder.Encode(new GossipMessage.User(body)));
        }
    }

    /// <summary>True when a user message of that length goes into one packet.</summary>
    public bool FitsPacket(int userBytes) =>
        1 + userBytes + PacketBuilder.CompoundBytes + PacketBuilder.PartBytes <= PacketBytes;

    /// <summary>Sends a message and fills the packet up with rumours.</summary>
    public void SendFilled(GossipMessage message, IPEndPoint to)
    {
        var parts = new List<byte[]> { MessageEncoder.Encode(message) };
        FillUp(parts, PacketBytes - parts[0].Length - PacketBuilder.CompoundBytes - PacketBuilder.PartBytes);
        SendParts(parts, to, checksum: false);
    }

    /// <summary>Asks a member whether it is there.</summary>
    /// <param name="source">Where this node hears the answer.</param>
    public void Ask(Member target, uint seqNo, IPEndPoint? source)
    {
        var ping = new GossipMessage.Ping(seqNo, target.Name, source, Self);
        if (target.State == MemberState.Alive)
        {
            SendFilled(ping, target.EndPoint);
            return;
        }

        // A suspect hears at once what is said of it, so that it can refute with its answer.
        var suspect = new GossipMessage.Suspect(target.Incarnation, target.Name, Self);
        SendParts([MessageEncoder.Encode(ping), MessageEncoder.Encode(suspect)], target.EndPoint,
            target.UnderstandsChecksums);
    }

    /// <summary>Sends exactly these messages in one packet.</summary>
    public void SendParts(IReadOnlyList<byte[]> parts, IPEndPoint to, bool checksum) =>
        Emit(new SwimEffect.Send(PacketBuilder.Build(parts, Options.Compress, checksum), to));

    /// <summary>Takes rumours into <paramref name="parts"/>.</summary>
    public void FillUp(List<byte[]> parts, int bytes)
    {
        int limit = BroadcastQueue.TransmitLimit(Options.RetransmitMult, Members.Count), first = parts.Count;
        Broadcasts.Take(bytes, PacketBuilder.PartBytes, PacketBuilder.MaxParts - parts.Count, limit, parts);
        if (!UserBroadcasts.IsEmpty)
        {
            int left = bytes - parts.Skip(first).Sum(part => part.Length + PacketBuilder.PartBytes);
            UserBroadcasts.Take(left, PacketBuilder.PartBytes, PacketBuilder.MaxParts - parts.Count, limit, parts);
        }
    }

    /// <summary>Room for one packet, without its envelope and checksum.</summary>
    public int PacketBytes => Options.DatagramBytes - Options.EnvelopeBytes - 1 - sizeof(uint);
}
