using Nbc.Tensors;
using Nbc.Values;
using static Nbc.Kernels.Tests.Movement.Give;

namespace Nbc.Kernels.Tests.Making;

public sealed class SequenceTests
{
    [Fact]
    public void A_sequence_is_made_read_and_measured()
    {
        SequenceValue sequence = Sequence("sequence_construct", KernelAttributes.None, Counting(1), Counting(2));

        Assert.Equal([2], Run("sequence_at", sequence, One(-1L)).Shape.ToArray());
        Assert.Equal([1], Run("sequence_at", sequence, One(0)).Shape.ToArray());
        Is(Run("sequence_length", sequence), [], 2L);
        Refuses(KernelFault.OutOfRange, "sequence_at", KernelAttributes.None, sequence, One(2L));
        Refuses(KernelFault.OutOfRange, "sequence_at", KernelAttributes.None, sequence, One(-3L));
        Refuses(KernelFault.WrongType, "sequence_at", KernelAttributes.None, Counting(1), One(0L));
        Refuses(KernelFault.MissingOperand, "sequence_length", KernelAttributes.None);
        Refuses(KernelFault.WrongType, "sequence_construct", KernelAttributes.None, Counting(1), Longs(1));
    }

    [Fact]
    public void Items_come_and_go_without_changing_the_operand()
    {
        SequenceValue empty = Sequence("sequence_empty", Attributes(("dtype", 7)));
        SequenceValue one = Sequence("sequence_insert", KernelAttributes.None, empty, Longs(1));
        SequenceValue two = Sequence("sequence_insert", KernelAttributes.None, one, Longs(2, 2), One(0L));
        SequenceValue three = Sequence("sequence_insert", KernelAttributes.None, two, Longs(3, 3, 3), One(-1L));

        Assert.Equal(ElementType.Int64, empty.ElementType);
        Assert.Equal([2, 3, 1], Lengths(three));
        Assert.Equal([2, 3], Lengths(Sequence("sequence_erase", KernelAttributes.None, three)));
        Assert.Equal([3, 1], Lengths(Sequence("sequence_erase", KernelAttributes.None, three, One(0L))));
        Assert.Equal([2, 1], Lengths(two));
        Assert.Empty(empty.Items);
        Refuses(KernelFault.OutOfRange, "sequence_erase", KernelAttributes.None, empty);
        Refuses(KernelFault.OutOfRange, "sequence_erase", KernelAttributes.None, one, One(1L));
        Refuses(KernelFault.OutOfRange, "sequence_insert", KernelAttributes.None, one, Longs(1), One(2L));
        Refuses(KernelFault.WrongType, "sequence_insert", KernelAttributes.None, one, Counting(1));
    }

    [Fact]
    public void A_tensor_becomes_a_sequence_of_parts()
    {
        Assert.Equal([2, 2, 1], Lengths(Sequence("split_to_sequence", KernelAttributes.None, Counting(5), One(2L))));
        Assert.Equal([1, 4], Lengths(Sequence("split_to_sequence", KernelAttributes.None, Counting(5), Longs(1, 4))));
        SequenceValue columns = Sequence("split_to_sequence", Attributes(("axis", 1), ("keepdims", 0)), Counting(2, 3));
        Is((TensorValue)columns.Items[2], [2], 2f, 5);
        SequenceValue kept = Sequence("split_to_sequence", Attributes(("axis", -1)), Counting(2, 3));
        Is((TensorValue)kept.Items[0], [2, 1], 0f, 3);
        SequenceValue texts = Sequence("split_to_sequence", Attributes(("keepdims", 0)), Texts([2], "a", "b"));
        AreTexts((TensorValue)texts.Items[1], [], "b");
        Refuses(KernelFault.WrongShape, "split_to_sequence", KernelAttributes.None, Counting(5), Longs(1, 5));
        Refuses(KernelFault.WrongShape, "split_to_sequence", KernelAttributes.None, Counting(5), Longs(1));
        Refuses(KernelFault.WrongShape, "split_to_sequence", KernelAttributes.None, Counting(5), One(0L));
    }

    [Fact]
    public void A_sequence_becomes_one_tensor()
    {
        SequenceValue sequence = Sequence("sequence_construct", KernelAttributes.None, Counting(2), Counting(2));
        Is(Run("concat_from_sequence", Attributes(("axis", 0)), sequence), [4], 0f, 1, 0, 1);
        Is(Run("concat_from_sequence", Attributes(("axis", -1), ("new_axis", 1)), sequence), [2, 2], 0f, 0, 1, 1);
        SequenceValue mixed = Sequence("sequence_construct", KernelAttributes.None, Counting(2), Counting(3));
        Is(Run("concat_from_sequence", Attributes(("axis", 0)), mixed), [5], 0f, 1, 0, 1, 2);
        Refuses(KernelFault.WrongShape, "concat_from_sequence", Attributes(("axis", 0), ("new_axis", 1)), mixed);
        Refuses(KernelFault.WrongShape, "concat_from_sequence", Attributes(("axis", 0)),
            new SequenceValue(ElementType.Float32));
        Refuses(KernelFault.OutOfRange, "concat_from_sequence", Attributes(("axis", 1)), mixed);
        SequenceValue nested = new(ElementType.Float32, Counting(1), new OptionalValue(null));
        Refuses(KernelFault.WrongType, "concat_from_sequence", Attributes(("axis", 0)), nested);
    }

    [Fact]
    public void Optionals_hold_something_or_nothing()
    {
        NbcValue full = KernelEvaluator.Evaluate("optional", KernelAttributes.None, [Counting(2)])[0]!;
        NbcValue empty = KernelEvaluator.Evaluate("optional", KernelAttributes.None, [])[0]!;

        Is(Run("optional_get_element", full), [2], 0f, 1);
        Is(Run("optional_get_element", Counting(1)), [1], 0f);
        Is(Run("optional_has_element", full), [], true);
        Is(Run("optional_has_element", empty), [], false);
        Is(Run("optional_has_element", [null]), [], false);
        Is(Run("optional_has_element", Counting(1)), [], true);
        Refuses(KernelFault.MissingOperand, "optional_get_element", KernelAttributes.None, empty);
    }

    private static SequenceValue Sequence(string name, KernelAttributes attributes, params NbcValue?[] inputs) =>
        (SequenceValue)KernelEvaluator.Evaluate(name, attributes, inputs)[0]!;

    private static IEnumerable<int> Lengths(SequenceValue sequence) =>
        sequence.Items.Select(item => ((TensorValue)item).Count);
}
