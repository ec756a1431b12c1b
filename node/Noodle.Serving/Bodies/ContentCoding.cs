using System.Globalization;
using System.IO.Compression;
using Microsoft.Extensions.Primitives;

namespace Noodle.Serving.Bodies;

/// <summary>How a body is packed on the wire.</summary>
internal enum ContentCoding
{
    /// <summary>Not at all.</summary>
    Identity,

    /// <summary>RFC 1952.</summary>
    Gzip,

    /// <summary>RFC 1950: deflate in its zlib wrapping, as HTTP means it.</summary>
    Deflate,
}

/// <summary>Reads the headers that name codings, and opens the streams that pack and unpack.</summary>
internal static class ContentCodings
{
    /// <summary>Reads Content-Encoding; false for a coding, or a chain of codings, that is not supported.</summary>
    public static bool TryParse(StringValues header, out ContentCoding coding)
    {
        coding = ContentCoding.Identity;
        return StringValues.IsNullOrEmpty(header) ||
            (header.Count == 1 && TryParse(header[0].AsSpan().Trim(), out coding));
    }

    /// <summary>The coding that Accept-Encoding likes best; identity when it likes none of ours.</summary>
    public static ContentCoding Choose(StringValues header)
    {
        var best = ContentCoding.Identity;
        double bestWeight = 0;
        foreach (string? line in header)
        {
            foreach (Range part in line.AsSpan().Split(','))
            {
                ReadOnlySpan<char> item = line.AsSpan()[part];
                int semicolon = item.IndexOf(';');
                ReadOnlySpan<char> name = (semicolon < 0 ? item : item[..semicolon]).Trim();
                double weight = semicolon < 0 ? 1 : ReadWeight(item[(semicolon + 1)..].Trim());
                if (TryParse(name, out ContentCoding coding) && coding != ContentCoding.Identity &&
                    (weight > bestWeight || (weight == bestWeight && weight > 0 && coding == ContentCoding.Gzip)))
                {
                    (best, bestWeight) = (coding, weight);
                }
            }
        }

        return best;
    }

    public static string NameOf(ContentCoding coding) => coding == ContentCoding.Gzip ? "gzip" : "deflate";

    public static Stream OpenInflate(ContentCoding coding, Stream packed) => coding == ContentCoding.Gzip
        ? new GZipStream(packed, CompressionMode.Decompress)
        : new ZLibStream(packed, CompressionMode.Decompress);

    public static Stream OpenDeflate(ContentCoding coding, Stream packed) => coding == ContentCoding.Gzip
        ? new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true)
        : new ZLibStream(packed, CompressionLevel.Fastest, leaveOpen: true);

    private static bool TryParse(ReadOnlySpan<char> name, out ContentCoding coding)
    {
        coding = name.Equals("gzip", StringComparison.OrdinalIgnoreCase) ||
            name.Equals("x-gzip", StringComparison.OrdinalIgnoreCase) ? ContentCoding.Gzip
            : name.Equals("deflate", StringComparison.OrdinalIgnoreCase) ? ContentCoding.Deflate
            : ContentCoding.Identity;
        return coding != ContentCoding.Identity || name.Equals("identity", StringComparison.OrdinalIgnoreCase);
    }

    private static double ReadWeight(ReadOnlySpan<char> text) =>
        text.StartsWith("q=", StringComparison.OrdinalIgnoreCase) && double.TryParse(
            text[2..], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double weight)
            ? weight
            : 0;
}
