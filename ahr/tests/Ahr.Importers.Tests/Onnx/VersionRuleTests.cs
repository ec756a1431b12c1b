using Ahr.Importers.Onnx.Proto;
using Nbc.Tensors;

namespace Ahr.Importers.Tests.Onnx;

/// <summary>A node of an old version, and the formula of the newest operations with the same meaning.</summary>
public sealed class VersionRuleTests
{
    public static TheoryData<long, string, string> Axes => new()
    {
        { 12, "Squeeze axes=0,2", "squeeze(a, [0, 2])" },
        { 13, "Squeeze", "squeeze(a, b)" },
        { 12, "Squeeze-1", "squeeze(a)" },
        { 11, "Unsqueeze axes=0,2", "unsqueeze(a, [0, 2])" },
        { 12, "ReduceSum axes=0,2 keepdims=0", "reduce_sum(a, [0, 2]){keepdims=0}" },
        { 17, "ReduceMean axes=0,2", "reduce_mean(a, [0, 2])" },
        { 17, "ReduceMax-1", "reduce_max(a)" },
        { 18, "ReduceL2", "reduce_l2(a, b)" },
        { 1, "TopK-1 k=3", "top_k(a, [3])" },
        { 9, "Slice-1 starts=0,2 ends=0,2 axes=0,2", "slice(a, [0, 2], [0, 2], [0, 2])" },
        { 9, "Slice-1 starts=0,2 ends=0,2", "slice(a, [0, 2], [0, 2])" },
        { 12, "Split-1 split=0,2 axis=1", "split(a, [0, 2]){axis=1}" },
        { 13, "Split-1 axis=1", "split(a){axis=1, num_outputs=1}" },
        { 18, "Split-1 num_outputs=4", "split(a){num_outputs=4}" },
        { 1, "Concat", "concat(a, b){axis=1}" },
        { 4, "Concat axis=0", "concat(a, b){axis=0}" },
        { 17, "DFT-1", "dft(a, _, 1)" },
        { 17, "DFT axis=2", "dft(a, b, 2)" },
        { 1, "Reshape-1 shape=0,2", "reshape(a, [0, 2])" },
        { 5, "Reshape", "reshape(a, b)" },
        { 9, "Scatter", "scatter_elements(a, b)" },
        { 26, "Range-3", "range(a, b, c)" },
        { 27, "Range-3 stash_type=11", "range(a, b, c){stash_type=11}" },
    };

    [Theory]
    [MemberData(nameof(Axes))]
    [MemberData(nameof(Values))]
    [MemberData(nameof(Broadcasts))]
    [MemberData(nameof(Networks))]
    [MemberData(nameof(Experiments))]
    [MemberData(nameof(Foreigners))]
    public void An_old_node_means_the_same_in_the_newest_operations(long opset, string node, string expected) =>
        Assert.Equal(expected, Formula.Of(Build.Module(Build.Model(opset, Graph(node)))));

