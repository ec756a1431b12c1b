using Nbc.Kernels.Iteration;
using Nbc.Tensors;
using Nbc.Values;

namespace Nbc.Kernels.Elementwise;

/// <summary>Raises each element of x to a power.</summary>
/// <remarks>
/// Shape: as both broadcast by numpy's rule; the type is that of x whatever that of y.
/// Meaning: a whole number to a whole power is multiplied out and wraps; its negative powers are cut toward zero; to
/// a power that is no whole number it is computed in double precision and cut.
/// Source: ONNX operator Pow, version 15.
/// </remarks>
internal sealed class PowKernel : Kernel
{
    /// <inheritdoc/>
    public override void Run(KernelContext context)
    {
        TensorValue x = context.Input(0);
        TensorValue y = context.Input(1);
        ReadOnlySpan<long> shape = Broadcast.Shape(x.Shape, y.Shape, stackalloc long[Broadcast.MaxRank]);
        bool isReal = NumberTypes.IsWide(x.Type) || x.Type is ElementType.Float32 or ElementType.Float64;
        bool isWhole = ElementTypes.IsSigned(x.Type) || ElementTypes.IsUnsigned(x.Type);
        if (!isReal && !isWhole)
        {
            throw Refusal.Type("X", x.Type, "a number");
        }

        if (isReal && y.Type == x.Type)
        {
            BinaryLoop.TryRun<Power>(context, x, y, Broadcast.Output(context, 0, x.Type, shape, 2));
            return;
        }

        TensorValue z = context.Output(0, x.Type, shape);
        if (isWhole && !ElementTypes.IsFloat(y.Type))
        {
            Span<long> bases = FloatBlocks.Scratch<long>(context, x.Count);
            Span<long> powers = FloatBlocks.Scratch<long>(context, y.Count);
            CastBlocks.ReadWhole(x, 0, bases);
            CastBlocks.ReadWhole(y, 0, powers);
            Span<long> results = FloatBlocks.Scratch<long>(context, z.Count);
            Zip.Run<Whole, long, long, long>(context, x, bases, y, powers, z, results);
            CastBlocks.WriteWhole(results, isUnsigned: false, z, 0, CastBlocks.Default);
            return;
        }

        Span<double> realBases = FloatBlocks.Scratch<double>(context, x.Count);
        Span<double> realPowers = FloatBlocks.Scratch<double>(context, y.Count);
        CastBlocks.ReadReal(x, 0, realBases);
        CastBlocks.ReadReal(y, 0, realPowers);
        Span<double> realResults = FloatBlocks.Scratch<double>(context, z.Count);
        Zip.Run<Real, double, double, double>(context, x, realBases, y, realPowers, z, realResults);
        CastBlocks.WriteReal(realResults, z, 0, CastBlocks.Default);
    }

    private readonly struct Real : IZip<double, double, double>
    {
        public static double Invoke(double x, double y) => Math.Pow(x, y);
    }

    private readonly struct Whole : IZip<long, long, long>
    {
        public static long Invoke(long x, long y)
        {
            if (y < 0)
            {
                return x switch { 1 => 1, -1 => (y & 1) == 0 ? 1 : -1, _ => 0 };
            }

            long result = 1;
            for (; y != 0; y >>= 1)
            {
                if ((y & 1) != 0)
                {
                    result *= x;
                }

                x *= x;
            }

            return result;
        }
    }
}
