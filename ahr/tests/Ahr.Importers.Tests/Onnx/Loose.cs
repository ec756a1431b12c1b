using Ahr.Importers.Onnx;
using Ahr.Ntir.Ops;
using Nbc.Kernels;

namespace Ahr.Importers.Tests.Onnx;

/// <summary>Operations for tests of rules: every operation of NTIR's naming exists, with these attributes.</summary>
/// <remarks>What each operation really takes is the business of its own tests; here it matters what the importer makes.
/// </remarks>
internal static class Loose
{
    private static readonly AttributeSpec[] s_attributes =
    [
        .. Specs(AttributeKind.Int, "axis", "keepdims", "to", "num_outputs", "allowzero", "start", "end", "p",
            "num_groups", "training_mode", "transA", "transB", "largest", "sorted", "hidden_size", "inverse",
            "onesided", "num_scan_inputs", "default_int64", "group", "saturate", "qk_matmul_output_mode",
            "mask_before_softcap", "align_corners", "upper", "seed", "stash_type"),
        .. Specs(AttributeKind.Float, "epsilon", "momentum", "alpha", "beta", "gamma", "scale", "softcap",
            "default_float"),
        .. Specs(AttributeKind.Text, "mode", "coordinate_transformation_mode", "nearest_mode", "direction",
            "default_string", "auto_pad", "reduction"),
        .. Specs(AttributeKind.Ints, "perm", "kernel_shape", "scan_input_directions", "keys_int64s", "values_int64s"),
        .. Specs(AttributeKind.Texts, "keys_strings", "values_strings"),
        .. Specs(AttributeKind.Tensor, "value"),
    ];

    /// <summary>Operations that do not exist here either.</summary>
    private static readonly string[] s_missing = ["a_ten", "gru_unit", "ms.unknown_thing", "training.gradient"];

    public static readonly OnnxImportOptions Options = new() { FindOperation = Find };

    public static OpDefinition? Find(string name) => OpTable.Find(name) is { IsStructural: true } structural
        ? structural
        : s_missing.Contains(name)
            ? null
            : new OpDefinition(
                new KernelDescriptor
                {
                    Name = name,
                    Opcode = 1,
                    Inputs = ["values..."],
                    Outputs = ["results..."],
                    Attributes = s_attributes,
                },
                null);

    private static IEnumerable<AttributeSpec> Specs(AttributeKind kind, params string[] names) =>
        names.Select(name => new AttributeSpec(name, kind));
}
