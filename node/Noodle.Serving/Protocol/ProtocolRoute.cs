using Ahr.Runtime;

namespace Noodle.Serving.Protocol;

/// <summary>What a path below <c>/v2</c> asks for.</summary>
internal enum RouteKind
{
    /// <summary>Nothing that is there.</summary>
    Unknown,

    /// <summary><c>/v2</c>, and <c>/v2/</c> as the OpenAPI file writes it.</summary>
    Server,

    /// <summary><c>/v2/health/live</c></summary>
    Live,

    /// <summary><c>/v2/health/ready</c></summary>
    Ready,

    /// <summary><c>/v2/models/M[/versions/V]</c></summary>
    Model,

    /// <summary><c>/v2/models/M[/versions/V]/ready</c></summary>
    ModelReady,

    /// <summary><c>/v2/models/M[/versions/V]/infer</c></summary>
    Infer,
}

/// <summary>A path below <c>/v2</c>, taken apart.</summary>
/// <param name="Model">As it stands in the path; only a lookup says whether there is such a model.</param>
/// <param name="Version">Null when the path names none.</param>
internal readonly record struct ProtocolRoute(RouteKind Kind, string Model = "", string? Version = null)
{

    /// <summary>Takes a path apart.</summary>
    /// <param name="rest">What follows <c>/v2/</c>, decoded; empty for nothing.</param>
    /// <param name="rawTarget">The request line's target. The path must stand in it letter by letter: another
    /// spelling (percent-encoding, dot segments, another case) finds nothing, so that no rule that is written for
    /// one spelling is passed by another.</param>
    public static ProtocolRoute Parse(string rest, string rawTarget)
    {
        int query = rawTarget.IndexOf('?', StringComparison.Ordinal);
        ReadOnlySpan<char> raw = query < 0 ? rawTarget : rawTarget.AsSpan(0, query);
        bool exact = rest.Length == 0
            ? raw.EndsWith("/v2", StringComparison.Ordinal) || raw.EndsWith("/v2/", StringComparison.Ordinal)
            : raw.EndsWith(rest, StringComparison.Ordinal) &&
                raw[..^rest.Length].EndsWith("/v2/", StringComparison.Ordinal);
        ProtocolRoute route = Parse(rest);
        if (exact)
        {
            return route;
        }

        // A name that needs encoding is no model's name: it is told back as it came.
        string name = ModelPart(raw);
        return route.Model.Length == 0 || ModelNames.IsValid(name)
            ? default : route with { Model = name, Version = null };
    }

    private static ProtocolRoute Parse(string rest)
    {
        string[] parts = rest.Split('/', 6);
        return parts switch
        {
            [""] => new ProtocolRoute(RouteKind.Server),
            ["health", "live"] => new ProtocolRoute(RouteKind.Live),
            ["health", "ready"] => new ProtocolRoute(RouteKind.Ready),
            ["models", { Length: > 0 } model] => new ProtocolRoute(RouteKind.Model, model),
            ["models", { Length: > 0 } model, "ready"] => new ProtocolRoute(RouteKind.ModelReady, model),
            ["models", { Length: > 0 } model, "infer"] => new ProtocolRoute(RouteKind.Infer, model),
            ["models", { Length: > 0 } model, "versions", { Length: > 0 } version] =>
                new ProtocolRoute(RouteKind.Model, model, version),
            ["models", { Length: > 0 } model, "versions", { Length: > 0 } version, "ready"] =>
                new ProtocolRoute(RouteKind.ModelReady, model, version),
            ["models", { Length: > 0 } model, "versions", { Length: > 0 } version, "infer"] =>
                new ProtocolRoute(RouteKind.Infer, model, version),
            _ => default,
        };
    }

    private static string ModelPart(ReadOnlySpan<char> raw)
    {
        const string Before = "/models/";
        int start = raw.IndexOf(Before, StringComparison.OrdinalIgnoreCase);
        ReadOnlySpan<char> name = start < 0 ? raw : raw[(start + Before.Length)..];
        int end = name.IndexOf('/');
        return (end < 0 ? name : name[..end]).ToString();
    }
}
