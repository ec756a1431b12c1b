using Ahr.Ntir.Graph;
using Ahr.Ntir.Types;
using Nbc.Kernels;
using Nbc.Tensors;
using Nbc.Values;

namespace Ahr.Backends.Tests.RandomModels;

/// <summary>Modules that compute something: each operation is run as soon as it is made, so that its result's type and
/// sizes are known to the ones behind it.</summary>
internal sealed class RandomPrograms
{
    private static readonly string[] s_unary = ["relu", "abs", "neg", "identity", "exp", "floor", "sqrt"];
    private static readonly string[] s_binary = ["add", "sub", "mul", "div", "max", "min"];

    private readonly Random _random;
    private readonly NtirModule _module = new();
    private readonly Dictionary<NtirValue, TensorValue> _known = new(ReferenceEqualityComparer.Instance);
    private int _opsLeft;

    private RandomPrograms(int seed)
    {
        _random = new Random(seed);
        _opsLeft = 4 + _random.Next(24);
    }

    /// <summary>A module and inputs that it accepts.</summary>
    public static (NtirModule Module, TensorValue[] Inputs) Make(int seed) => new RandomPrograms(seed).Make();

    private (NtirModule Module, TensorValue[] Inputs) Make()
    {
        NtirRegion body = _module.Main.Body;
        List<NtirValue> seen = [];
        List<TensorValue> inputs = [];
        for (int i = 0; i < 3; i++)
        {
            inputs.Add(i == 2 ? Ints(Sizes(1)) : Floats(Sizes(_random.Next(4))));
            NtirValue parameter = body.AddParameter(Declared(inputs[^1]), $"x{i}");
            _known[parameter] = inputs[^1];
            seen.Add(parameter);
        }

        Fill(body, seen, 0);
        for (int i = 0; i < 3; i++)
        {
            body.AddResult(seen[Math.Max(0, seen.Count - 1 - _random.Next(seen.Count / (3 - i) + 1))]);
            _module.OutputNames.Add($"y{i}");
        }

        return (_module, [.. inputs]);
    }

    // Sizes as numbers, as symbols that are equal where the sizes are, as unknown, or no rank at all.
    private TensorType Declared(TensorValue value) => _random.Next(4) switch
    {
        0 => new TensorType(value.Type, null),
        1 => new TensorType(value.Type, SymbolicShape.Of(value.Shape)),
        _ => new TensorType(value.Type, new SymbolicShape(value.Shape.ToArray().Select(size => _random.Next(3) switch
        {
            0 => Dim.Unknown,
            1 => size,
            _ => Dim.Symbol($"n{size}"),
        }))),
    };

    private void Fill(NtirRegion region, List<NtirValue> seen, int depth)
    {
        while (_opsLeft-- > 0 && (depth == 0 || _random.Next(5) > 0))
        {
            if (Next(region, seen, depth) is not { } op)
            {
                continue;
            }

            try
            {
                NbcValue?[] results = Interpreter.Run(_module, op, value => _known.GetValueOrDefault(value));
                region.Add(op);
                for (int i = 0; i < op.Results.Count; i++)
                {
                    _known[op.Results[i]] = (TensorValue)results[i]!;
                    // What a loop without rounds stacks has the sizes that inference finds: nothing may build on it.
                    bool isStacked = (op.Name == "loop" && i >= 2) || (op.Name == "scan" && i >= 1);
                    if (!isStacked || _known[op.Results[i]].Count > 0)
                    {
                        seen.Add(op.Results[i]);
                    }
                }
            }
            catch (KernelException)
            {
                // These operands do not go together: another one. (Tests copy the module, without what stands nowhere.)
            }
        }
    }

