using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using Noodle.Node.Mesh;
using NoodleNet.Runtime.Storage;
using NoodleNet.Runtime.Trust;
using NoodleNet.State;
using NoodleNet.Trust;

namespace Noodle.Node.Trust;

/// <summary>Carries trust records between this node's <see cref="MeshTrust"/> and the cluster state.</summary>
/// <remarks>
/// Meaning: what stands in the state counts only when the authority signed it. A revocation stands under a key that
/// ends
/// with a hash of it: the state keeps the first entry of such a key for ever, and nobody can take its place beforehand.
/// An admin puts back what another node hid or spoiled.
/// Bound: one pass at a time over the state's trust keys; at most <see cref="MaxWrites"/> writes a pass.
/// </remarks>
internal sealed class TrustSync(MeshMembership membership, ClusterState state, TimeProvider time, ILogger log)
{
    private const int MaxWrites = 64;
    private const int HashLength = 16;

    private readonly Lock _gate = new();

    private MeshTrust Trust => membership.Trust;

    /// <summary>Takes in what the state has; an admin also writes what the state lacks.</summary>
    public void Pass()
    {
        lock (_gate)
        {
            var held = new Dictionary<string, ReadOnlyMemory<byte>>(StringComparer.Ordinal);
            bool isNews = false;
            foreach (string prefix in TrustKeys.Prefixes)
            {
                foreach ((string stateKey, ReadOnlyMemory<byte> value) in state.List(prefix))
                {
                    held[stateKey] = value;
                    isNews |= Trust.Merge(LedgerKeyOf(stateKey), value.Span) == TrustFault.None;
                }
            }

            if (membership.Registrar is { } registrar)
            {
                Keep(registrar, isNews, held.Keys);
                WriteMissing(held);
            }
        }
    }

    /// <summary>Where a record stands in the state.</summary>
    internal static string StateKeyOf(string key, ReadOnlySpan<byte> value) =>
        key.StartsWith(TrustKeys.Revoked, StringComparison.Ordinal)
            ? $"{key}/{Convert.ToHexStringLower(SHA256.HashData(value))[..HashLength]}"
            : key;

    private static string LedgerKeyOf(string stateKey) =>
        stateKey.StartsWith(TrustKeys.Revoked, StringComparison.Ordinal)
            ? stateKey[..int.Max(0, stateKey.LastIndexOf('/'))]
            : stateKey;

    private void Keep(MeshRegistrar registrar, bool isNews, IEnumerable<string> stateKeys)
    {
        try
        {
            IReadOnlyList<string> gone = Trust.Prune(time.GetUtcNow());
            HashSet<string> held = [.. stateKeys];
            foreach (string key in gone.Where(held.Contains))
            {
                state.Write(key, null);
            }

            if (isNews || gone.Count > 0)
            {
                registrar.Save();
            }
        }
        catch (StorageException e)
        {
            Log.TrustNotKept(log, e.Message);
        }
    }

    private void WriteMissing(Dictionary<string, ReadOnlyMemory<byte>> held)
    {
        int writes = 0;
        foreach ((string key, ReadOnlyMemory<byte> value) in Trust.Records)
        {
            string stateKey = StateKeyOf(key, value.Span);
            if (held.TryGetValue(stateKey, out ReadOnlyMemory<byte> there) && there.Span.SequenceEqual(value.Span))
            {
                continue;
            }

            if (writes++ >= MaxWrites)
            {
                return; // the rest in the next pass
            }

            try
            {
                LwwFault fault = state.Write(stateKey, value.ToArray());
                if (fault is not (LwwFault.None or LwwFault.Stale))
                {
                    Log.TrustNotShared(log, stateKey, fault);
                }
            }
            catch (StorageException e)
            {
                Log.TrustNotKept(log, e.Message);
                return;
            }
        }
    }
}
