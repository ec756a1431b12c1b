using Nbc.Tensors;
using Nbc.Values;

namespace Nbc.Kernels.Tests.Neural;

public sealed class RecurrentTests
{
    private const int Steps = 4, Batch = 3, Inputs = 2, Hidden = 3;

    public static TheoryData<string, string, bool, bool> Networks
    {
        get
        {
            TheoryData<string, string, bool, bool> all = [];
            foreach (string name in (string[])["rnn", "gru", "lstm"])
            {
                foreach (string direction in (string[])["forward", "reverse", "bidirectional"])
                {
                    all.Add(name, direction, false, true);
                    all.Add(name, direction, true, false);
                    all.Add(name, direction, true, true);
                }
            }

            return all;
        }
    }

    [Theory]
    [MemberData(nameof(Networks))]
    public void A_network_equals_its_definition(string name, string direction, bool option, bool extras)
    {
        int gates = name switch { "rnn" => 1, "gru" => 3, _ => 4 };
        int directions = direction == "bidirectional" ? 2 : 1;
        TensorValue x = Given.Random(1, Steps, Batch, Inputs), w = Given.Random(2, directions, gates * Hidden, Inputs);
        TensorValue r = Given.Random(3, directions, gates * Hidden, Hidden);
        TensorValue? b = extras ? Given.Random(4, directions, 2 * gates * Hidden) : null;
        TensorValue? lengths = extras ? Given.Ints([Batch], 4, 2, 0) : null;
        TensorValue? h = extras ? Given.Random(5, directions, Batch, Hidden) : null;
        TensorValue? c = extras ? Given.Random(6, directions, Batch, Hidden) : null;
        TensorValue? p = extras ? Given.Random(7, directions, 3 * Hidden) : null;
        (string, AttributeValue)[] attributes =
        [
            ("direction", direction), ("linear_before_reset", option ? 1 : 0), ("input_forget", option ? 1 : 0),
        ];
        NbcValue?[] operands = name == "lstm" ? [x, w, r, b, lengths, h, c, p] : [x, w, r, b, lengths, h];
        int results = name == "lstm" ? 3 : 2;
        NbcValue?[] found = Given.Run(name, attributes, results, operands);
        RecurrentReference reference = new(name, option, (Steps, Batch, Inputs, Hidden), gates);
        for (int d = 0; d < directions; d++)
        {
            reference.Run(d, direction == "reverse" || d == 1, directions, operands);
        }

        Given.Near(reference.Y, found[0]);
        Given.Near(reference.H, found[1]);
        if (name == "lstm")
        {
            Given.Near(reference.C, found[2]);
        }

        NbcValue?[] wide = Given.Run(
            name, attributes, results, [.. operands.Select(o =>
                o == lengths ? o : As((TensorValue?)o, ElementType.Float64))]);
        Given.Near(reference.Y, wide[0]);
        NbcValue?[] half = Given.Run(
            name, attributes, results, [.. operands.Select(o =>
                o == lengths ? o : As((TensorValue?)o, ElementType.Float16))]);
        Given.Near(reference.Y, half[0], 2e-3);
    }

    [Theory]
    [InlineData("rnn", 1)]
    [InlineData("gru", 3)]
    [InlineData("lstm", 4)]
    public void The_batch_may_stand_first(string name, int gates)
    {
        TensorValue x = Given.Random(1, Steps, Batch, Inputs), w = Given.Random(2, 2, gates * Hidden, Inputs);
        TensorValue r = Given.Random(3, 2, gates * Hidden, Hidden), h = Given.Random(5, 2, Batch, Hidden);
        TensorValue turned = Swapped(x, Steps, Batch, Inputs), start = Swapped(h, 2, Batch, Hidden);
        NbcValue?[] plain = Given.Run(name, [("direction", "bidirectional")], 2, x, w, r, null, null, h);
        NbcValue?[] first = Given.Run(
            name, [("direction", "bidirectional"), ("layout", 1)], 2, turned, w, r, null, null, start);
        Given.Shape(first[0], Batch, Steps, 2, Hidden);
        Given.Shape(first[1], Batch, 2, Hidden);
        double[] expected = new double[Steps * 2 * Batch * Hidden];
        double[] y = Given.Doubles(plain[0]);
        for (int i = 0; i < y.Length; i++)
        {
            long[] at = Reference.Split(i, [Steps, 2, Batch, Hidden]);
            expected[Reference.Join([at[2], at[0], at[1], at[3]], [Batch, Steps, 2, Hidden])] = y[i];
        }

        Given.Near(expected, first[0]);
    }

