using System.Text;

namespace NoodleNet.Runtime.Link;

/// <summary>Method names that were seen before, so that a call does not allocate its own.</summary>
/// <remarks>Bound: 256 names; those beyond it are made anew each time.</remarks>
internal sealed class MethodNames
{
    private const int Most = 256;

    private readonly HashSet<string> _names = new(StringComparer.Ordinal);

    public string Get(ReadOnlySpan<byte> utf8)
    {
        Span<char> characters = stackalloc char[utf8.Length];
        ReadOnlySpan<char> name = characters[..Encoding.UTF8.GetChars(utf8, characters)];
        if (_names.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(name, out string? known))
        {
            return known;
        }

        string made = name.ToString();
        if (_names.Count < Most)
        {
            _names.Add(made);
        }

        return made;
    }
}
