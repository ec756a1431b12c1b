using System.Buffers.Binary;

namespace NoodleNet.Simulation;

/// <summary>A hash over everything that happened, in its order: two runs with one value were one run.</summary>
/// <remarks>Meaning: multiplies and folds 64 bits at a time; the same on every machine and in every process.</remarks>
public sealed class TraceHash
{
    private const ulong Factor = 0x9E3779B97F4A7C15;

    public ulong Value { get; private set; } = 14695981039346656037;

    public void Add(ulong value)
    {
        ulong mixed = (Value ^ value) * Factor;
        Value = mixed ^ (mixed >> 29);
    }

    public void Add(long value) => Add((ulong)value);

    public void Add(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        Add((ulong)text.Length);
        foreach (char c in text)
        {
            Add((ulong)c);
        }
    }

    public void Add(ReadOnlySpan<byte> bytes)
    {
        Add((ulong)bytes.Length);
        for (; bytes.Length >= sizeof(ulong); bytes = bytes[sizeof(ulong)..])
        {
            Add(BinaryPrimitives.ReadUInt64LittleEndian(bytes));
        }

        Span<byte> last = stackalloc byte[sizeof(ulong)];
        last.Clear();
        bytes.CopyTo(last);
        Add(BinaryPrimitives.ReadUInt64LittleEndian(last));
    }
}
