namespace Nbc.Kernels.MachineLearning;

/// <summary>Byte strings are equal when their bytes are.</summary>
internal sealed class ByteStrings : IEqualityComparer<byte[]>
{
    public static readonly ByteStrings Instance = new();

    public bool Equals(byte[]? x, byte[]? y) => x is null ? y is null : y is not null && x.AsSpan().SequenceEqual(y);

    public int GetHashCode(byte[] obj)
    {
        HashCode code = default;
        code.AddBytes(obj);
        return code.ToHashCode();
    }

    /// <summary>Where each string stands; the first counts where one stands twice.</summary>
    public static Dictionary<byte[], int> Places(byte[][] strings)
    {
        Dictionary<byte[], int> places = new(Instance);
        for (int i = 0; i < strings.Length; i++)
        {
            places.TryAdd(strings[i], i);
        }

        return places;
    }
}
