namespace Noodle.Client.Control;

/// <summary>A join token that is wanted.</summary>
public sealed record NewToken
{
    /// <summary>How long it lasts, 1 s to 365 days.</summary>
    public required long TtlSeconds { get; init; }

    /// <summary>How many nodes it admits; 0 for any number.</summary>
    public int Uses { get; init; }

    /// <summary>viewer, caller, operator or admin; null for operator.</summary>
    public string? Role { get; init; }
}

/// <summary>A join token that was made just now.</summary>
public sealed record NewTokenInfo
{
    public required string Id { get; init; }

    public required string Role { get; init; }

    public required int Uses { get; init; }

    public required DateTimeOffset Expires { get; init; }

    /// <summary>The token itself: told this once, and never again.</summary>
    public required string Token { get; init; }

    /// <summary>Tells no secret.</summary>
    public override string ToString() => $"token {Id}";
}

/// <summary>A join token, without its secret.</summary>
public sealed record TokenInfo
{
    public required string Id { get; init; }

    public required string Role { get; init; }

    /// <summary>How many nodes it may admit; 0 for any number.</summary>
    public required int Uses { get; init; }

    /// <summary>How many it has admitted.</summary>
    public required int Used { get; init; }

    public required DateTimeOffset Expires { get; init; }

    /// <summary>One of <see cref="TokenStates"/>.</summary>
    public required string State { get; init; }
}

/// <summary>Values of <see cref="TokenInfo.State"/>. A later version may add to them.</summary>
public static class TokenStates
{
    public const string Valid = "valid";

    public const string Expired = "expired";

    public const string UsedUp = "used up";

    public const string Revoked = "revoked";
}
