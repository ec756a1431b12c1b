using Nbc.Tensors;
using Nbc.Values;

namespace Nbc.Kernels.Control;

/// <summary>Which class is the code of which operator of Descriptors/Control.cs.</summary>
internal static class ControlKernels
{
    public static void Register(IDictionary<string, KernelFactory> kernels)
    {
        kernels["collect_begin"] = attributes => new CollectBegin(attributes.Type("dtype"));
        kernels["collect_append"] = _ => new CollectAppend();
        kernels["collect_end"] = attributes => new CollectEnd(attributes);
        kernels["engine_call"] = attributes => throw new KernelException(
            KernelFault.Unsupported, $"no engine {attributes.Text("engine")} was given for a part of the model");
    }

    /// <summary>An empty sequence.</summary>
    private sealed class CollectBegin(ElementType type) : Kernel
    {
        public override void Run(KernelContext context) => context.Give(0, new SequenceValue(type));
    }

    /// <summary>Puts a value behind the last of a sequence, which changes: no second sequence is made.</summary>
    private sealed class CollectAppend : Kernel
    {
        public override void Run(KernelContext context) => Sequence(context).Items.Add(
            (context.Value(1) ?? throw new KernelException(KernelFault.MissingOperand, "the item is missing")).Share());
    }

    /// <summary>Joins the tensors of a sequence along a new axis.</summary>
    private sealed class CollectEnd(KernelAttributes attributes) : Kernel
    {
        private readonly long _axis = attributes.Int("axis");
        private readonly bool _reverse = attributes.Flag("reverse");
        private readonly long[] _emptyShape = attributes.Ints("item_shape") ?? [];

        public override void Run(KernelContext context)
        {
            SequenceValue sequence = Sequence(context);
            TensorValue? first = sequence.Items.Count > 0 ? Tensor(sequence.Items[0]) : null;
            ReadOnlySpan<long> item = first is null ? _emptyShape : first.Shape;
            if (!Shapes.TryNormalizeAxis(_axis, item.Length + 1, out int axis))
            {
                throw new KernelException(
                    KernelFault.OutOfRange, $"axis {_axis} is outside a tensor of rank {item.Length + 1}");
            }

            long[] shape = [.. item[..axis], sequence.Items.Count, .. item[axis..]];
            TensorValue stacked = context.Output(0, first?.Type ?? sequence.ElementType, shape);
            int inner = (int)Shapes.Product(item[axis..]), outer = (int)Shapes.Product(item[..axis]);
            for (int i = 0; i < sequence.Items.Count; i++)
            {
                TensorValue source = Tensor(sequence.Items[_reverse ? sequence.Items.Count - 1 - i : i]);
                if (source.Type != stacked.Type || !source.Shape.SequenceEqual(item))
                {
                    throw new KernelException(
                        KernelFault.WrongShape, $"round {i} gave {source}, the first one {first}: they do not stack");
                }

                Copy(source, stacked, i, sequence.Items.Count, outer, inner);
            }
        }

        private static void Copy(TensorValue source, TensorValue target, int index, int count, int outer, int inner)
        {
            for (int row = 0; row < outer; row++)
            {
                int to = ((row * count) + index) * inner;
                if (source.Type == ElementType.String)
                {
                    source.Strings.AsSpan(row * inner, inner).CopyTo(target.Strings.AsSpan(to));
                    continue;
                }

                int size = ElementTypes.SizeOf(source.Type);
                source.Bytes().Slice(row * inner * size, inner * size).CopyTo(target.Bytes()[(to * size)..]);
            }
        }

        private static TensorValue Tensor(NbcValue value) => value as TensorValue
            ?? throw new KernelException(KernelFault.WrongType, "only tensors can be stacked");
    }

    private static SequenceValue Sequence(KernelContext context) => context.Value(0) as SequenceValue
        ?? throw new KernelException(KernelFault.WrongType, "operand 0 is not a sequence");
}