    public static TheoryData<long, string, string> Values => new()
    {
        { 1, "Cast-1 to=FLOAT16", "cast(a){to=10}" },
        { 6, "Cast-1 to=7", "cast(a){to=7}" },
        { 6, "Clip-1 min=0.5 max=6.5", "clip(a, 0.5, 6.5)" },
        { 6, "Clip-1 max=6.5", "clip(a, _, 6.5)" },
        { 6, "Clip-1", "clip(a)" },
        { 11, "Clip", "clip(a, b)" },
        { 1, "Pad-1 paddings=0,2 mode=edge", "pad(a, [0, 2]){mode=edge}" },
        { 2, "Pad-1 pads=0,2 value=1.5", "pad(a, [0, 2], 1.5)" },
        { 1, "Upsample-1 height_scale=2.5 width_scale=3.5",
            "resize(a, _, [1, 1, 2.5, 3.5])" +
            "{coordinate_transformation_mode=asymmetric, mode=nearest, nearest_mode=floor}" },
        { 9, "Upsample mode=bilinear",
            "resize(a, _, b){coordinate_transformation_mode=asymmetric, mode=linear, nearest_mode=floor}" },
        { 10, "Resize",
            "resize(a, _, b){coordinate_transformation_mode=asymmetric, mode=nearest, nearest_mode=floor}" },
        { 13, "Resize mode=cubic", "resize(a, b){mode=cubic}" },
        { 10, "RoiAlign", "roi_align(a, b){coordinate_transformation_mode=output_half_pixel}" },
        { 16, "RoiAlign", "roi_align(a, b)" },
        { 16, "GridSample", "grid_sample(a, b){mode=linear}" },
        { 16, "GridSample mode=bicubic", "grid_sample(a, b){mode=cubic}" },
        { 16, "GridSample mode=nearest", "grid_sample(a, b){mode=nearest}" },
        { 20, "GridSample", "grid_sample(a, b)" },
        { 1, "Selu-1", "selu(a){alpha=1.6732, gamma=1.0507}" },
        { 6, "Selu-1", "selu(a)" },
        { 1, "Relu-1 consumed_inputs=0,2", "relu(a)" },
        { 1, "Dropout-1 ratio=0.25", "dropout(a, 0.25, true)" },
        { 6, "Dropout-1 is_test=1 ratio=0.25", "dropout(a)" },
        { 7, "Dropout-1 ratio=0.25", "dropout(a)" },
        { 12, "Dropout", "dropout(a, b)" },
        { 1, "Tile-3", "tile(a, scatter_elements(constant_of_shape(shape(shape(a))){value=[1]}, " +
            "reshape(cast(c){to=7}, [1]), reshape(cast(b){to=7}, [1])))" },
        { 6, "Tile", "tile(a, b)" },
    };

    public static TheoryData<long, string, string> Broadcasts => new()
    {
        { 6, "Add", "add(a, b)" },
        { 6, "Add broadcast=1", "add(a, b)" },
        { 7, "Mul", "mul(a, b)" },
        { 1, "Mul broadcast=1 axis=1 consumed_inputs=0,2", "mul(a, reshape(b, concat(shape(b), " +
            "constant_of_shape(sub(sub(shape(shape(a)), [1]), shape(shape(b)))){value=[1]}){axis=0}))" },
        { 6, "Sub broadcast=1 axis=-3", "sub(a, reshape(b, concat(shape(b), " +
            "constant_of_shape(sub([3], shape(shape(b)))){value=[1]}){axis=0}))" },
        { 6, "PRelu", "prelu(a, reshape(b, concat([-1], " +
            "constant_of_shape(max(sub(shape(shape(a)), [2]), [0])){value=[1]}){axis=0}))" },
        { 7, "PRelu", "prelu(a, b)" },
        { 6, "Gemm broadcast=1 transB=1", "gemm(a, b){transB=1}" },
    };

    public static TheoryData<long, string, string> Networks => new()
    {
        { 6, "Softmax-1", "reshape(softmax(flatten(a){axis=1}){axis=1}, shape(a)){allowzero=1}" },
        { 11, "LogSoftmax-1 axis=-2", "reshape(log_softmax(flatten(a){axis=-2}){axis=1}, shape(a)){allowzero=1}" },
        { 12, "Hardmax-1 axis=-1", "hardmax(a){axis=-1}" },
        { 13, "Softmax-1", "softmax(a)" },
        { 6, "BatchNormalization-5 is_test=1 spatial=1", "batch_normalization(a, b, c, d, e)" },
        { 8, "BatchNormalization-5 spatial=0 epsilon=0.5",
            "add(mul(div(sub(a, d), sqrt(add(e, 0.5))), b), c)" },
        { 9, "BatchNormalization-5 epsilon=0.5", "batch_normalization(a, b, c, d, e){epsilon=0.5}" },
        { 18, "GroupNormalization-3 num_groups=2", "group_normalization(a, " + Grouped("b") + ", " + Grouped("c") +
            "){num_groups=2}" },
        { 21, "GroupNormalization-3 num_groups=2", "group_normalization(a, b, c){num_groups=2}" },
        { 1, "LSTM-3 output_sequence=1 hidden_size=4", "lstm(a, b, c){hidden_size=4}" },
        { 1, "LpPool-1 p=3.0 kernel_shape=0,2", "lp_pool(a){kernel_shape=[0, 2], p=3}" },
        { 1, "GlobalLpPool-1", "global_lp_pool(a){p=2}" },
    };

