using Nbc.Kernels;
using Nbc.Tensors;
using Nbc.Values;
using static Ahr.Ntir.Tests.Ops.Movement.TypeScene;

namespace Ahr.Ntir.Tests.Ops.Movement;

public sealed class MovementRulesTests
{
    private static readonly KernelAttributes s_none = KernelAttributes.None;

    public static TheoryData<string, long[], string> Reshapes => new()
    {
        { "f32 [2, 3, 4]", [6, 4], "f32 [6, 4]" },
        { "f32 [2, 3, 4]", [-1, 4], "f32 [6, 4]" },
        { "f32 [n, 3, 4]", [-1, 12], "f32 [n, 12]" },
        { "f32 [n, 3, 4]", [0, -1], "f32 [n, 12]" },
        { "f32 [?, 3, 4]", [0, -1], "f32 [?, 12]" },
        { "f32 [n, s, 8]", [0, 0, 2, -1], "f32 [n, s, 2, 4]" },
        { "f32 [n, s, 8]", [-1], "f32 [8*n*s]" },
        { "f32 *", [0, -1, 5], "f32 [?, ?, 5]" },
        { "f32 [n]", [2, -1], "f32 [2, floordiv(n, 2)]" },
        { "f32 [0, 3]", [0, -1], "f32 [0, 3]" },
    };

    [Theory]
    [MemberData(nameof(Reshapes))]
    public void Reshape_says_what_the_sizes_allow(string data, long[] shape, string result) =>
        Assert.Equal(result, Infer("reshape", data, shape));

    [Fact]
    public void Reshape_follows_shapes_that_are_computed()
    {
        Nbc.Kernels.KernelAttributes axis = With(("axis", 0));
        NtirPair pair = new();
        var shape = Add(pair.Module, "shape", With(("end", 2)), 1, [pair.X]);
        var wanted = Add(pair.Module, "concat", axis, 1, [shape, new long[] { 2, -1 }]);
        Assert.Equal("f32 [n, s, 2, 4]", pair.Run("reshape", pair.X, wanted));

        Assert.Equal("f32 [?, ?]", Infer("reshape", "f32 [n]", "si64 [2]"));
        Assert.Equal("f32 *", Infer("reshape", "f32 [n]", "si64 [?]"));
        Assert.Equal("unknown", Infer("reshape", "unknown", new long[] { 1 }));
        Assert.Equal("f32 [3, 0]", Infer("reshape", With(("allowzero", 1)), "f32 [0, 3]", new long[] { 3, 0 }));
        Refuses("reshape", s_none, "f32 [2, 3]", new long[] { 7 });
        Refuses("reshape", s_none, "f32 [2, 3]", new long[] { 4, -1 });
        Refuses("reshape", s_none, "f32 [2]", new long[] { -1, 0 });
    }

    // A module whose first operand is f32 [n, s, 8].
    private sealed class NtirPair
    {
        public NtirPair() => X = Add(Module, "trilu", KernelAttributes.None, 1, ["f32 [n, s, 8]"]);

        public Ahr.Ntir.Graph.NtirModule Module { get; } = new();

        public Ahr.Ntir.Graph.NtirOp X { get; }

        public string Run(string name, params object?[] operands)
        {
            Ahr.Ntir.Graph.NtirOp op = Add(Module, name, KernelAttributes.None, 1, operands);
            Assert.Empty(Ahr.Ntir.Inference.ShapeInference.Run(Module));
            Ahr.Ntir.Types.TensorType type = (Ahr.Ntir.Types.TensorType)op.Result.Type;
            return $"{ElementTypes.TextOf(type.Element)} {type.Shape}";
        }
    }

    [Fact]
    public void Views_count_their_axes()
    {
        Assert.Equal("f32 [2*n, 12]", Infer("flatten", With(("axis", 2)), "f32 [2, n, 3, 4]"));
        Assert.Equal("f32 [?, ?]", Infer("flatten", "f32 *"));
        Assert.Equal("f32 [n, 3]", Infer("squeeze", "f32 [1, n, 1, 3]", new long[] { 0, -2 }));
        Assert.Equal("f32 [3]", Infer("squeeze", "f32 [1, 3]"));
        Assert.Equal("f32 *", Infer("squeeze", "f32 [1, n]"));
        Assert.Equal("f32 [?]", Infer("squeeze", "f32 [1, n]", "si64 [1]"));
        Assert.Equal("f32 *", Infer("squeeze", "f32 [1, n]", "si64 [?]"));
        Assert.Equal("f32 [1, n, 1]", Infer("unsqueeze", "f32 [n]", new long[] { 0, -1 }));
        Assert.Equal("f32 [?, ?]", Infer("unsqueeze", "f32 [n]", "si64 [1]"));
        Assert.Equal("f32 *", Infer("unsqueeze", "f32 *", new long[] { 0 }));
        Assert.Equal("f32 [3, n]", Infer("transpose", "f32 [n, 3]"));
        Assert.Equal("f32 [3, ?, n]", Infer("transpose", With(("perm", new long[] { 2, 1, 0 })), "f32 [n, ?, 3]"));
        Assert.Equal("f32 [?, ?]", Infer("transpose", With(("perm", new long[] { 1, 0 })), "f32 *"));
        Refuses("flatten", With(("axis", 3)), "f32 [2, 2]");
        Refuses("squeeze", s_none, "f32 [2, 3]", new long[] { 0 });
        Refuses("squeeze", s_none, "f32 [1, 3]", new long[] { 2 });
        Refuses("unsqueeze", s_none, "f32 [3]", new long[] { 0, 0 });
        Refuses("transpose", With(("perm", new long[] { 0 })), "f32 [2, 3]");
    }