    private NtirOp? Next(NtirRegion region, List<NtirValue> seen, int depth)
    {
        NtirValue x = Pick(seen);
        int rank = _known[x].Rank;
        switch (_random.Next(depth < 2 ? 18 : 15))
        {
            case 0 or 1: return Op(Pick(s_unary), [x]);
            case 2 or 3: return Op(Pick(s_binary), [x, Alike(seen, x)]);
            case 4: return Op(Pick(s_binary), [x, Neutral(region, x)]);
            case 5: return Op("transpose", [x], ("perm", Shuffled(rank)));
            case 6: return Op("reshape", [x, Constant(region, Ints([.. Regroup(_known[x])]))]);
            case 7: return Op(rank == 2 ? "flatten" : "identity", [x]);
            case 8: return Op("unsqueeze", [x, Constant(region, Ints([_random.Next(rank + 1)]))]);
            case 9: return Op("squeeze", [x]);
            case 10 when rank > 0:
                long axis = _random.Next(rank);
                return Op("slice", [x, Constant(region, Ints([_random.Next(2)])), Constant(region, Ints([9])),
                    Constant(region, Ints([axis]))]);
            case 11 when rank > 0: return Op("concat", [x, x, Alike(seen, x)], ("axis", 0L));
            case 12: return Op("expand", [x, Constant(region, Ints([2, .. _known[x].Shape]))]);
            case 13 when rank > 0:
                return new NtirOp("split", [x, null], [NtirType.Unknown, NtirType.Unknown],
                    KernelAttributes.Of(("axis", (long)_random.Next(rank)), ("num_outputs", 2L)));
            case 14 when rank % 2 == 0: return Op("cast_like", [Op2(region, "shape", x), x]);
            case 14: return Op("cast", [Op2(region, "shape", x)], ("to", (long)ElementType.Float32));
            case 15: return If(region, seen, depth);
            case 16: return Loop(region, seen, depth);
            case 17 when rank > 0: return Scan(seen, x, depth);
            default: return null;
        }
    }

    private NtirOp If(NtirRegion region, List<NtirValue> seen, int depth)
    {
        NtirValue condition = _random.Next(3) == 0
            ? Constant(region, TensorValue.From<byte>(ElementType.Bool, [(byte)_random.Next(2)]))
            : Op2(region, "cast", Op2(region, "size", Pick(seen)), ("to", (long)ElementType.Bool));
        NtirOp branch = new("if", [condition], [NtirType.Unknown, NtirType.Unknown]);
        NtirValue first = Pick(seen), second = Pick(seen);
        foreach (NtirRegion each in (NtirRegion[])[branch.AddRegion(), branch.AddRegion()])
        {
            List<NtirValue> inner = [.. seen];
            Fill(each, inner, depth + 1);
            each.AddResult(OfType(inner, first));
            each.AddResult(OfType(inner, second));
        }

        return branch;
    }

    private NtirOp Loop(NtirRegion region, List<NtirValue> seen, int depth)
    {
        NtirValue? trips = Constant(region, TensorValue.From<long>(ElementType.Int64, [_random.Next(4)]));
        NtirValue[] carried = [Pick(seen), Pick(seen)];
        NtirOp loop = new(
            "loop", [trips, null, .. carried], [NtirType.Unknown, NtirType.Unknown, NtirType.Unknown]);
        NtirRegion body = loop.AddRegion();
        List<NtirValue> inner = [.. seen];
        Parameter(body, inner, TensorValue.From<long>(ElementType.Int64, [0]));
        Parameter(body, [], TensorValue.From<byte>(ElementType.Bool, [1]));
        carried.ToList().ForEach(value => Parameter(body, inner, _known[value]));
        Fill(body, inner, depth + 1);
        body.AddResult(body.Parameters[1]);
        bool isSwap = _random.Next(3) == 0 && SameShape(carried[0], carried[1]);
        body.AddResult(isSwap ? body.Parameters[3] : LikeParameter(inner, body.Parameters[2]));
        body.AddResult(isSwap ? body.Parameters[2] : LikeParameter(inner, body.Parameters[3]));
        body.AddResult(Pick(inner));
        return loop;
    }

    private NtirOp Scan(List<NtirValue> seen, NtirValue x, int depth)
    {
        long axis = _random.Next(_known[x].Rank);
        NtirValue state = Pick(seen);
        NtirOp scan = new("scan", [state, x], [NtirType.Unknown, NtirType.Unknown], KernelAttributes.Of(
            ("num_scan_inputs", 1L), ("scan_input_axes", new[] { axis }),
            ("scan_input_directions", new long[] { _random.Next(2) }),
            ("scan_output_directions", new long[] { _random.Next(2) })));
        NtirRegion body = scan.AddRegion();
        List<NtirValue> inner = [.. seen];
        Parameter(body, inner, _known[state]);
        Parameter(body, inner, TensorValue.Allocate(
            _known[x].Type, [.. _known[x].Shape.ToArray().Where((_, i) => i != axis)]));
        _known[body.Parameters[1]].Bytes().Clear();
        Fill(body, inner, depth + 1);
        body.AddResult(LikeParameter(inner, body.Parameters[0]));
        body.AddResult(Pick(inner));
        return scan;
    }

