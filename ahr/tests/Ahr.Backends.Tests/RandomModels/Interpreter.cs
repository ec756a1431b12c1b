using Ahr.Ntir.Graph;
using Ahr.Ntir.Types;
using Nbc.Kernels;
using Nbc.Tensors;
using Nbc.Values;

namespace Ahr.Backends.Tests.RandomModels;

/// <summary>Runs a module as its text says, operation by operation: what every other way of running it must equal.
/// </summary>
internal sealed class Interpreter
{
    private readonly NtirModule _module;
    private readonly Dictionary<NtirValue, NbcValue?> _values = new(ReferenceEqualityComparer.Instance);

    private Func<NtirValue, NbcValue?> _around = value => throw new InvalidOperationException($"{value} is not made");

    private Interpreter(NtirModule module) => _module = module;

    public static NbcValue?[] Run(NtirModule module, params IReadOnlyList<NbcValue?> inputs) =>
        new Interpreter(module).Region(module.Main.Body, inputs);

    /// <summary>What one operation gives.</summary>
    /// <param name="around">Values that are made outside it.</param>
    public static NbcValue?[] Run(NtirModule module, NtirOp op, Func<NtirValue, NbcValue?> around) =>
        new Interpreter(module) { _around = around }.Op(op);

    private NbcValue?[] Region(NtirRegion region, IReadOnlyList<NbcValue?> parameters)
    {
        for (int i = 0; i < parameters.Count; i++)
        {
            _values[region.Parameters[i]] = parameters[i];
        }

        foreach (NtirOp op in region.Ops)
        {
            NbcValue?[] results = Op(op);
            for (int i = 0; i < results.Length; i++)
            {
                _values[op.Results[i]] = results[i];
            }
        }

        return [.. region.Results.Select(ValueOf)];
    }

    private NbcValue? ValueOf(NtirValue? value) => value is null ? null
        : _values.TryGetValue(value, out NbcValue? known) ? known : _around(value);

    private NbcValue?[] Op(NtirOp op)
    {
        NbcValue?[] operands = [.. op.Operands.Select(ValueOf)];
        switch (op.Name)
        {
            case NtirOp.ConstantName:
                return [op.Attributes.Tensor("value")];
            case "if":
                return Region(op.Regions[((TensorValue)operands[0]!).Span<byte>()[0] != 0 ? 0 : 1], []);
            case "loop":
                return Loop(op, operands);
            case "scan":
                return Scan(op, operands);
            case "sequence_map":
                return Map(op, operands);
            case "call":
                return Region(_module.FindFunction(op.Attributes.Text("callee"))!.Body, operands);
            default:
                return KernelEvaluator.Evaluate(op.Name, op.Attributes, operands, op.Results.Count);
        }
    }

    private NbcValue?[] Loop(NtirOp op, NbcValue?[] operands)
    {
        NtirRegion body = op.Regions[0];
        long trips = operands[0] is TensorValue count ? count.Span<long>()[0] : long.MaxValue;
        bool goesOn = operands[1] is not TensorValue condition || condition.Span<byte>()[0] != 0;
        NbcValue?[] carried = operands[2..];
        List<NbcValue>[] collected = Lists(op.Results.Count - carried.Length);
        for (long round = 0; round < trips && goesOn; round++)
        {
            NbcValue?[] results = Region(body,
                [Number(round), TensorValue.From<byte>(ElementType.Bool, [1]), .. carried]);
            goesOn = ((TensorValue)results[0]!).Span<byte>()[0] != 0;
            carried = results[1..(carried.Length + 1)];
            Collect(collected, results[(carried.Length + 1)..]);
        }

        return [.. carried, .. collected.Select((items, i) =>
            Stack(items, body.Results[carried.Length + 1 + i].Type, 0, false))];
    }

    private NbcValue?[] Scan(NtirOp op, NbcValue?[] operands)
    {
        NtirRegion body = op.Regions[0];
        int scanned = (int)op.Attributes.Int("num_scan_inputs"), states = operands.Length - scanned;
        long[] axes = op.Attributes.Ints("scan_input_axes") ?? new long[scanned];
        long[] back = op.Attributes.Ints("scan_input_directions") ?? new long[scanned];
        TensorValue[] inputs = [.. operands[states..].Cast<TensorValue>()];
        long length = inputs[0].Shape[(int)(axes[0] < 0 ? axes[0] + inputs[0].Rank : axes[0])];
        NbcValue?[] carried = operands[..states];
        List<NbcValue>[] collected = Lists(op.Results.Count - states);
        for (long round = 0; round < length; round++)
        {
            IEnumerable<NbcValue> parts = inputs.Select((input, i) => KernelEvaluator.EvaluateOne(
                "gather", KernelAttributes.Of(("axis", axes[i])), input,
                Number(back[i] != 0 ? length - 1 - round : round)));
            NbcValue?[] results = Region(body, [.. carried, .. parts]);
            carried = results[..states];
            Collect(collected, results[states..]);
        }

        long[]? outAxes = op.Attributes.Ints("scan_output_axes");
        long[]? outBack = op.Attributes.Ints("scan_output_directions");
        return [.. carried, .. collected.Select((items, i) =>
            Stack(items, body.Results[states + i].Type, outAxes?[i] ?? 0, outBack?[i] == 1))];
    }

    private NbcValue?[] Map(NtirOp op, NbcValue?[] operands)
    {
        List<NbcValue>[] collected = Lists(op.Results.Count);
        for (int i = 0; i < ((SequenceValue)operands[0]!).Items.Count; i++)
        {
            Collect(collected, Region(op.Regions[0],
                [.. operands.Select(operand => operand is SequenceValue sequence ? sequence.Items[i] : operand)]));
        }

        return [.. collected.Select(items => new SequenceValue(ElementType.Float32, items))];
    }

    private static List<NbcValue>[] Lists(int count) =>
        [.. Enumerable.Range(0, count).Select(_ => new List<NbcValue>())];

    private static void Collect(List<NbcValue>[] collected, NbcValue?[] items)
    {
        for (int i = 0; i < items.Length; i++)
        {
            collected[i].Add(items[i]!);
        }
    }

    private static TensorValue Stack(List<NbcValue> items, NtirType type, long axis, bool isReversed)
    {
        if (items.Count == 0)
        {
            // Of a loop without rounds only what inference found is known.
            TensorType tensor = type as TensorType ?? new TensorType(ElementType.Float32, null);
            List<long> shape = [.. (tensor.Shape ?? SymbolicShape.Scalar)
                .Select(size => size.IsConstant ? size.Value : 0)];
            shape.Insert((int)(axis < 0 ? axis + shape.Count + 1 : axis), 0);
            return TensorValue.Allocate(tensor.Element, [.. shape]);
        }

        IEnumerable<NbcValue> parts = items.Select(item => KernelEvaluator.EvaluateOne(
            "unsqueeze", KernelAttributes.None, item, TensorValue.From<long>(ElementType.Int64, [axis], 1)));
        return KernelEvaluator.EvaluateOne(
            "concat", KernelAttributes.Of(("axis", axis)), [.. isReversed ? parts.Reverse() : parts]);
    }

    private static TensorValue Number(long value) => TensorValue.From<long>(ElementType.Int64, [value]);
}