    public static TheoryData<string, long, long, long, string> Slices => new()
    {
        // of [n, 10], along the axis that is cut
        { "0", 0, int.MaxValue, 1, "f32 [n, 10]" },
        { "0", 1, long.MaxValue, 1, "f32 [max(0, -min(1, n) + n), 10]" },
        { "0", 0, -1, 1, "f32 [max(0, n - 1), 10]" },
        { "0", 0, 4, 1, "f32 [min(4, n), 10]" },
        { "0", -1, long.MinValue, -1, "f32 [n, 10]" },
        { "0", 5, 0, -1, "f32 [?, 10]" },
        { "0", 0, long.MaxValue, 2, "f32 [ceildiv(n, 2), 10]" },
        { "1", 2, 9, 3, "f32 [n, 3]" },
        { "1", 9, -20, -4, "f32 [n, 3]" },
        { "1", 7, 3, 1, "f32 [n, 0]" },
    };

    [Theory]
    [MemberData(nameof(Slices))]
    public void Slices_have_their_size(string axis, long start, long end, long step, string result)
    {
        string found = Infer(
            "slice", "f32 [n, 10]", new[] { start }, new[] { end },
            new[] { long.Parse(axis, System.Globalization.CultureInfo.InvariantCulture) }, new[] { step });
        Assert.Equal(Sorted(result), Sorted(found));
    }

    // max and min order their arguments by text; the test does not care.
    private static string Sorted(string text) => string.Concat(text.Order());

    [Fact]
    public void Slices_of_what_is_not_known_are_not_known()
    {
        long[] one = [1];
        Assert.Equal("f32 [?, 10]", Infer("slice", "f32 [n, 10]", "si64 [1]", one, new long[] { 0 }));
        Assert.Equal("f32 [?, ?]", Infer("slice", "f32 [n, 10]", one, one, "si64 [1]"));
        Assert.Equal("f32 [?, 10]", Infer("slice", "f32 [n, 10]", one, one, null, "si64 [1]"));
        Assert.Equal("f32 [?, ?]", Infer("slice", "f32 [n, 10]", "si64 [?]", "si64 [?]"));
        Assert.Equal("f32 *", Infer("slice", "f32 *", one, one));
        Refuses("slice", s_none, "f32 [n]", one, one, one);
        Refuses("slice", s_none, "f32 [n, 2]", one, new long[] { 1, 2 });
    }

    [Fact]
    public void Split_divides_an_axis()
    {
        Assert.Equal(["f32 [1, n]", "f32 [4, n]"], Infer("split", s_none, 2, "f32 [5, n]", new long[] { 1, 4 }));
        Assert.Equal(["f32 [3, n]", "f32 [3, n]", "f32 [1, n]"], Infer("split", s_none, 3, "f32 [7, n]"));
        Assert.Equal(["f32 [n]", "f32 [n]"], Infer("split", s_none, 2, "f32 [2*n]"));
        Assert.Equal(["f32 [?]", "f32 [?]"], Infer("split", s_none, 2, "f32 [6]", "si64 [2]"));
        Assert.Equal(["f32 *"], Infer("split", s_none, 1, "f32 *"));
        Refuses("split", s_none, "f32 [5]", new long[] { 4 });
        Refuses("split", s_none, "f32 [5]", new long[] { 4, 1 });
        Refuses("split", With(("axis", 1)), "f32 [5]");
    }

