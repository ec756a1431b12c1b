namespace Ahr.Runtime;

/// <summary>Names under which models are deployed.</summary>
public static class ModelNames
{
    public const int MaxLength = 128;

    /// <summary>True for 1 to 128 of a-z, A-Z, 0-9, '.', '_', '-', starting with a letter or digit.</summary>
    public static bool IsValid(ReadOnlySpan<char> name)
    {
        if (name.Length is 0 or > MaxLength || !char.IsAsciiLetterOrDigit(name[0]))
        {
            return false;
        }

        foreach (char c in name)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('.' or '_' or '-'))
            {
                return false;
            }
        }

        return true;
    }
}