    public static TheoryData<long, string, string> Experiments => new()
    {
        { 5, "Affine-1 alpha=2.5 beta=0.5", "add(mul(a, 2.5), 0.5)" },
        { 5, "ParametricSoftplus-1 alpha=2.5 beta=0.5", "mul(softplus(mul(a, 0.5)), 2.5)" },
        { 5, "ScaledTanh-1 alpha=2.5 beta=0.5", "mul(tanh(mul(a, 0.5)), 2.5)" },
        { 5, "Scale-1 scale=2.5", "mul(a, 2.5)" },
        { 5, "ImageScaler-1 scale=2.5 bias=0.5,1.5", "add(mul(a, 2.5), cast_like([2, 1, 1][0.5, 1.5], a))" },
        { 5, "ConstantFill-0 shape=0,2 value=1.5", "constant_of_shape([0, 2]){value=[1.5]}" },
        { 5, "ConstantFill-1 input_as_shape=1 dtype=7",
            "cast(constant_of_shape(cast(a){to=7}){value=[0]}){to=7}" },
        { 5, "ConstantFill-1 extra_shape=0,2",
            "constant_of_shape(concat(shape(a), [0, 2]){axis=0}){value=[0]}" },
        { 5, "GivenTensorFill-0 shape=1,2 values=0.5,1.5", "[1, 2][0.5, 1.5]" },
        { 5, "Crop-1 border=1,2,3,0", "slice(a, [2, 1], [9223372036854775807, -3], [2, 3])" },
        { 5, "Crop-1 border=1,2,3,0 scale=4,5", "slice(a, [2, 1], [6, 6], [2, 3])" },
        { 5, "DynamicSlice-3", "slice(a, b, c)" },
    };

    public static TheoryData<long, string, string> Foreigners => new()
    {
        { 17, "com.microsoft.GatherND", "gather_nd(a, cast(b){to=7})" },
        { 17, "com.microsoft.GridSample mode=bicubic align_corners=1",
            "grid_sample(a, b){align_corners=1, mode=cubic}" },
        { 17, "com.microsoft.Pad-3 mode=edge", "pad(a, reshape(b, [-1]), c){mode=edge}" },
        { 17, "com.microsoft.Range", "range(a, b, 1)" },
        { 17, "com.microsoft.Range-3", "range(a, b, c)" },
        { 17, "com.microsoft.TransposeMatMul transA=1", "ms.fused_matmul(a, b){transA=1}" },
        { 17, "com.microsoft.Trilu upper=0", "trilu(a, b){upper=0}" },
        { 17, "com.microsoft.Unique-1", "unique(a){sorted=0}#0" },
        { 17, "com.microsoft.BiasDropout", "dropout(add(a, b), _, _)#0" },
        { 17, "com.microsoft.BiasDropout-5 seed=3", "add(dropout(add(a, b), d, e){seed=3}#0, c)" },
        { 17, "com.microsoft.Rfft-1 signal_ndim=1", "dft(unsqueeze(a, [-1]), _, -2){onesided=1}" },
        { 17, "com.microsoft.Irfft-1 onesided=1", "squeeze(slice(dft(concat(a, mul(" +
            "slice(a, [-2], [0], [-2], [-1]), cast_like([1, -1], a))){axis=-2}, _, -2){inverse=1}, " +
            "[0], [1], [-1]), [-1])" },
    };

    [Theory]
    [InlineData("com.microsoft.Rfft-1 signal_ndim=2", "over one size")]
    [InlineData("com.microsoft.Irfft-1 normalized=1", "not normalized")]
    [InlineData("com.microsoft.Unique-1 axis=0", "attribute axis")]
    [InlineData("com.microsoft.BiasDropout ratio=0.5", "attribute ratio")]
    public void What_a_foreign_operator_does_not_have_is_refused(string node, string expected) =>
        Assert.Contains(expected, Build.Fault(Build.Model(17, Graph(node))).Detail);

    [Fact]
    public void A_foreign_Unique_gives_elements_places_and_counts()
    {
        GraphProto graph = Build.Graph("a", "y,i,n", Build.Node("com.microsoft.Unique", "a", "y,i,n"));
        Assert.Equal("unique(a){sorted=0}#0; unique(a){sorted=0}#2; unique(a){sorted=0}#3",
            Formula.Of(Build.Module(Build.Model(17, graph))));
    }