    [Fact]
    public void Tensors_join_and_repeat()
    {
        KernelAttributes axis = With(("axis", -1));
        Assert.Equal("f32 [n, s + 3]", Infer("concat", axis, "f32 [n, 3]", "f32 [?, s]"));
        Assert.Equal("f32 [n, ?]", Infer("concat", axis, "f32 [n, 3]", "f32 *"));
        Assert.Equal("f32 *", Infer("concat", axis, "f32 *", "f32 *"));
        Assert.Equal("unknown", Infer("concat", axis, "unknown"));
        Assert.Equal("f32 [n, 5, 3]",
            Infer("expand", "f32 [5, 1]", new long[] { 1, 3 }).Replace("[5", "[n, 5", StringComparison.Ordinal));
        Assert.Equal("f32 [?, ?]", Infer("expand", "f32 [n, ?]", "si64 [2]"));
        Assert.Equal("f32 [2*n, 6]", Infer("tile", "f32 [n, 3]", new long[] { 2, 2 }));
        Assert.Equal("f32 [?, ?]", Infer("tile", "f32 [n, 3]", "si64 [2]"));
        Assert.Equal("f32 [?, ?]", Infer("tile", "f32 *", new long[] { 2, 2 }));
        Assert.Equal("f32 [n + 2, 3]", Infer("pad", "f32 [n, 4]", new long[] { 1, -1, 1, 0 }));
        Assert.Equal("f32 [n, 7]", Infer("pad", "f32 [n, 4]", new long[] { 1, 2 }, null, new long[] { -1 }));
        Assert.Equal("f32 [?, ?]", Infer("pad", "f32 [n, 4]", "si64 [4]"));
        Assert.Equal("f32 *", Infer("pad", "f32 *", new long[] { 1, 1 }));
        Assert.Equal("f32 [n, 2]",
            Infer("center_crop_pad", With(("axes", new long[] { 1 })), "f32 [n, 4]", new long[] { 2 }));
        Assert.Equal("f32 [?, ?]", Infer("center_crop_pad", "f32 [n, 4]", "si64 [2]"));
        Assert.Equal("f32 *", Infer("center_crop_pad", "f32 *", "si64 [2]"));
        Refuses("concat", axis, "f32 [2, 3]", "f32 [4, 3]");
        Refuses("concat", axis, "f32 [2, 3]", "f32 [4]");
        Refuses("concat", axis, "f32 [2]", "si64 [4]");
        Refuses("expand", s_none, "f32 [2]", new long[] { 3 });
        Refuses("tile", s_none, "f32 [2]", new long[] { 3, 3 });
        Refuses("pad", s_none, "f32 [2]", new long[] { 3 });
        Refuses("center_crop_pad", s_none, "f32 [2]", new long[] { 3, 3 });
    }

    [Fact]
    public void Indices_give_their_shape()
    {
        Assert.Equal("f32 [a, b, 3]", Infer("gather", "f32 [n, 3]", "si64 [a, b]"));
        Assert.Equal("f32 [n]",
            Infer("gather", With(("axis", 1)), "f32 [n, 3]", TensorValue.From<long>(ElementType.Int64, [0])));
        Assert.Equal("f32 *", Infer("gather", "f32 *", "si64 [1]"));
        Assert.Equal("f32 [a, 2]", Infer("gather_elements", "f32 [n, 3]", "si64 [a, 2]"));
        Assert.Equal("f32 [?, ?]", Infer("gather_elements", "f32 [n, 3]", "si64 *"));
        Assert.Equal("f32 [a, 4]", Infer("gather_nd", "f32 [n, 3, 4]", "si64 [a, 2]"));
        Assert.Equal("f32 [n, a, 4]", Infer("gather_nd", With(("batch_dims", 1)), "f32 [n, 3, 4]", "si64 [n, a, 1]"));
        Assert.Equal("f32 *", Infer("gather_nd", "f32 [n]", "si64 [a, ?]"));
        foreach (string name in new[] { "scatter_elements", "scatter_nd" })
        {
            Assert.Equal("f32 [n, 3]", Infer(name, "f32 [n, 3]", "si64 [a, b]", "f32 [a, b]"));
        }

        Assert.Equal("f32 [?, 3]", Infer("compress", With(("axis", 0)), "f32 [n, 3]", "i1 [?]"));
        Assert.Equal("f32 [?]", Infer("compress", "f32 *", "i1 [?]"));
        Assert.Equal("f32 *", Infer("compress", With(("axis", 0)), "f32 *", "i1 [?]"));
        Assert.Equal("f32 [n, 5]", Infer("one_hot", "si64 [n]", new long[] { 5 }, "f32 [2]"));
        Assert.Equal("f32 [?, n]", Infer("one_hot", With(("axis", 0)), "si64 [n]", "si64 []", "f32 [2]"));
        Assert.Equal("f32 *", Infer("one_hot", "si64 *", new long[] { 5 }, "f32 [2]"));
        Assert.Equal("si64 [2, ?]", Infer("non_zero", "f32 [n, 3]"));
        Assert.Equal("si64 [?, ?]", Infer("non_zero", "f32 *"));
        Assert.Equal(["f32 [?]", "si64 [?]", "si64 [3*n]", "si64 [?]"], Infer("unique", s_none, 4, "f32 [n, 3]"));
        Assert.Equal(["f32 [n, ?]", "si64 [?]", "si64 [3]"], Infer("unique", With(("axis", -1)), 3, "f32 [n, 3]"));
        Refuses("gather", With(("axis", 2)), "f32 [n]", "si64 [1]");
        Refuses("gather_elements", s_none, "f32 [n]", "si64 [1, 1]");
        Refuses("gather_nd", s_none, "f32 [n]", "si64 [1, 2]");
        Refuses("scatter_elements", s_none, "f32 [n]", "si64 [1, 1]", "f32 [1, 1]");
    }

