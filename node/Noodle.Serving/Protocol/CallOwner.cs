using Microsoft.AspNetCore.Http;

namespace Noodle.Serving.Protocol;

/// <summary>On whose behalf a call over HTTP runs.</summary>
internal static class CallOwner
{
    /// <summary>Whoever is not known by name.</summary>
    public const string Anybody = "http";

    /// <summary>Characters of a name.</summary>
    public const int MaxLength = 128;

    /// <summary>The name that the application's authentication gave the caller; of one that has none,
    /// <see cref="Anybody"/>.</summary>
    public static string Of(HttpContext context) => context.User.Identity is { IsAuthenticated: true, Name: { } name }
        ? PlainText.Clean(name, MaxLength) : Anybody;
}
