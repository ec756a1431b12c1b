using System.Net;
using Microsoft.Extensions.Logging;
using NoodleNet.Runtime.Storage;

namespace NoodleNet.Runtime.Trust;

/// <summary>How this node came to its membership.</summary>
public enum MembershipOrigin
{
    /// <summary>It was a member before.</summary>
    Loaded,

    /// <summary>It joined with a token just now.</summary>
    Joined,

    /// <summary>It founded the mesh just now.</summary>
    Founded,
}

/// <summary>Settings of <see cref="MeshMembership.OpenAsync"/>.</summary>
public sealed record MembershipOptions
{
    /// <summary>The token file; null for the one in the data folder.</summary>
    public string? TokenPath { get; init; }

    /// <summary>False when a token was promised: better an error than a mesh of its own.</summary>
    public bool MayFound { get; init; } = true;

    /// <summary>Called before a mesh is founded; it may refuse by throwing <see cref="TrustException"/>.</summary>
    public Func<CancellationToken, Task>? BeforeFounding { get; init; }

    /// <summary>How long a founder's token file is good, more than zero.</summary>
    public TimeSpan TokenLifetime { get; init; } = MeshRegistrar.DefaultTokenLifetime;
}

/// <summary>This node as a member of a mesh, and the files that make it one.</summary>
public sealed class MeshMembership : IDisposable
{
    private readonly MembershipFiles _files;
    private readonly Lock _lock = new();
    private volatile MeshRegistrar? _registrar;

    internal MeshMembership(
        NodeCredentials credentials, MeshTrust trust, MeshRegistrar? registrar, MembershipOrigin origin,
        MembershipFiles files)
    {
        (Credentials, Trust, _registrar, Origin, _files) = (credentials, trust, registrar, origin, files);
        credentials.RevokedAt = trust.RevokedAt;
    }

    public NodeCredentials Credentials { get; }

    /// <summary>What the authority has said; the cluster state brings what is new.</summary>
    public MeshTrust Trust { get; }

    /// <summary>Gives out tokens and admits nodes; null on a node that is no admin, has not got the key yet, or has
    /// learned that it is revoked.</summary>
    public MeshRegistrar? Registrar => Trust.RevokedAt(Credentials.Node) is null ? _registrar : null;

    public MembershipOrigin Origin { get; }

    /// <summary>Loads what <paramref name="folder"/> has, else joins with the token file, else founds a mesh.</summary>
    /// <remarks>
    /// Bound: a join asks one candidate after the other, at most 10 s each, and ends with the candidates or with
    /// <paramref name="cancellation"/>: who listens for ever must cancel.
    /// </remarks>
    /// <param name="candidates">Link addresses given or heard; asked only when there is something to join.</param>
    /// <exception cref="TrustException">The node cannot become a member as things are.</exception>
    /// <exception cref="StorageException">A file is damaged, open to others, or cannot be written.</exception>
    public static Task<MeshMembership> OpenAsync(
        NodeFolder folder, MembershipOptions options, IAsyncEnumerable<IPEndPoint> candidates,
        TimeProvider clock, ILogger logger, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(folder);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(candidates);
        return new MembershipOpening(folder, options, candidates, clock, logger).RunAsync(cancellation);
    }

    /// <summary>What answers joiners on the link port.</summary>
    public JoinService CreateJoinService(TimeProvider clock, ILogger logger) =>
        new(Credentials, Trust, () => Registrar, clock, logger);

    /// <summary>Takes a new certificate, on disk too; false when it is not one for this node and its key.</summary>
    /// <exception cref="StorageException">The file cannot be written; the certificate is in use all the
    /// same.</exception>
    public bool TryRenew(byte[] certificate)
    {
        lock (_lock)
        {
            if (!Credentials.TryRenew(certificate))
            {
                return false;
            }

            Credentials.Save(_files.Credentials);
            return true;
        }
    }

    /// <summary>Takes other gossip keys, on disk too.</summary>
    /// <exception cref="StorageException">The file cannot be written; the keys are in use all the same.</exception>
    public void SetGossipKeys(IReadOnlyList<ReadOnlyMemory<byte>> keys)
    {
        lock (_lock)
        {
            Credentials.SetGossipKeys(keys);
            Credentials.Save(_files.Credentials);
        }
    }

    /// <summary>Makes this node an admin: it has the authority's key from here on, on disk too.</summary>
    /// <returns>False, and nothing is changed, when the key is not the authority's.</returns>
    /// <exception cref="StorageException">A file cannot be written.</exception>
    public bool TryBecomeAdmin(byte[] authorityKey, TimeProvider clock)
    {
        lock (_lock)
        {
            if (_registrar is not null)
            {
                return true;
            }

            if (MeshAuthority.Import(Credentials.Authority, authorityKey, clock) is not { } authority)
            {
                return false;
            }

            LedgerFile.Save(_files.Ledger, Trust.Records);
            authority.Save(_files.Authority);
            _registrar = new MeshRegistrar(authority, Trust, _files.Ledger, clock);
            return true;
        }
    }

    public void Dispose()
    {
        _registrar?.Dispose();
        Trust.Dispose();
        Credentials.Dispose();
    }
}