    [Theory]
    [InlineData("Relu", 0.5, 0.5)]
    [InlineData("Relu", -0.5, 0.0)]
    [InlineData("Tanh", 0.5, 0.46211715)]
    [InlineData("Sigmoid", 0.5, 0.62245933)]
    [InlineData("Affine", 0.5, 1.5)]
    [InlineData("LeakyRelu", -0.5, -1.0)]
    [InlineData("ThresholdedRelu", 0.5, 0.0)]
    [InlineData("ScaledTanh", 0.5, 0.4898374)]
    [InlineData("HardSigmoid", -1.0, 0.0)]
    [InlineData("HardSigmoid", 0.1, 0.7)]
    [InlineData("Elu", -0.5, -0.7869387)]
    [InlineData("Softsign", 0.5, 0.33333333)]
    [InlineData("Softplus", 0.5, 0.9740770)]
    public void Every_function_of_a_gate(string function, double x, double expected)
    {
        TensorValue one = Given.Floats([1, 1, 1], 1), zero = Given.Floats([1, 1, 1], 0);
        (string, AttributeValue)[] attributes =
        [
            ("activations", AttributeValue.FromTexts([System.Text.Encoding.UTF8.GetBytes(function)])),
            ("activation_alpha", new double[] { 2 }), ("activation_beta", new double[] { 0.5 }),
        ];
        Given.Near([expected], Given.One("rnn", attributes, Given.Floats([1, 1, 1], (float)x), one, zero));
    }

    [Fact]
    public void A_clip_bounds_what_goes_into_a_function()
    {
        TensorValue one = Given.Floats([1, 1, 1], 1), x = Given.Floats([1, 1, 1], 9);
        Given.Near([Math.Tanh(2)], Given.One("rnn", [("clip", 2.0)], x, one, Given.Floats([1, 1, 1], 0)));
    }

    [Fact]
    public void Constant_weights_are_packed_and_give_the_same()
    {
        TensorValue x = Given.Random(1, Steps, Batch, Inputs), w = Given.Random(2, 2, 4 * Hidden, Inputs);
        TensorValue r = Given.Random(3, 2, 4 * Hidden, Hidden);
        (string, AttributeValue)[] attributes = [("direction", "bidirectional")];
        Kernel kernel = KernelRegistry.Create("lstm", KernelAttributes.Of(attributes));
        kernel.Prepare([null, w, r]);
        ReusedContext context = new(1, x, w, r);
        kernel.Run(context);
        Given.Near(Given.Doubles(Given.One("lstm", attributes, x, w, r)), context.Results[0]);
    }

    [Fact]
    public void What_does_not_go_together_is_refused()
    {
        TensorValue x = Given.Random(1, 1, 1, 2), w = Given.Random(2, 1, 3, 2), r = Given.Random(3, 1, 3, 3);
        Given.Refuses(KernelFault.WrongShape, "rnn", [], x, w, Given.Random(3, 1, 2, 3));
        Given.Refuses(KernelFault.WrongShape, "rnn", [], x, Given.Random(3, 1, 3, 3), r);
        Given.Refuses(KernelFault.WrongShape, "rnn", [("hidden_size", 4)], x, w, r);
        Given.Refuses(KernelFault.WrongShape, "rnn", [], x, w, r, Given.Random(1, 1, 5));
        Given.Refuses(KernelFault.OutOfRange, "rnn", [], x, w, r, null, Given.Ints([1], 2));
        Given.Refuses(KernelFault.OutOfRange, "rnn", [], x, w, r, null, Given.Ints([1], -1));
        Given.Refuses(KernelFault.WrongType, "rnn", [], x, w, r, null, Given.Longs([1], 1));
        Given.Refuses(KernelFault.WrongShape, "rnn", [], x, w, r, null, null, Given.Random(1, 1, 1, 4));
        Given.Refuses(KernelFault.WrongAttribute, "rnn", [("direction", "up")], x, w, r);
        Given.Refuses(KernelFault.WrongAttribute, "rnn", [("layout", 2)], x, w, r);
        Given.Refuses(KernelFault.WrongAttribute, "rnn", [("clip", -1.0)], x, w, r);
        Given.Refuses(
            KernelFault.WrongAttribute, "rnn", [("activations", AttributeValue.FromTexts(["What"u8.ToArray()]))], x, w,
                r);
        Given.Refuses(
            KernelFault.WrongAttribute, "gru", [("activations", AttributeValue.FromTexts(["Tanh"u8.ToArray()]))], x, w,
                r);
        Given.Refuses(KernelFault.WrongType, "rnn", [], Given.Ints([1, 1, 1], 1), w, r);
    }

    private static TensorValue? As(TensorValue? tensor, ElementType type) =>
        tensor is null ? null : Given.As(tensor, type);

    private static TensorValue Swapped(TensorValue x, int first, int second, int width)
    {
        TensorValue turned = TensorValue.Allocate(x.Type, second, first, width);
        for (int i = 0; i < x.Count; i++)
        {
            long[] at = Reference.Split(i, [first, second, width]);
            turned.Span<float>()[(int)Reference.Join([at[1], at[0], at[2]], [second, first, width])] =
                x.Span<float>()[i];
        }

        return turned;
    }
}
