using Nbc.Kernels.Iteration;
using Nbc.Tensors;
using Nbc.Values;

namespace Nbc.Kernels.Elementwise;

/// <summary>In training, makes random elements zero and scales the others up; otherwise changes nothing.</summary>
/// <remarks>
/// Shape: output and mask as data; ratio and training_mode are single elements.
/// Meaning: an element stays with probability 1 - ratio, times 1 / (1 - ratio).
/// Source: ONNX operator Dropout, version 22.
/// </remarks>
internal sealed class DropoutKernel(KernelAttributes attributes) : Kernel
{
    private readonly long? _seed = attributes.Has("seed") ? attributes.Int("seed") : null;

    /// <inheritdoc/>
    public override void Run(KernelContext context)
    {
        TensorValue data = context.Input(0);
        if (!ElementTypes.IsFloat(data.Type))
        {
            throw Refusal.Type("data", data.Type, "floating point");
        }

        double ratio = Ratio(context.OptionalInput(1));
        bool isTraining = IsTraining(context.OptionalInput(2));
        if (!isTraining || ratio == 0)
        {
            context.View(0, 0, data.Shape);
            if (context.Wants(1))
            {
                context.Output(1, ElementType.Bool, data.Shape).Span<byte>().Fill(1);
            }

            return;
        }

        RandomStream random = new(_seed is { } seed ? (ulong)seed : context.NextSeed());
        TensorValue output = context.Output(0, data.Type, data.Shape);
        Span<byte> mask = context.Wants(1)
            ? context.Output(1, ElementType.Bool, data.Shape).Span<byte>()
            : context.Scratch(data.Count);
        Span<double> one = stackalloc double[1];
        for (int i = 0; i < data.Count; i++)
        {
            bool stays = random.NextReal() >= ratio;
            mask[i] = stays ? (byte)1 : (byte)0;
            CastBlocks.ReadReal(data, i, one);
            one[0] = stays ? one[0] / (1 - ratio) : 0;
            CastBlocks.WriteReal(one, output, i, CastBlocks.Default);
        }
    }

    private static double Ratio(TensorValue? operand)
    {
        if (operand is null)
        {
            return 0.5;
        }

        if (operand.Count != 1)
        {
            throw Refusal.Shape("ratio", operand.Shape, "one element");
        }

        Span<double> ratio = stackalloc double[1];
        CastBlocks.ReadReal(operand, 0, ratio);
        return ratio[0] is >= 0 and < 1
            ? ratio[0]
            : throw new KernelException(KernelFault.OutOfRange, $"ratio is {ratio[0]}, expected 0 to below 1");
    }

    private static bool IsTraining(TensorValue? operand) => operand switch
    {
        null => false,
        { Type: not ElementType.Bool } => throw Refusal.Type("training_mode", operand.Type, ElementType.Bool),
        { Count: not 1 } => throw Refusal.Shape("training_mode", operand.Shape, "one element"),
        _ => operand.Span<byte>()[0] != 0,
    };
}

/// <summary>Draws 1 with the probability that each element says, otherwise 0.</summary>
/// <remarks>Shape: as input. Source: ONNX operator Bernoulli, version 22.</remarks>
internal sealed class BernoulliKernel(KernelAttributes attributes) : Kernel
{
    private readonly ElementType _type = attributes.Type("dtype");
    private readonly double? _seed = attributes.Has("seed") ? attributes.Float("seed") : null;

    /// <inheritdoc/>
    public override void Run(KernelContext context)
    {
        TensorValue x = context.Input(0);
        if (!ElementTypes.IsFloat(x.Type))
        {
            throw Refusal.Type("input", x.Type, "floating point");
        }

        RandomStream random = new(
            _seed is { } seed ? BitConverter.DoubleToUInt64Bits(seed) : context.NextSeed());
        ElementType type = _type == ElementType.Undefined ? x.Type : _type;
        TensorValue y = context.Output(0, type, x.Shape);
        Span<double> one = stackalloc double[1];
        for (int i = 0; i < x.Count; i++)
        {
            CastBlocks.ReadReal(x, i, one);
            one[0] = random.NextReal() < one[0] ? 1 : 0;
            CastBlocks.WriteReal(one, y, i, CastBlocks.Default);
        }
    }
}

/// <summary>Gives its operand on, whatever kind of value that is.</summary>
internal sealed class IdentityKernel : Kernel
{
    /// <inheritdoc/>
    public override void Run(KernelContext context)
    {
        switch (context.InputCount > 0 ? context.Value(0) : null)
        {
            case TensorValue tensor:
                context.View(0, 0, tensor.Shape);
                break;
            case { } value:
                context.Give(0, value.Share());
                break;
            default:
                throw new KernelException(KernelFault.MissingOperand, "operand 0 is missing");
        }
    }
}
