using Nbc.Kernels;
using static Nbc.Descriptors.Declare;

namespace Nbc.Descriptors;

/// <summary>Quantisation and arithmetic on quantised tensors.</summary>
internal static class Quantised
{
    private static readonly AttributeSpec[] s_conv =
    [
        Text("auto_pad", "NOTSET"), Ints("dilations"), Int("group", 1), Ints("kernel_shape"), Ints("pads"),
        Ints("strides"),
    ];

    public static IEnumerable<KernelDescriptor> All { get; } =
    [
        Op(0x1C00, "quantize_linear", ["x", "y_scale", "y_zero_point?"], ["y"],
            Int("axis", 1), Int("block_size", 0), Int("output_dtype", 0), Int("precision", 0), Int("saturate", 1)),
        Op(0x1C01, "dequantize_linear", ["x", "x_scale", "x_zero_point?"], ["y"],
            Int("axis", 1), Int("block_size", 0), Int("output_dtype", 0)),
        Op(0x1C02, "dynamic_quantize_linear", ["x"], ["y", "y_scale", "y_zero_point"]),
        Op(0x1C03, "matmul_integer", ["A", "B", "a_zero_point?", "b_zero_point?"], ["Y"]),
        Op(0x1C04, "conv_integer", ["x", "w", "x_zero_point?", "w_zero_point?"], ["y"], s_conv),
        Op(0x1C05, "qlinear_matmul",
            ["a", "a_scale", "a_zero_point", "b", "b_scale", "b_zero_point", "y_scale", "y_zero_point"], ["y"]),
        Op(0x1C06, "qlinear_conv",
            ["x", "x_scale", "x_zero_point", "w", "w_scale", "w_zero_point", "y_scale", "y_zero_point", "B?"],
            ["y"], s_conv),
        .. Microsoft(),
    ];

    private static KernelDescriptor[] Microsoft() =>
    [
        Op(0x1C10, "ms.qlinear_add",
            ["A", "A_scale", "A_zero_point?", "B", "B_scale", "B_zero_point?", "C_scale", "C_zero_point?"], ["C"]),
        Op(0x1C11, "ms.qlinear_mul",
            ["A", "A_scale", "A_zero_point?", "B", "B_scale", "B_zero_point?", "C_scale", "C_zero_point?"], ["C"]),
        Op(0x1C12, "ms.qlinear_sigmoid", ["X", "X_scale", "X_zero_point?", "Y_scale", "Y_zero_point?"], ["Y"]),
        Op(0x1C13, "ms.qlinear_leaky_relu", ["X", "X_scale", "X_zero_point?", "Y_scale", "Y_zero_point?"], ["Y"],
            Float("alpha", 0.01)),
        Op(0x1C14, "ms.qlinear_average_pool", ["X", "x_scale", "x_zero_point?", "y_scale", "y_zero_point?"], ["Y"],
            Text("auto_pad", "NOTSET"), Int("ceil_mode", 0), Int("channels_last", 0), Int("count_include_pad", 0),
            Needed(Ints("kernel_shape")), Ints("pads"), Ints("strides")),
        Op(0x1C15, "ms.qlinear_global_average_pool",
            ["X", "x_scale", "x_zero_point", "y_scale", "y_zero_point"], ["Y"], Int("channels_last", 0)),
        Op(0x1C16, "ms.qlinear_concat", ["Y_scale", "Y_zero_point", "inputs..."], ["Y"], Needed(Int("axis"))),
        Op(0x1C17, "ms.qlinear_softmax", ["X", "X_scale", "x_zero_point?", "y_scale", "y_zero_point"], ["Y"],
            Int("axis", -1), Needed(Int("opset"))),
        Op(0x1C18, "ms.qlinear_where",
            [
                "condition", "X", "x_scale", "x_zero_point", "Y", "y_scale", "y_zero_point", "z_scale",
                "z_zero_point",
            ], ["Z"]),
        Op(0x1C19, "ms.qlinear_reduce_mean",
            ["data", "data_scale", "data_zero_point?", "reduced_scale", "reduced_zero_point?"], ["reduced"],
            Needed(Ints("axes")), Needed(Int("keepdims"))),
        Op(0x1C1A, "ms.qgemm",
            [
                "A", "a_scale", "a_zero_point", "B", "b_scale", "b_zero_point", "C?", "y_scale?", "y_zero_point?",
            ], ["Y"], Float("alpha", 1), Int("transA", 0), Int("transB", 0)),
        Op(0x1C1B, "ms.dynamic_quantize_matmul", ["A", "B", "b_scale", "b_zero_point?", "bias?"], ["Y"]),
        Op(0x1C1C, "ms.matmul_integer_to_float",
            ["A", "B", "a_scale", "b_scale", "a_zero_point?", "b_zero_point?", "bias?"], ["Y"]),
        Op(0x1C1D, "ms.quantize_linear", ["x", "y_scale", "y_zero_point?"], ["y"],
            Int("axis", 1), Int("block_size", 0)),
        Op(0x1C1E, "ms.dequantize_linear", ["x", "x_scale", "x_zero_point?"], ["y"],
            Int("axis", 1), Int("block_size", 0)),
    ];
}