    [Fact]
    public void Sizes_become_data_and_data_sizes()
    {
        Assert.Equal("si64 [2]", Infer("shape", With(("start", 1)), "f32 [n, 3, 4]"));
        Assert.Equal("si64 [?]", Infer("shape", "f32 *"));
        Assert.Equal("f32 [n, 3]", Elements("shape", s_none, "i1 [n, 3]"));
        Assert.Equal("f32 [3]", Elements("shape", With(("start", -1)), "i1 [n, 3]"));
        Assert.Equal("si64 []", Infer("size", "f32 [n, 3]"));
        Assert.Equal("f32 [2, 2]", Elements("constant_of_shape", With(("value", One(2L))), new long[] { 2 }));
        Assert.Equal("si32 [4]", Infer("constant_of_shape", With(("value", One(7))), new long[] { 4 }));
        Assert.Equal("f32 [?, ?]", Infer("constant_of_shape", "si64 [2]"));
        Assert.Equal("f32 *", Infer("constant_of_shape", "si64 [?]"));
        Assert.Equal("si64 [n, 3]", Infer("eye_like", With(("dtype", 7)), "f32 [n, 3]"));
        Assert.Equal("f32 [?, ?]", Infer("eye_like", "f32 *"));
        Assert.Equal("f32 [0, 2, 4]", Elements("range", s_none, Scalar(0), Scalar(5), Scalar(2)));
        Assert.Equal("si64 [?]", Infer("range", Scalar(0), "si64 []", Scalar(1)));
        Assert.Equal("f32 [4]", Infer("range", One(0f), One(1f), One(0.25f)));
        Assert.Equal("f64 [0]", Infer("range", One(0.0), One(1.0), One(-1.0)));
        Assert.Equal("f16 [1]", Infer("range", One((Half)0), One((Half)1), One((Half)1)));
        Assert.Equal("f32 [?]", Infer("range", One(0f), "f32 []", One(0.25f)));
        Assert.Equal("f32 [?]", Infer("range", One(0f), One(1f), One(0f)));
        Assert.Equal("f32 [n, 1, 6, 8]", Infer("depth_to_space", With(("blocksize", 2)), "f32 [n, 4, 3, 4]"));
        Assert.Equal("f32 [n, 16, 1, w]", Infer("space_to_depth", With(("blocksize", 2)), "f32 [n, 4, 2, 2*w]"));
        Refuses("depth_to_space", With(("blocksize", 2)), "f32 [n, 4]");
        Refuses("depth_to_space", With(("blocksize", 0)), "f32 *");
    }

    [Fact]
    public void What_is_computed_of_sizes_is_followed()
    {
        long[] three = [5, 6, 7];
        Assert.Equal("f32 [5, 7]", Elements("gather", s_none, three, new long[] { 0, -1 }));
        Assert.Equal("f32 [7, 6]",
            Elements("slice", s_none, three, new long[] { -1 }, new long[] { 0 }, new long[] { 0 }, new long[] { -1 }));
        Assert.Equal("f32 [5, 6, 7, 5, 6, 7]", Elements("concat", With(("axis", 0)), three, three));
        Assert.Equal("f32 [5, 6, 7]", Elements("squeeze", s_none, three, Array.Empty<long>()));
        Assert.Equal("f32 [5, 6, 7]", Elements("reshape", s_none, three, new long[] { -1 }));
        Assert.Equal("f32 [5, 6, 7]", Elements("transpose", s_none, three));
        Assert.Equal("f32 [4, 4]", Elements("expand", s_none, new long[] { 4 }, new long[] { 2 }));
        Assert.Equal("f32 [4]", Elements("unsqueeze", s_none, Scalar(4), new long[] { 0 }));
        Assert.Equal("f32 [5]", Elements("split", s_none, new long[] { 5 }));
    }

    private static TensorValue Scalar(long value) => TensorValue.From<long>(ElementType.Int64, [value]);

    private static TensorValue One<T>(T value)
        where T : unmanaged => TensorValue.From<T>(
        value is long ? ElementType.Int64 : value is int ? ElementType.Int32 : value is float ? ElementType.Float32
            : value is double ? ElementType.Float64 : ElementType.Float16,
        [value]);
}
