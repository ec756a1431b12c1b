using System.Numerics;
using System.Numerics.Tensors;
using Nbc.Kernels.Iteration;
using Nbc.Tensors;
using Nbc.Values;

namespace Nbc.Kernels.Elementwise;

/// <summary>Turns each element into another type: the one named, or that of a second operand.</summary>
/// <remarks>
/// Shape: y as x.
/// Meaning: see <see cref="CastBlocks"/>, <see cref="SmallFloats"/> and <see cref="NumberText"/>.
/// Special values: a text that is no number is refused; complex numbers are, too.
/// Source: ONNX operators Cast and CastLike, version 25.
/// </remarks>
internal sealed class CastKernel : Kernel
{
    private readonly ElementType _to;
    private readonly CastRules _rules;

    /// <param name="isLike">True when the second operand gives the type.</param>
    public CastKernel(KernelAttributes attributes, bool isLike)
    {
        _to = isLike ? ElementType.Undefined : attributes.Type("to");
        if (!isLike && !IsTarget(_to))
        {
            throw Refusal.Attribute("to", $"{(int)_to}", "the number of a type that is not complex");
        }

        string mode = attributes.Text("round_mode", "up");
        PowerRounding rounding = mode switch
        {
            "up" => PowerRounding.Up,
            "down" => PowerRounding.Down,
            "nearest" => PowerRounding.Nearest,
            _ => throw Refusal.Attribute("round_mode", mode, "up, down or nearest"),
        };
        _rules = new CastRules(attributes.Flag("saturate", true), rounding);
    }

    /// <inheritdoc/>
    public override void Run(KernelContext context)
    {
        TensorValue x = context.Input(0);
        ElementType to = _to == ElementType.Undefined ? context.Input(1).Type : _to;
        if (!IsTarget(x.Type) || !IsTarget(to))
        {
            throw Refusal.Type("input", IsTarget(to) ? x.Type : to, "no complex number");
        }

        if (x.Type == to)
        {
            context.View(0, 0, x.Shape);
            return;
        }

        TensorValue y = context.Output(0, to, x.Shape);
        if (to == ElementType.String)
        {
            TextCasts.Write(x, y.Strings);
        }
        else if (x.Type == ElementType.String)
        {
            TextCasts.Read(x.Strings, y, _rules);
        }
        else if (!TryDirect(x, y))
        {
            Convert(context, x, y);
        }
    }

    private static bool IsTarget(ElementType type) =>
        type is not (ElementType.Undefined or ElementType.Complex64 or ElementType.Complex128)
            && Enum.IsDefined(type);

    // The pairs that models cast most; each result equals that of the blocks.
    private static bool TryDirect(TensorValue x, TensorValue y)
    {
        switch (x.Type, y.Type)
        {
            case (ElementType.Float16 or ElementType.BFloat16, ElementType.Float32):
                FloatBlocks.Widen(x.Type, x.Span<ushort>(), y.Span<float>());
                return true;
            case (ElementType.Float32, ElementType.Float16 or ElementType.BFloat16):
                FloatBlocks.Narrow(y.Type, x.Span<float>(), y.Span<ushort>());
                return true;
            case (ElementType.Float32, ElementType.Float64): Direct<float, double>(x, y); return true;
            case (ElementType.Float64, ElementType.Float32): Direct<double, float>(x, y); return true;
            case (ElementType.Int32, ElementType.Float32): Direct<int, float>(x, y); return true;
            case (ElementType.Int64, ElementType.Float32): Direct<long, float>(x, y); return true;
            case (ElementType.UInt8, ElementType.Float32): Direct<byte, float>(x, y); return true;
            case (ElementType.Int64, ElementType.Int32): Direct<long, int>(x, y); return true;
            case (ElementType.Int32, ElementType.Int64): Direct<int, long>(x, y); return true;
            default: return false;
        }
    }

    private static void Direct<TFrom, TTo>(TensorValue x, TensorValue y)
        where TFrom : unmanaged, INumberBase<TFrom>
        where TTo : unmanaged, INumberBase<TTo> =>
        TensorPrimitives.ConvertTruncating<TFrom, TTo>(x.Span<TFrom>(), y.Span<TTo>());

    private void Convert(KernelContext context, TensorValue x, TensorValue y)
    {
        Span<long> whole = stackalloc long[FloatBlocks.Length];
        Span<double> real = stackalloc double[FloatBlocks.Length];
        bool isWhole = CastBlocks.IsWhole(x.Type);
        for (int done = 0; done < x.Count; done += FloatBlocks.Length)
        {
            int length = Math.Min(FloatBlocks.Length, x.Count - done);
            if (isWhole)
            {
                CastBlocks.ReadWhole(x, done, whole[..length]);
                CastBlocks.WriteWhole(whole[..length], x.Type == ElementType.UInt64, y, done, _rules);
            }
            else
            {
                CastBlocks.ReadReal(x, done, real[..length]);
                CastBlocks.WriteReal(real[..length], y, done, _rules);
            }

            if (done % BroadcastRuns.MaxLength == 0)
            {
                context.ThrowIfCancelled();
            }
        }
    }
}
