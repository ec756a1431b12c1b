using System.Buffers;
using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using NoodleNet.Wire;

namespace NoodleNet.State;

/// <summary>What a map holds, in 1,024 bytes: 64 sums, each over the entries of one bucket.</summary>
/// <remarks>
/// Meaning: two maps with equal digests hold the same (up to a collision of 128 bits); buckets that differ say where to
/// look. Entries are summed modulo 2^128, so that the order of arrival leaves no trace.
/// </remarks>
public sealed class MapDigest : IEquatable<MapDigest>
{
    /// <summary>Buckets in a map: a bit each in a mask.</summary>
    public const int Buckets = 64;

    /// <summary>Length on the wire.</summary>
    public const int SizeBytes = Buckets * 16;

    private readonly UInt128[] _sums;

    internal MapDigest(UInt128[] sums) => _sums = sums;

    /// <summary>A bit for each bucket that differs; zero when the maps hold the same.</summary>
    public ulong Differences(MapDigest other)
    {
        ArgumentNullException.ThrowIfNull(other);
        ulong mask = 0;
        for (int i = 0; i < Buckets; i++)
        {
            mask |= _sums[i] == other._sums[i] ? 0 : 1ul << i;
        }

        return mask;
    }

    /// <inheritdoc/>
    public bool Equals(MapDigest? other) => other is not null && Differences(other) == 0;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as MapDigest);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = new HashCode();
        foreach (UInt128 sum in _sums)
        {
            hash.Add(sum);
        }

        return hash.ToHashCode();
    }

    /// <summary>Writes <see cref="SizeBytes"/> bytes.</summary>
    public void Write(IBufferWriter<byte> output)
    {
        var writer = new FieldWriter(output);
        foreach (UInt128 sum in _sums)
        {
            writer.UInt64((ulong)(sum >> 64));
            writer.UInt64((ulong)sum);
        }
    }

    /// <summary>Reads what <see cref="Write"/> wrote; false for any other length.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out MapDigest? digest)
    {
        digest = null;
        if (bytes.Length != SizeBytes)
        {
            return false;
        }

        var sums = new UInt128[Buckets];
        for (int i = 0; i < Buckets; i++)
        {
            sums[i] = BinaryPrimitives.ReadUInt128BigEndian(bytes[(16 * i)..]);
        }

        digest = new MapDigest(sums);
        return true;
    }
}