    [Fact]
    public void A_clip_limit_takes_the_type_of_what_it_limits()
    {
        GraphProto graph = Graph("Clip-1 max=6.5");
        graph.Input[0] = Build.Value("a", ElementType.Float16, 2, 3);
        Assert.Equal("clip(a, _, cast(6.5){to=10})", Formula.Of(Build.Module(Build.Model(6, graph))));
        graph.Input[0].Type = null;
        Assert.Equal("clip(a, _, cast_like(6.5, a))", Formula.Of(Build.Module(Build.Model(6, graph))));
    }

    [Theory]
    [InlineData(23, "Cast-1 to=22", "cast(clip(a, -8, 7)){to=22}")]
    [InlineData(21, "Cast-1 to=21", "cast(clip(a, 0, 15)){to=21}")]
    [InlineData(24, "Cast-1 to=22", "cast(a){to=22}")]
    [InlineData(23, "Cast-1 to=23", "cast(where(is_nan(a), 6, a)){to=23}")]
    [InlineData(25, "Cast-1 to=23", "cast(a){to=23}")]
    [InlineData(23, "Cast-1 to=6", "cast(a){to=6}")]
    [InlineData(23, "CastLike", "cast_like(clip(a, 0, 15), b)")]
    [InlineData(25, "CastLike", "cast_like(a, b)")]
    public void Casts_to_four_bits_end_as_the_first_values_of_their_tests(long opset, string node, string expected)
    {
        GraphProto graph = Graph(node);
        graph.Input[0] = Build.Value("a", ElementType.Float32, 3);
        if (graph.Input.Count > 1)
        {
            graph.Input[1] = Build.Value("b", ElementType.UInt4, 3);
        }

        Assert.Equal(expected, Formula.Of(Build.Module(Build.Model(opset, graph))));
        graph.Input[0] = Build.Value("a", ElementType.Int32, 3);
        Assert.DoesNotContain("clip", Formula.Of(Build.Module(Build.Model(opset, graph))));
    }

    [Theory]
    [InlineData(1L, 0f, "{qk_matmul_output_mode=2, softcap=0}")]
    [InlineData(2L, 0f, "{qk_matmul_output_mode=2, softcap=0}")]
    [InlineData(1L, 2f, "{qk_matmul_output_mode=1, softcap=2}")]
    [InlineData(2L, 2f, "{mask_before_softcap=1, qk_matmul_output_mode=2, softcap=2}")]
    [InlineData(3L, 2f, "{qk_matmul_output_mode=3, softcap=2}")]
    public void Scores_of_attention_are_those_of_the_numbering_in_which_the_asking_makes_sense(
        long mode, float softcap, string expected)
    {
        NodeProto node = Build.Node(
            "Attention", "a,b,c,d", "y,,,s", ("qk_matmul_output_mode", mode), ("softcap", softcap));
        string formula = Formula.Of(Build.Module(Build.Model(24, Build.Graph("a,b,c,d", "s", node))));
        Assert.Contains($"attention(a, b, c, d){expected}", formula);
        node.Output.Clear();
        node.Output.Add("y");
        formula = Formula.Of(Build.Module(Build.Model(24, Build.Graph("a,b,c,d", "y", node))));
        Assert.Contains($"{{qk_matmul_output_mode={mode}, ", formula);
    }

    [Fact]
    public void Known_ranks_make_the_old_broadcast_one_operation()
    {
        GraphProto graph = Graph("Add broadcast=1 axis=1");
        graph.Input[0] = Build.Value("a", ElementType.Float32, 2, 3, 4, 5);
        graph.Input[1] = Build.Value("b", ElementType.Float32, 3, 4);
        Assert.Equal("add(a, unsqueeze(b, [2]))", Formula.Of(Build.Module(Build.Model(6, graph))));
        graph.Input[1] = Build.Value("b", ElementType.Float32, 3, 4, 5);
        Assert.Equal("add(a, b)", Formula.Of(Build.Module(Build.Model(6, graph))));
        graph.Input[1] = Build.Value("b", ElementType.Float32, 2, 3, 4, 5);
        Assert.Contains("does not lie on axis 1", Build.Fault(Build.Model(6, graph)).Detail);
    }

    [Fact]
    public void Softmax_over_the_last_axis_of_a_known_rank_needs_no_other_shape()
    {
        GraphProto graph = Graph("Softmax-1");
        graph.Input[0] = Build.Value("a", ElementType.Float32, "n", 3);
        Assert.Equal("softmax(a){axis=-1}", Formula.Of(Build.Module(Build.Model(6, graph))));
    }

