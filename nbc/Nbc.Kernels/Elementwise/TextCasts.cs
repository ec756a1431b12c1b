using System.Text;
using Nbc.Kernels.Iteration;
using Nbc.Tensors;
using Nbc.Values;

namespace Nbc.Kernels.Elementwise;

/// <summary>Casts from and to text.</summary>
internal static class TextCasts
{
    public static void Write(TensorValue x, byte[][] texts)
    {
        Span<long> whole = stackalloc long[1];
        Span<double> real = stackalloc double[1];
        for (int i = 0; i < texts.Length; i++)
        {
            if (CastBlocks.IsWhole(x.Type))
            {
                CastBlocks.ReadWhole(x, i, whole);
                texts[i] = x.Type == ElementType.Bool
                    ? NumberText.OfBool(whole[0] != 0)
                    : NumberText.OfWhole(whole[0], x.Type == ElementType.UInt64);
                continue;
            }

            CastBlocks.ReadReal(x, i, real);
            texts[i] = x.Type switch
            {
                ElementType.Float64 => NumberText.Of(real[0]),
                ElementType.Float16 => NumberText.Of((Half)real[0]),
                _ => NumberText.Of((float)real[0]),
            };
        }
    }

    /// <exception cref="KernelException">A text is no number.</exception>
    public static void Read(byte[][] texts, TensorValue y, CastRules rules)
    {
        Span<long> whole = stackalloc long[1];
        Span<double> real = stackalloc double[1];
        for (int i = 0; i < texts.Length; i++)
        {
            bool isNumber;
            if (y.Type == ElementType.Bool)
            {
                isNumber = NumberText.TryBool(texts[i], out bool value);
                whole[0] = value ? 1 : 0;
            }
            else if (CastBlocks.IsWhole(y.Type))
            {
                isNumber = NumberText.TryWhole(texts[i], out whole[0]);
            }
            else
            {
                isNumber = NumberText.TryReal(texts[i], out real[0]);
            }

            if (!isNumber)
            {
                throw new KernelException(
                    KernelFault.OutOfRange, $"text {i}, '{Encoding.UTF8.GetString(texts[i])}', is no number");
            }

            if (CastBlocks.IsWhole(y.Type))
            {
                CastBlocks.WriteWhole(whole, isUnsigned: false, y, i, rules);
            }
            else
            {
                CastBlocks.WriteReal(real, y, i, rules);
            }
        }
    }
}
