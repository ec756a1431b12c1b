using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using Noodle.Node.Mesh;
using Noodle.Primitives;
using NoodleNet.Discovery;
using NoodleNet.Discovery.Wire;
using NoodleNet.Mesh;
using NoodleNet.Runtime.Hosting;
using NoodleNet.Runtime.Storage;
using NoodleNet.Runtime.Trust;
using NoodleNet.Trust;

namespace Noodle.Node.Trust;

/// <summary>Keeps this node's gossip keys those of the mesh; at an admin also leads their change.</summary>
internal sealed class GossipKeyHost : IAsyncDisposable
{
    private readonly MeshMembership _membership;
    private readonly MeshPeers _peers;
    private readonly KeyRing _keys;
    private readonly ILogger _log;
    private readonly MachineHost<RotationInput, RotationEffect> _rotation;
    private readonly Lock _gate = new();
    private GossipRingRecord? _applied;

    public GossipKeyHost(MeshMembership membership, MeshPeers peers, KeyRing keys, TimeProvider time, ILogger log)
    {
        (_membership, _peers, _keys, _log) = (membership, peers, keys, log);
        _rotation = new MachineHost<RotationInput, RotationEffect>(
            new KeyRotation(membership.Credentials.Node), Perform, time, 64);
    }

    /// <summary>The epoch of the ring in use, as the others are told.</summary>
    public uint Epoch
    {
        get
        {
            lock (_gate)
            {
                return _applied?.Epoch ?? 0;
            }
        }
    }

    /// <summary>Fails when the rotation broke by a defect.</summary>
    public Task Completion => _rotation.Completion;

    /// <summary>Begins a change of the gossip key; false when this node is no admin.</summary>
    public bool TryRotate() => _membership.Registrar is not null && _rotation.TryPost(
        new RotationInput.Begin(RandomNumberGenerator.GetBytes(GossipRingRecord.KeyBytes)));

    /// <summary>Takes what the mesh's ring is now, and at an admin who has it.</summary>
    public void Look()
    {
        if (_membership.Trust.Ring is not { } ring)
        {
            return;
        }

        Apply(ring);
        if (_membership.Registrar is null)
        {
            return;
        }

        _rotation.TryPost(new RotationInput.RingSeen(ring));
        var epochs = new Dictionary<NodeId, uint?>();
        foreach (RegistryEntry member in _peers.Members)
        {
            // Strangers and those that are not admitted get no keys, so nobody waits for them.
            if (member.State is NodeState.Alive or NodeState.Suspect
                && _membership.Trust.TryGetAdmitted(member.Node, out _)
                && _membership.Trust.RevokedAt(member.Node) is null)
            {
                epochs[member.Node] = _peers.TryGetLoad(member.Node, out NodeLoad? load)
                    ? load.Status.GossipEpoch
                    : null;
            }
        }

        _rotation.TryPost(new RotationInput.Members(epochs));
    }

    /// <summary>Takes keys that a member handed out, for a node that was off while they changed.</summary>
    public void Take(IReadOnlyList<ReadOnlyMemory<byte>> keys)
    {
        lock (_gate)
        {
            _applied = _membership.Trust.Ring; // what is known here is older than what the member has
            Fit(keys);
            Keep(keys);
        }
    }

    public ValueTask DisposeAsync() => _rotation.DisposeAsync();

    private void Perform(RotationEffect effect)
    {
        switch (effect)
        {
            case RotationEffect.Publish publish when _membership.Registrar is { } registrar:
                try
                {
                    registrar.PublishRing(publish.Ring);
                    Log.GossipKeyStep(_log, publish.Ring.Phase, publish.Ring.Epoch);
                }
                catch (StorageException e)
                {
                    Log.TrustNotKept(_log, e.Message); // the machine goes on when it sees the ring that holds
                }

                break;
            case RotationEffect.WentOnWithout without:
                Log.GossipKeyWithout(_log, string.Join(' ', without.Nodes));
                break;
        }
    }

    private void Apply(GossipRingRecord ring)
    {
        lock (_gate)
        {
            if (ring.Equals(_applied))
            {
                return;
            }

            Fit(ring.Keys);
            _applied = ring;
            if (!Same(_membership.Credentials.GossipKeys, ring.Keys))
            {
                Keep(ring.Keys);
            }
        }
    }

    // In the order that never leaves a moment without the right key.
    private void Fit(IReadOnlyList<ReadOnlyMemory<byte>> keys)
    {
        foreach (ReadOnlyMemory<byte> key in keys)
        {
            _keys.TryInstall(key);
        }

        _keys.TryUse(keys[0]);
        foreach (ReadOnlyMemory<byte> old in _keys.All)
        {
            if (!keys.Any(key => key.Span.SequenceEqual(old.Span)))
            {
                _keys.TryRemove(old);
            }
        }
    }

    private void Keep(IReadOnlyList<ReadOnlyMemory<byte>> keys)
    {
        try
        {
            _membership.SetGossipKeys(keys);
        }
        catch (StorageException e)
        {
            Log.TrustNotKept(_log, e.Message);
        }
    }

    private static bool Same(IReadOnlyList<ReadOnlyMemory<byte>> a, IReadOnlyList<ReadOnlyMemory<byte>> b) =>
        a.Count == b.Count && a.Zip(b).All(pair => pair.First.Span.SequenceEqual(pair.Second.Span));
}
