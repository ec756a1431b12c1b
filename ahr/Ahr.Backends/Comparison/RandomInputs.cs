using System.Buffers.Binary;
using Ahr.Backends.Bytecode;
using Ahr.Ntir.Graph;
using Ahr.Ntir.Types;
using Nbc.Tensors;
using Noodle.Primitives;

namespace Ahr.Backends.Comparison;

/// <summary>Inputs for a model when nobody has real ones.</summary>
/// <remarks>
/// Meaning: fractions are uniform in [-1, 1), whole numbers in [0, 8), so that they may be indices. A size that the
/// model leaves open is 1 on the first axis and <see cref="OpenSize"/> on others; the same name means the same size.
/// The same seed gives the same inputs.
/// </remarks>
public static class RandomInputs
{
    public const int OpenSize = 4;
    private const int Whole = 8;

    /// <summary>What a model takes, and random tensors that fit.</summary>
    /// <exception cref="BackendException">The model cannot be read, or an input cannot be made up.</exception>
    public static IReadOnlyList<(TensorSpec Spec, Tensor Tensor)> For(string path, ulong seed)
    {
        (NtirModule module, _) = NbcCompilation.Import(path, allowFallback: true);
        Prng prng = new(seed);
        Dictionary<string, long> sizes = new(StringComparer.Ordinal);
        return [.. module.Main.Body.Parameters.Select(parameter => Make(parameter, prng, sizes))];
    }

    private static (TensorSpec, Tensor) Make(NtirValue parameter, Prng prng, Dictionary<string, long> sizes)
    {
        string name = parameter.Name ?? "";
        if (parameter.TensorType is not { Shape: { } dims } type || ElementTypes.NameOf(type.Element) == "UNDEFINED")
        {
            throw new BackendException(
                BackendFault.UnsupportedModel, $"input '{name}' is {parameter.Type}, for which no random one is made");
        }

        long[] shape = [.. dims.Select((dim, axis) => SizeOf(dim, axis, sizes))];
        TensorSpec spec = new(
            name, type.Element, [.. dims.Select(dim => dim is { IsConstant: true, Value: >= 0 } ? dim.Value : -1)]);
        return (spec, new Tensor(name, type.Element, shape, Fill(type.Element, Shapes.Product(shape), prng)));
    }

    private static long SizeOf(Dim dim, int axis, Dictionary<string, long> sizes)
    {
        long open = axis == 0 ? 1 : OpenSize;
        if (dim is { IsConstant: true, Value: >= 0 })
        {
            return dim.Value;
        }

        if (dim.SymbolName is not { } symbol)
        {
            return open;
        }

        if (!sizes.TryGetValue(symbol, out long size))
        {
            sizes[symbol] = size = open;
        }

        return size;
    }

    private static byte[] Fill(ElementType type, long count, Prng prng)
    {
        if (type == ElementType.String)
        {
            using MemoryStream texts = new();
            for (long i = 0; i < count; i++)
            {
                texts.Write([1, 0, 0, 0, (byte)('a' + prng.Next(Whole))]);
            }

            return texts.ToArray();
        }

        int size = ElementTypes.SizeOf(type);
        byte[] data = new byte[checked(count * size)];
        for (int at = 0; at < data.Length; at += size)
        {
            Write(type, data.AsSpan(at, size), prng);
        }

        return data;
    }

    private static void Write(ElementType type, Span<byte> target, Prng prng)
    {
        switch (type)
        {
            case ElementType.Float32:
                BinaryPrimitives.WriteSingleLittleEndian(target, (float)Fraction(prng));
                break;
            case ElementType.Float64:
                BinaryPrimitives.WriteDoubleLittleEndian(target, Fraction(prng));
                break;
            case ElementType.Float16:
                BinaryPrimitives.WriteHalfLittleEndian(target, (Half)Fraction(prng));
                break;
            case ElementType.BFloat16:
                BinaryPrimitives.WriteUInt16LittleEndian(
                    target, (ushort)(BitConverter.SingleToUInt32Bits((float)Fraction(prng)) >> 16));
                break;
            case ElementType.Bool:
                target[0] = (byte)prng.Next(2);
                break;
            default:
                target[0] = (byte)prng.Next(Whole); // little-endian: the low byte is the number
                break;
        }
    }

    private static double Fraction(Prng prng) => (2 * prng.NextDouble()) - 1;
}
