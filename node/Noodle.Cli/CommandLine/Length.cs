using System.Globalization;

namespace Noodle.Cli.CommandLine;

/// <summary>A length of time as people write it: <c>90s</c>, <c>30m</c>, <c>24h</c>, <c>7d</c>.</summary>
internal static class Length
{
    /// <exception cref="CliException">It is none.</exception>
    public static TimeSpan Parse(string text, string what)
    {
        double? unit = text is [.., var last] ? last switch
        {
            's' => 1,
            'm' => 60,
            'h' => 3600,
            'd' => 86_400,
            _ => null,
        } : null;
        return unit is { } seconds
            && double.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.AllowDecimalPoint,
                CultureInfo.InvariantCulture, out double count)
            && count * seconds is >= 1 and <= int.MaxValue
            ? TimeSpan.FromSeconds(count * seconds)
            : throw new CliException(ExitCodes.Usage,
                $"{what} is '{Output.SafeText.Clean(text)}'; it takes a length such as 90s, 30m, 24h or 7d.");
    }
}
