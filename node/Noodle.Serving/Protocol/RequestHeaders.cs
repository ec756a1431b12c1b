using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace Noodle.Serving.Protocol;

/// <summary>What the headers of an infer request say.</summary>
/// <param name="HeadLength">Bytes of JSON before the tensors; null when all is JSON, 0 for a raw request.</param>
/// <param name="Timeout">The caller's wish; null when there is none.</param>
/// <param name="Key">The caller's idempotency key, or a new one.</param>
/// <param name="TraceParent">W3C trace context; null when there is none, or it is malformed.</param>
/// <param name="Requirement">What the node that runs it must be; null when there is none.</param>
internal readonly record struct RequestHeaders(
    int? HeadLength, TimeSpan? Timeout, Guid Key, string? TraceParent, string? Requirement)
{
    public const string HeadLengthName = "Inference-Header-Content-Length";
    public const string TimeoutName = "Noodle-Timeout-Ms";
    public const string KeyName = "Idempotency-Key";
    public const string RequirementName = "Noodle-Require";

    /// <summary>Characters of a requirement.</summary>
    public const int MaxRequirement = 1_024;

    private const int TraceParentLength = 55;
    private const long MaxTimeoutMs = long.MaxValue / TimeSpan.TicksPerMillisecond;

    /// <summary>Reads the headers; null when nothing is wrong with them.</summary>
    public static Refusal? Read(IHeaderDictionary headers, out RequestHeaders result)
    {
        result = default;
        int? headLength = null;
        if (headers.TryGetValue(HeadLengthName, out StringValues text))
        {
            if (!TryReadNumber(text, int.MaxValue, out long length))
            {
                return Malformed(HeadLengthName, text, "a whole number from 0 to 2^31 - 1");
            }

            headLength = (int)length;
        }

        TimeSpan? timeout = null;
        if (headers.TryGetValue(TimeoutName, out text))
        {
            if (!TryReadNumber(text, MaxTimeoutMs, out long milliseconds) || milliseconds == 0)
            {
                return Malformed(TimeoutName, text, "a whole number of milliseconds from 1 on");
            }

            timeout = new TimeSpan(milliseconds * TimeSpan.TicksPerMillisecond);
        }

        Guid key;
        if (!headers.TryGetValue(KeyName, out text))
        {
            key = Guid.NewGuid();
        }
        else if (text.Count != 1 ||
            !(Guid.TryParseExact(text[0], "D", out key) || Guid.TryParseExact(text[0], "N", out key)))
        {
            return Malformed(KeyName, text, "a UUID");
        }

        string? requirement = null;
        if (headers.TryGetValue(RequirementName, out text))
        {
            requirement = text.Count == 1 ? text[0] : null;
            if (requirement is null or { Length: > MaxRequirement })
            {
                return Malformed(
                    RequirementName, text, $"one requirement of at most {MaxRequirement} characters");
            }
        }

        result = new RequestHeaders(headLength, timeout, key, ReadTraceParent(headers.TraceParent), requirement);
        return null;
    }

    private static bool TryReadNumber(StringValues text, long max, out long number)
    {
        number = 0;
        return text.Count == 1 &&
            long.TryParse(text[0], NumberStyles.None, CultureInfo.InvariantCulture, out number) && number <= max;
    }

    private static string? ReadTraceParent(StringValues text)
    {
        string? value = text.Count == 1 ? text[0] : null;
        if (value?.Length != TraceParentLength)
        {
            return null;
        }

        for (int i = 0; i < value.Length; i++)
        {
            if (i is 2 or 35 or 52 ? value[i] != '-' : !char.IsAsciiHexDigitLower(value[i]))
            {
                return null;
            }
        }

        return value;
    }

    private static Refusal Malformed(string name, StringValues text, string wanted) =>
        Refusal.Invalid($"header {name} is '{PlainText.Clean(text.ToString(), 64)}', not {wanted}");
}