    [Fact]
    public void Dropout_before_version_10_gives_its_mask_in_the_type_of_the_data()
    {
        GraphProto graph = Build.Graph("a", "y,m", Build.Node("Dropout", "a", "y,m"));
        Assert.Equal("dropout(a)#0; cast_like(dropout(a)#1, a)", Formula.Of(Build.Module(Build.Model(7, graph))));
        Assert.Equal("dropout(a)#0; dropout(a)#1", Formula.Of(Build.Module(Build.Model(10, graph))));
    }

    [Fact]
    public void Batch_normalisation_with_more_results_trains()
    {
        GraphProto graph = Build.Graph("a,b,c,d,e", "y,m,v", Build.Node("BatchNormalization", "a,b,c,d,e", "y,m,v"));
        Assert.Equal("batch_normalization(a, b, c, d, e){training_mode=1}#2",
            Formula.Of(Build.Module(Build.Model(9, graph)).Main.Body.Results[2]));
        graph.Node[0].Output.Add("s");
        Assert.Contains("for training only", Build.Fault(Build.Model(9, graph)).Detail);
    }

    [Fact]
    public void Upsample_7_and_Resize_leave_out_empty_operands()
    {
        GraphProto up = Build.Graph("a", "y", Build.Node("Upsample", "a", "y", ("scales", new[] { 1f, 1f, 2f, 2f })));
        Assert.StartsWith("resize(a, _, [1, 1, 2, 2])", Formula.Of(Build.Module(Build.Model(7, up))));
        GraphProto resize = Build.Graph("a,s", "y", Build.Node("Resize", "a,roi,roi,s", "y"));
        resize.Initializer.Add(Build.Tensor("roi", ElementType.Float32, [0]));
        Assert.Equal("resize(a, _, _, s)", Formula.Of(Build.Module(Build.Model(11, resize))));
    }

    [Theory]
    [InlineData(ElementType.String,
        "ml.label_encoder(a){default_int64=-1, keys_strings=[cat, dog], values_int64s=[0, 1]}")]
    [InlineData(ElementType.Int64,
        "ml.label_encoder(a){default_string=_Unused, keys_int64s=[0, 1], values_strings=[cat, dog]}")]
    public void The_first_label_encoder_goes_the_way_of_its_operand(ElementType type, string expected)
    {
        GraphProto graph = Build.Graph("a", "y", Build.Node(
            "ai.onnx.ml.LabelEncoder", "a", "y", ("classes_strings", new[] { "cat", "dog" })));
        graph.Input[0] = Build.Value("a", type, 3);
        ModelProto model = Build.Model(9, graph);
        model.OpsetImport[1].Version = 1;
        Assert.Equal(expected, Formula.Of(Build.Module(model)));
        graph.Input[0].Type = null;
        Assert.Contains("strings or int64", Build.Fault(model).Detail);
    }

    // "Name-operands attribute=value": operands are a, b, ... ; 2 unless said; one result.
    private static GraphProto Graph(string text)
    {
        string[] words = text.Split(' ');
        string[] name = words[0].Split('-');
        int count = name.Length > 1 ? int.Parse(name[1]) : 2;
        string inputs = string.Join(',', "abcde"[..count].ToCharArray());
        (string, object)[] attributes = [.. words[1..].Select(word => Attribute(word.Split('=')))];
        return Build.Graph(inputs, "y", Build.Node(name[0], inputs, "y", attributes));
    }

    private static (string Name, object Value) Attribute(string[] pair) => pair[1] switch
    {
        { } list when list.Contains(',') && list.Contains('.') =>
            (pair[0], list.Split(',').Select(float.Parse).ToArray()),
        { } list when list.Contains(',') => (pair[0], list.Split(',').Select(long.Parse).ToArray()),
        { } real when real.Contains('.') => (pair[0], float.Parse(real)),
        { } whole when long.TryParse(whole, out long number) => (pair[0], number),
        { } text => (pair[0], text),
    };

    private static string Grouped(string name) =>
        $"reshape(expand(reshape({name}, [2, 1]), concat([2], div(shape(a){{end=2, start=1}}, [2])){{axis=0}}), [-1])";
}
