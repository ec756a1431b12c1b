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

    /// <summary>How long a founder's token file is good, more than zero.</summary>
    public TimeSpan TokenLifetime { get; init; } = MeshRegistrar.DefaultTokenLifetime;
}

/// <summary>This node as a member of a mesh.</summary>
public sealed class MeshMembership : IDisposable
{
    internal MeshMembership(NodeCredentials credentials, MeshRegistrar? registrar, MembershipOrigin origin) =>
        (Credentials, Registrar, Origin) = (credentials, registrar, origin);

    public NodeCredentials Credentials { get; }

    /// <summary>Gives out tokens and admits nodes; null on every node but the founder's.</summary>
    public MeshRegistrar? Registrar { get; }

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
        new(Credentials, Registrar, clock, logger);

    public void Dispose()
    {
        Registrar?.Dispose();
        Credentials.Dispose();
    }
}
