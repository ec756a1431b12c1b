using System.Globalization;

namespace Ahr.Backends.OnnxRuntime;

/// <summary>Where a model may keep its weights: in plain files of its own folder, nowhere else.</summary>
internal static class ExternalDataRule
{
    /// <summary>Why the data may not be read, as a whole sentence; null when it may.</summary>
    /// <param name="path">Of the model.</param>
    public static string? Check(string path, ExternalData data)
    {
        string name = Path.GetFileName(path);
        if (!IsInside(data.Location))
        {
            return $"'{name}' wants to read '{Show(data.Location)}', which is not in its own folder: " +
                "export it again with its weights beside it or inside";
        }

        string folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        string current = folder;
        foreach (string part in data.Location.Split('/'))
        {
            current = Path.Combine(current, part);
            if (new FileInfo(current).LinkTarget is not null)
            {
                return $"'{name}' keeps weights in '{Show(data.Location)}', which is a link: put the file itself there";
            }
        }

        FileInfo file = new(current);
        if (!file.Exists)
        {
            return $"'{name}' keeps weights in '{Show(data.Location)}', which is missing: " +
                "put it beside the model or export the model as one file";
        }

        bool fits = TryRead(data.Offset, 0, out long offset) && TryRead(data.Length, 0, out long length)
            && offset <= file.Length && length <= file.Length - offset;
        return fits
            ? null
            : $"'{name}' wants bytes that '{Show(data.Location)}' does not have: copy or export both files again";
    }

    private static bool IsInside(string location) =>
        location.Length > 0
        && !location.AsSpan().ContainsAny("\\:\0")
        && !location.Split('/').Any(part => part is "" or "." or "..");

    private static bool TryRead(string text, long missing, out long value)
    {
        value = missing;
        return text.Length == 0
            || long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value);
    }

    // The text comes from the file and goes to terminals and logs.
    private static string Show(string text) => string.Concat(
        text.Take(120).Select(c => char.IsControl(c) ? '?' : c));
}
