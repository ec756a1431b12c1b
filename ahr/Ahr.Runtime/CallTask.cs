using System.Buffers;
using System.Diagnostics;
using Nbc.Runtime.Frames;
using Noodle.Primitives;

namespace Ahr.Runtime;

/// <summary>What the frame of a call's run carries.</summary>
public static class CallTask
{
    private const int TraceStart = 3;
    private const int TraceLength = 32;
    private static readonly SearchValues<char> s_hexadecimal = SearchValues.Create("0123456789abcdef");

    /// <summary>Describes a run.</summary>
    /// <param name="model">Name under which the model was deployed; of another form when a stranger says it.</param>
    /// <param name="owner">Who asked; empty when nobody said.</param>
    /// <param name="traceParent">W3C trace context, null or malformed: that of the current activity.</param>
    /// <param name="deadline">When the caller stops waiting; null: never.</param>
    public static NbcTask Create(string model, string owner, string? traceParent, Instant? deadline) => new()
    {
        Name = ModelNames.IsValid(model) ? model : "",
        Owner = owner,
        TraceId = TraceIdOf(traceParent),
        Deadline = deadline,
    };

    // Version, trace id, span id, flags: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01
    private static string TraceIdOf(string? traceParent) =>
        traceParent?.Length >= TraceStart + TraceLength && traceParent[TraceStart - 1] == '-'
            && !traceParent.AsSpan(TraceStart, TraceLength).ContainsAnyExcept(s_hexadecimal)
            ? traceParent.Substring(TraceStart, TraceLength)
            : Activity.Current is { IdFormat: ActivityIdFormat.W3C } activity ? activity.TraceId.ToHexString() : "";
}