    private void Parameter(NtirRegion body, List<NtirValue> seen, TensorValue example)
    {
        NtirValue parameter = body.AddParameter(NtirType.Unknown);
        _known[parameter] = example;
        seen.Add(parameter);
    }

    // Something with the same type and sizes, as late as possible: what a body made of its parameter, say.
    private NtirValue LikeParameter(List<NtirValue> inner, NtirValue parameter) =>
        inner.FindLast(value => SameShape(value, parameter) && _random.Next(4) > 0) ?? parameter;

    private NtirValue OfType(List<NtirValue> inner, NtirValue wanted) =>
        inner.FindLast(value => _known[value].Type == _known[wanted].Type && _random.Next(3) > 0) ?? wanted;

    private NtirValue Alike(List<NtirValue> seen, NtirValue x) =>
        seen.FindLast(value => SameShape(value, x) && _random.Next(3) > 0) ?? x;

    private bool SameShape(NtirValue x, NtirValue y) =>
        _known[x].Type == _known[y].Type && _known[x].Shape.SequenceEqual(_known[y].Shape);

    private NtirValue Neutral(NtirRegion region, NtirValue x) => Constant(region, _known[x].Type == ElementType.Int64
        ? TensorValue.From<long>(ElementType.Int64, [Pick([0L, 1, 2])])
        : TensorValue.From<float>(
            ElementType.Float32, [Pick([0f, -0f, 1, 2, float.NaN])], _random.Next(2) == 0 ? [] : [1]));

    private List<long> Regroup(TensorValue value)
    {
        List<long> sizes = [.. value.Shape];
        if (sizes.Count > 1 && _random.Next(2) == 0)
        {
            sizes[0] *= sizes[1];
            sizes.RemoveAt(1);
        }

        if (value.Count > 0 && sizes.Count > 0 && _random.Next(2) == 0)
        {
            sizes[_random.Next(sizes.Count)] = -1;
        }

        return sizes;
    }

    private long[] Shuffled(int rank)
    {
        long[] axes = [.. Enumerable.Range(0, rank).Select(axis => (long)axis)];
        if (_random.Next(4) > 0)
        {
            _random.Shuffle(axes);
        }

        return axes;
    }

    private long[] Sizes(int rank) =>
        [.. Enumerable.Range(0, rank).Select(_ => _random.Next(12) == 0 ? 0L : 1 + _random.Next(3))];

    private TensorValue Floats(long[] shape)
    {
        TensorValue value = TensorValue.Allocate(ElementType.Float32, shape);
        foreach (ref float each in value.Span<float>())
        {
            each = Pick([0f, -0f, 1, -1, 0.5f, 1e30f, float.NaN, float.PositiveInfinity, _random.NextSingle() * 4 - 2]);
        }

        return value;
    }

    private static TensorValue Ints(long[] numbers) =>
        TensorValue.From<long>(ElementType.Int64, numbers, numbers.Length);

    private NtirValue Constant(NtirRegion region, TensorValue value)
    {
        NtirValue constant = region.Add(NtirOp.Constant(value)).Result;
        _known[constant] = value;
        return constant;
    }

    private NtirValue Op2(NtirRegion region, string name, NtirValue x, params (string, AttributeValue)[] attributes)
    {
        NtirOp op = region.Add(Op(name, [x], attributes));
        _known[op.Result] = KernelEvaluator.EvaluateOne(name, op.Attributes, _known[x]);
        return op.Result;
    }

    private static NtirOp Op(string name, NtirValue?[] operands, params (string, AttributeValue)[] attributes) =>
        new(name, operands, [NtirType.Unknown], KernelAttributes.Of(attributes));

    private T Pick<T>(IReadOnlyList<T> items) => items[_random.Next(items.Count)];
}
