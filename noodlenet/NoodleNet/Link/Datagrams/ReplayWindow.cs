namespace NoodleNet.Link.Datagrams;

/// <summary>Remembers which of the last <see cref="Size"/> numbers came: each is taken once, older never.</summary>
/// <remarks>
/// Meaning: a ring of bits below the highest number taken.
/// Cost: 128 bytes, no allocation after construction.
/// Source: RFC 6479, the idea of it.
/// </remarks>
public sealed class ReplayWindow
{
    /// <summary>How far behind the highest number one may come.</summary>
    public const int Size = 1024;

    private readonly ulong[] _seen = new ulong[Size / 64];
    private ulong _next; // one above the highest that came

    /// <summary>True when this number has not come and is not too old; changes nothing.</summary>
    public bool IsNew(ulong number) =>
        number >= _next || (_next - number <= Size && (_seen[WordOf(number)] & BitOf(number)) == 0);

    /// <summary>Takes a number; false when it came before or is too old.</summary>
    public bool TryTake(ulong number)
    {
        if (number == ulong.MaxValue || !IsNew(number))
        {
            return false; // the last number has none above it
        }

        if (number >= _next)
        {
            ulong ahead = number - _next;
            for (ulong skipped = ahead >= Size ? number - (Size - 1) : _next; skipped <= number; skipped++)
            {
                _seen[WordOf(skipped)] &= ~BitOf(skipped);
            }

            _next = number + 1;
        }

        _seen[WordOf(number)] |= BitOf(number);
        return true;
    }

    /// <summary>Forgets all.</summary>
    public void Clear()
    {
        Array.Clear(_seen);
        _next = 0;
    }

    private static int WordOf(ulong number) => (int)(number / 64 % (Size / 64));

    private static ulong BitOf(ulong number) => 1ul << (int)(number % 64);
}
