using Ahr.Importers.Onnx;
using Ahr.Ntir;
using Noodle.Primitives;

namespace Ahr.Importers.Tests.Onnx;

/// <summary>The fuzz target of the importer: bytes that are nearly a model must end in a module or in diagnostics.
/// </summary>
/// <remarks>Meaning: anything else that a mutated model causes (an exception, an endless loop, memory beyond its bound)
/// is a fault of the importer. Whoever runs this watches time and memory; a seed gives the same bytes again.</remarks>
internal static class OnnxFuzz
{
    private const int MostChanges = 8;
    private const int LongestPiece = 64;

    /// <summary>Bounds that make a step short, and are met more often.</summary>
    public static OnnxImportOptions Options { get; } = new()
    {
        AllowFallback = true,
        MaxNodes = 2_000,
        MaxMessages = 20_000,
        MaxExpandedBytes = 1 << 20,
    };

    /// <summary>Changes a sample and imports it.</summary>
    /// <returns>What was wrong with the result, as a sentence; null when nothing was.</returns>
    public static string? Step(Prng prng, ReadOnlySpan<byte> sample)
    {
        byte[] bytes = Mutate(prng, sample);
        ImportResult result = OnnxImporter.Import(bytes, NoModelFiles.Instance, Options);
        if (result.Module is null == (result.Diagnostics.Count == 0))
        {
            return "an import ended with neither a module nor a diagnostic, or with both";
        }

        if (result.Diagnostics.FirstOrDefault(fault => fault.ToString().Any(char.IsControl)) is { Detail: { } odd })
        {
            return $"a message carries control characters: {odd.Length} characters";
        }

        return ReadValue(bytes);
    }

    /// <summary>A copy with bits turned, pieces taken out, doubled, swapped in or cut off.</summary>
    public static byte[] Mutate(Prng prng, ReadOnlySpan<byte> sample)
    {
        List<byte> bytes = [.. sample];
        for (int changes = 1 + prng.Next(MostChanges); changes > 0 && bytes.Count > 0; changes--)
        {
            int at = prng.Next(bytes.Count);
            int length = Math.Min(1 + prng.Next(LongestPiece), bytes.Count - at);
            switch (prng.Next(6))
            {
                case 0:
                    bytes[at] ^= (byte)(1 << prng.Next(8));
                    break;
                case 1:
                    bytes[at] = (byte)prng.Next(256);
                    break;
                case 2:
                    bytes.RemoveRange(at, length);
                    break;
                case 3:
                    bytes.InsertRange(at, bytes.GetRange(at, length));
                    break;
                case 4:
                    bytes.InsertRange(prng.Next(bytes.Count), bytes.GetRange(at, length));
                    break;
                default:
                    bytes.InsertRange(at, [255, 255, 255, 255, 255, 255, 255, 255, 127]); // 2^63 - 1
                    break;
            }
        }

        return [.. bytes];
    }

    // The same bytes as a value of a test case: refused, as a rule, and never worse.
    private static string? ReadValue(byte[] bytes)
    {
        try
        {
            OnnxTensors.ParseSequence(bytes).Release();
            OnnxTensors.ParseTensor(bytes).Release();
        }
        catch (ImportException refused)
        {
            return refused.Fault is NtirFault.Malformed or NtirFault.TooLarge or NtirFault.MissingContent
                ? null
                : $"a value was refused as {refused.Fault}";
        }

        return null;
    }
}
