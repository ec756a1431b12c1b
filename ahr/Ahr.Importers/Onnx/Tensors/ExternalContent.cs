using System.Globalization;
using System.Security.Cryptography;
using Ahr.Importers.Onnx.Proto;
using Ahr.Ntir;
using Nbc.Tensors;
using Nbc.Values;

namespace Ahr.Importers.Onnx.Tensors;

/// <summary>Content of tensors in files beside the model; DESIGN section 5 says which files may be read.</summary>
/// <remarks>Cost: each file is opened once; tensors lie in its mapped memory, nothing is copied unless elements are
/// packed, are bools, or do not lie on a multiple of their size.</remarks>
internal sealed class ExternalContent(IModelFiles files)
{
    private const int LongestLocation = 4096;
    private const int Sha1Digits = 40;
    private const int HashBlock = 1 << 20;

    private readonly Dictionary<string, TensorMemory> _open = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _digests = new(StringComparer.Ordinal);

    /// <exception cref="ImportException">The content may not be read, is not there, or is not what it should be.
    /// </exception>
    public unsafe TensorValue Read(TensorProto proto, ElementType type, long[] shape, long count)
    {
        if (type == ElementType.String)
        {
            throw new ImportException(NtirFault.Malformed, "strings cannot lie in another file");
        }

        Dictionary<string, string> entries = Entries(proto);
        string location = entries.GetValueOrDefault("location", "");
        CheckLocation(location);
        long expected = TensorReader.FileBytes(type, count);
        long offset = Number(entries, "offset", 0);
        long length = Number(entries, "length", expected);
        string? digest = Digest(entries);
        if (length != expected)
        {
            throw new ImportException(NtirFault.Malformed, $"{ElementTypes.TextOf(type)} " +
                $"{TensorReader.ShortText(shape)} takes {expected} bytes, {length} are meant for it");
        }

        TensorMemory memory = Open(location);
        if (offset > memory.Length || length > memory.Length - offset)
        {
            throw new ImportException(NtirFault.MissingContent, $"'{Show(location)}' has {memory.Length} bytes, " +
                $"{length} from byte {offset} on are asked for");
        }

        CheckDigest(location, memory, digest);
        int size = ElementTypes.SizeOf(type);
        bool isInPlace = ElementTypes.FileBitsOf(type) >= 8 && type != ElementType.Bool
            && (nint)(memory.Pointer + offset) % Math.Min(size, sizeof(ulong)) == 0;
        if (isInPlace)
        {
            TensorValue value = new();
            value.Reset(type, shape, memory, offset);
            return value;
        }

        return Copy(memory, offset, length, type, shape, count);
    }

    private static unsafe TensorValue Copy(
        TensorMemory memory, long offset, long length, ElementType type, long[] shape, long count)
    {
        if (length <= int.MaxValue)
        {
            ReadOnlySpan<byte> bytes = new(memory.Pointer + offset, (int)length);
            return TensorReader.FromRaw(bytes, type, shape, count);
        }

        TensorValue value = TensorValue.Allocate(type, shape);
        Buffer.MemoryCopy(memory.Pointer + offset, value.Pointer, length, length);
        return value;
    }

    private static Dictionary<string, string> Entries(TensorProto proto)
    {
        Dictionary<string, string> entries = new(StringComparer.Ordinal);
        foreach (StringStringEntryProto entry in proto.ExternalData)
        {
            if (!entries.TryAdd(entry.Key, entry.Value))
            {
                throw new ImportException(NtirFault.Malformed, $"'{Show(entry.Key)}' of its content is given twice");
            }
        }

        return entries;
    }

    private static void CheckLocation(string location)
    {
        bool isInside = location.Length is > 0 and <= LongestLocation
            && !location.AsSpan().ContainsAny("\\:\0")
            && !location.Split('/').Any(part => part is "" or "." or "..");
        if (!isInside)
        {
            throw new ImportException(NtirFault.MissingContent,
                $"its content is in '{Show(location)}', which is not in the model's own folder");
        }
    }

    private static long Number(Dictionary<string, string> entries, string key, long missing)
    {
        if (!entries.TryGetValue(key, out string? text) || text.Length == 0)
        {
            return missing;
        }

        return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long value)
            ? value
            : throw new ImportException(NtirFault.Malformed, $"the {key} of its content, '{Show(text)}', is no number");
    }

    private static string? Digest(Dictionary<string, string> entries)
    {
        if (!entries.TryGetValue("checksum", out string? text) || text.Length == 0)
        {
            return null;
        }

        return text.Length == Sha1Digits && text.All(char.IsAsciiHexDigit)
            ? text.ToUpperInvariant()
            : throw new ImportException(
                NtirFault.Malformed, $"the checksum of its content is not {Sha1Digits} hexadecimal digits");
    }

    private TensorMemory Open(string location)
    {
        if (_open.TryGetValue(location, out TensorMemory? known))
        {
            return known;
        }

        TensorMemory memory = files.Open(location, out string problem)
            ?? throw new ImportException(
                NtirFault.MissingContent, $"its content is in '{Show(location)}', which cannot be read: {problem}");
        _open.Add(location, memory);
        return memory;
    }

    private void CheckDigest(string location, TensorMemory memory, string? digest)
    {
        if (digest is null)
        {
            return;
        }

        if (!_digests.TryGetValue(location, out string? actual))
        {
            actual = HashOf(memory);
            _digests.Add(location, actual);
        }

        if (actual != digest)
        {
            throw new ImportException(NtirFault.MissingContent, $"'{Show(location)}' is not the file that the model " +
                "was saved with: its SHA-1 differs");
        }
    }

    // ONNX fixed SHA-1 for this entry; it finds a mixed-up file, it is no proof against an attacker.
    private static unsafe string HashOf(TensorMemory memory)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA1);
        for (long at = 0; at < memory.Length; at += HashBlock)
        {
            hash.AppendData(new ReadOnlySpan<byte>(memory.Pointer + at, (int)Math.Min(HashBlock, memory.Length - at)));
        }

        return Convert.ToHexString(hash.GetHashAndReset());
    }

    private static string Show(string text) => SafeText.Of(text);
}
