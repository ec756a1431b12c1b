namespace Noodle.Node.Models;

/// <summary>Names under which models are deployed.</summary>
internal static class ModelNames
{
    public const int MaxLength = 128;

    /// <summary>True for 1 to 128 of a-z, A-Z, 0-9, '.', '_', '-', starting with a letter or digit.</summary>
    public static bool IsValid(string name) =>
        name.Length is > 0 and <= MaxLength && char.IsAsciiLetterOrDigit(name[0]) &&
        name.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-');
}
