using System.Text;
using Ahr.Ntir.Graph;
using Ahr.Ntir.Types;
using Nbc.Kernels;
using Nbc.Tensors;
using Nbc.Values;

namespace Ahr.Ntir.Tests;

/// <summary>Modules of every form that can be written down; what they would compute has no meaning.</summary>
internal sealed class RandomModules
{
    private static readonly string[] s_words =
        ["x", "conv1/weight", "", "naïve \"quoted\" \\ back", "日本語", "a\nb\tc", "\0", "{}<>[]()",
         "// no comment", "😀"];

    private static readonly string[] s_attributes =
        ["axis", "alpha", "value", "x_1", "with blank", "ünï", "9", "a.b$c"];

    private static readonly Dim[] s_sizes =
    [
        0, 1, 7, Dim.Unknown, Dim.Symbol("batch"), (Dim.Symbol("seq") * 2) + 1,
        Dim.FloorDiv(Dim.Symbol("a") + 3, 2) - Dim.Symbol("b"), -3, long.MaxValue,
        Dim.Max(Dim.Symbol("a"), Dim.Min(Dim.Symbol("b"), 4)),
    ];

    private readonly Random _random;

    private RandomModules(int seed) => _random = new Random(seed);

    public static NtirModule Make(int seed) => new RandomModules(seed).Module();

    private NtirModule Module()
    {
        NtirModule module = new();
        for (int i = _random.Next(3); i > 0; i--)
        {
            module.Metadata[Word() + i] = Word();
        }

        int functions = 1 + _random.Next(3);
        for (int i = 0; i < functions; i++)
        {
            NtirFunction function = i == 0 ? module.Main : module.AddFunction("f" + i + Word());
            Fill(function.Body, [], 0);
        }

        if (_random.Next(2) == 0)
        {
            module.OutputNames.AddRange(module.Main.Body.Results.Select(_ => Word()));
        }

        return module;
    }

    private void Fill(NtirRegion region, List<NtirValue> outer, int depth)
    {
        List<NtirValue> seen = [.. outer];
        for (int i = _random.Next(4); i > 0; i--)
        {
            seen.Add(region.AddParameter(Type(0), Name()));
        }

        for (int i = _random.Next(6); i > 0; i--)
        {
            seen.AddRange(region.Add(Op(seen, depth)).Results);
        }

        for (int i = _random.Next(3); i > 0 && seen.Count > 0; i--)
        {
            region.AddResult(Pick(seen));
        }
    }

    private NtirOp Op(List<NtirValue> seen, int depth)
    {
        KernelAttributes attributes = new(Enumerable.Range(0, _random.Next(4)).Select(_ =>
            new KeyValuePair<string, AttributeValue>(Pick(s_attributes), Attribute())));
        NtirOp op = new(
            Pick(["add", "ml.scaler", "if", "anything_else"]),
            [.. Enumerable.Range(0, _random.Next(4)).Select(_ =>
                seen.Count == 0 || _random.Next(4) == 0 ? null : Pick(seen))],
            [.. Enumerable.Range(0, _random.Next(3)).Select(_ => Type(0))],
            attributes,
            _random.Next(2) == 0 ? null : new SourceLocation(Word(), Word()))
        {
            FusionGroup = _random.Next(4) == 0 ? _random.Next(100) : null,
        };
        foreach (NtirValue result in op.Results)
        {
            result.Name = Name();
        }

        for (int i = depth < 2 ? _random.Next(4) - 1 : 0; i > 0; i--)
        {
            Fill(op.AddRegion(), seen, depth + 1);
        }

        return op;
    }

    private NtirType Type(int depth) => _random.Next(depth < 3 ? 8 : 4) switch
    {
        0 => new TensorType(Element(), null),
        1 => NtirType.Unknown,
        2 or 3 => new TensorType(Element(), new SymbolicShape(Enumerable.Range(0, _random.Next(4)).Select(_ =>
            Pick(s_sizes)))),
        4 or 5 => new SequenceType(Type(depth + 1)),
        6 => new OptionalType(Type(depth + 1)),
        _ => new MapType(Pick([ElementType.Int64, ElementType.String]), Type(depth + 1)),
    };

    private ElementType Element() => _random.Next(12) == 0 ? ElementType.Undefined : Pick([.. ElementTypes.All]);

    private AttributeValue Attribute() => _random.Next(8) switch
    {
        0 => Pick([0, 1, -1, long.MaxValue, long.MinValue, _random.NextInt64()]),
        1 => Number(),
        2 => AttributeValue.FromText(Bytes()),
        3 => Enumerable.Range(0, _random.Next(4)).Select(_ => _random.NextInt64() - _random.NextInt64()).ToArray(),
        4 => Enumerable.Range(0, _random.Next(4)).Select(_ => Number()).ToArray(),
        5 => AttributeValue.FromTexts([.. Enumerable.Range(0, _random.Next(4)).Select(_ => Bytes())]),
        6 => Tensor(),
        _ => AttributeValue.FromTensors([.. Enumerable.Range(0, _random.Next(3)).Select(_ => Tensor())]),
    };

    private double Number() => Pick(
    [
        0, -0.0, 1, 0.1, -2.5e-7, 1e300, double.Epsilon, double.MaxValue, double.NaN, double.PositiveInfinity,
        double.NegativeInfinity, BitConverter.Int64BitsToDouble(0x7FF4000000000001), _random.NextDouble(),
    ]);

    private TensorValue Tensor()
    {
        ElementType type = Pick([.. ElementTypes.All]);
        long[] shape = [.. Enumerable.Range(0, _random.Next(3)).Select(_ => (long)_random.Next(4))];
        if (type == ElementType.String)
        {
            return TensorValue.FromStrings(
                [.. Enumerable.Range(0, (int)Shapes.Product(shape)).Select(_ => Bytes())], shape);
        }

        TensorValue tensor = TensorValue.Allocate(type, shape);
        _random.NextBytes(tensor.Bytes());
        return tensor;
    }

    private byte[] Bytes()
    {
        if (_random.Next(2) == 0)
        {
            return Encoding.UTF8.GetBytes(Word());
        }

        byte[] bytes = new byte[_random.Next(6)];
        _random.NextBytes(bytes);
        return bytes;
    }

    private string? Name() => _random.Next(2) == 0 ? null : Word() + "n";

    private string Word() => Pick(s_words);

    private T Pick<T>(IReadOnlyList<T> items) => items[_random.Next(items.Count)];
}
