using Nbc.Kernels.Movement;
using Nbc.Tensors;
using Nbc.Values;
using Noodle.Primitives;

namespace Nbc.Kernels.Making;

/// <summary>Which distribution numbers are drawn from.</summary>
internal enum Distribution
{
    /// <summary>Evenly from low up to, and without, high.</summary>
    Uniform,

    /// <summary>Gaussian, by its mean and standard deviation.</summary>
    Normal,
}

/// <summary>Independent random numbers of one distribution.</summary>
/// <remarks>
/// Meaning: uniform numbers have 53 random bits before rounding to the element type; one that rounding would lift to
/// high is drawn again. Normal ones are by Box and Muller, in double. With the attribute seed every run gives the same
/// numbers, without it the context gives a new seed. The numbers are those of <see cref="Prng"/>, not ONNX Runtime's.
/// Source: ONNX operators RandomNormal, RandomUniform, RandomNormalLike, RandomUniformLike, version 22.
/// </remarks>
internal sealed class RandomFill : Kernel
{
    private const int Block = 1 << 14;

    private readonly Distribution _distribution;
    private readonly Seed _seed;
    private readonly ElementType _type;
    private readonly long[]? _shape;
    private readonly double _first;
    private readonly double _second;

    /// <param name="isLike">The shape is that of the operand, also the type when none is given.</param>
    public RandomFill(KernelAttributes attributes, Distribution distribution, bool isLike)
    {
        _distribution = distribution;
        _seed = new Seed(attributes);
        _type = attributes.Type("dtype", isLike ? ElementType.Undefined : ElementType.Float32);
        _shape = attributes.Ints("shape");
        bool isNormal = distribution == Distribution.Normal;
        _first = isNormal ? attributes.Float("mean", 0) : attributes.Float("low", 0);
        _second = isNormal ? attributes.Float("scale", 1) : attributes.Float("high", 1);
        if (isLike)
        {
            return;
        }

        attributes.Require("shape");
        if (!ElementTypes.IsFloat(_type))
        {
            throw new KernelException(
                KernelFault.WrongAttribute, $"dtype {ElementTypes.TextOf(_type)} is not floating point");
        }
    }

    public override void Run(KernelContext context)
    {
        TensorValue output = _shape is null ? Like(context) : context.Output(0, _type, _shape);
        PrngState random = new(_seed.Next(context));
        for (int i = 0; i < output.Count; i++)
        {
            if (_distribution == Distribution.Normal)
            {
                Scalars.Put(output, i, _first + (_second * Normal(ref random)));
            }
            else
            {
                Uniform(output, i, ref random);
            }

            if ((i & (Block - 1)) == 0)
            {
                context.ThrowIfCancelled();
            }
        }
    }

    private TensorValue Like(KernelContext context)
    {
        TensorValue input = context.Input(0);
        ElementType type = _type == ElementType.Undefined ? input.Type : _type;
        return ElementTypes.IsFloat(type) ? context.Output(0, type, input.Shape) : throw new KernelException(
            KernelFault.WrongType, $"{ElementTypes.TextOf(type)} is not floating point; give dtype");
    }

    private void Uniform(TensorValue output, int i, ref PrngState random)
    {
        // Of a range so narrow that its own type has no number below high, high is all there is after some tries.
        for (int tries = 0; tries < 100; tries++)
        {
            Scalars.Put(output, i, _first + ((_second - _first) * random.NextDouble()));
            if (!(Scalars.ToDouble(output, i) >= _second))
            {
                return;
            }
        }
    }

    private static double Normal(ref PrngState random)
    {
        double radius = Math.Sqrt(-2 * Math.Log(1 - random.NextDouble()));
        return radius * Math.Cos(2 * Math.PI * random.NextDouble());
    }
}

/// <summary>Where the numbers of a random operator start: its attribute seed, or what the context gives.</summary>
internal readonly struct Seed(KernelAttributes attributes)
{
    private readonly ulong? _given = attributes.Has("seed")
        ? BitConverter.DoubleToUInt64Bits(attributes.Float("seed")) : null;

    public ulong Next(KernelContext context) => _given ?? context.NextSeed();
}
