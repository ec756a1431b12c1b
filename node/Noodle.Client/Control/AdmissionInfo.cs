namespace Noodle.Client.Control;

/// <summary>A node that somebody wants to admit.</summary>
public sealed record NewAdmission
{
    /// <summary>Its id, its short name, or <c>host:port</c>.</summary>
    public required string Node { get; init; }

    /// <summary>As a person read it at the waiting node; null only looks at it.</summary>
    public string? Fingerprint { get; init; }

    /// <summary>viewer, caller, operator or admin; null for operator.</summary>
    public string? Role { get; init; }
}

/// <summary>A waiting node that was looked at or admitted.</summary>
public sealed record AdmittedInfo
{
    public required string Node { get; init; }

    public required string Address { get; init; }

    /// <summary>Of its key.</summary>
    public required string Fingerprint { get; init; }

    /// <summary>Fingerprint of this mesh: what its operator has to see.</summary>
    public required string Mesh { get; init; }

    /// <summary>False when it was only looked at.</summary>
    public required bool Admitted { get; init; }
}

/// <summary>A node that waits to be admitted, heard by multicast.</summary>
public sealed record WaitingInfo
{
    public required string Node { get; init; }

    public required string Address { get; init; }

    /// <summary>As its beacon says; null when it says none.</summary>
    public string? Fingerprint { get; init; }
}
