using Nbc.Kernels;
using static Nbc.Descriptors.Declare;

namespace Nbc.Descriptors;

/// <summary>Elements are moved, never changed: reshape, slice, gather, scatter, pad.</summary>
internal static class Movement
{
    private const KernelTraits View = KernelTraits.Pure | KernelTraits.View;

    private const KernelTraits ByData = KernelTraits.Pure | KernelTraits.DataDependentShape;

    private const KernelTraits InPlace = KernelTraits.Pure | KernelTraits.InPlace;

    public static IEnumerable<KernelDescriptor> All { get; } =
    [
        Op(0x1400, "reshape", ["data", "shape"], ["reshaped"], Int("allowzero", 0)) with { Traits = View },
        Op(0x1401, "flatten", ["input"], ["output"], Int("axis", 1)) with { Traits = View },
        Op(0x1402, "squeeze", ["data", "axes?"], ["squeezed"]) with { Traits = View },
        Op(0x1403, "unsqueeze", ["data", "axes"], ["expanded"]) with { Traits = View },
        Op(0x1404, "transpose", ["data"], ["transposed"], Ints("perm")),
        Op(0x1405, "slice", ["data", "starts", "ends", "axes?", "steps?"], ["output"]),
        Op(0x1406, "split", ["input", "split?"], ["outputs..."], Int("axis", 0), Int("num_outputs")),
        Op(0x1407, "concat", ["inputs..."], ["concat_result"], Needed(Int("axis"))),
        Op(0x1408, "expand", ["input", "shape"], ["output"]),
        Op(0x1409, "tile", ["input", "repeats"], ["output"]),
        Op(0x140A, "pad", ["data", "pads", "constant_value?", "axes?"], ["output"], Text("mode", "constant")),
        Op(0x140B, "gather", ["data", "indices"], ["output"], Int("axis", 0)),
        Op(0x140C, "gather_elements", ["data", "indices"], ["output"], Int("axis", 0)),
        Op(0x140D, "gather_nd", ["data", "indices"], ["output"], Int("batch_dims", 0)),
        Op(0x140E, "scatter_elements", ["data", "indices", "updates"], ["output"],
            Int("axis", 0), Text("reduction", "none")) with { Traits = InPlace },
        Op(0x140F, "scatter_nd", ["data", "indices", "updates"], ["output"], Text("reduction", "none"))
            with { Traits = InPlace },
        Op(0x1410, "tensor_scatter", ["past_cache", "update", "write_indices?"], ["present_cache"],
            Int("axis", -2), Text("mode", "linear")) with { Traits = InPlace },
        Op(0x1411, "compress", ["input", "condition"], ["output"], Int("axis")) with { Traits = ByData },
        Op(0x1412, "one_hot", ["indices", "depth", "values"], ["output"], Int("axis", -1)),
        Op(0x1413, "non_zero", ["X"], ["Y"]) with { Traits = ByData },
        Op(0x1414, "unique", ["X"], ["Y", "indices?", "inverse_indices?", "counts?"], Int("axis"), Int("sorted", 1))
            with { Traits = ByData },
        Op(0x1415, "trilu", ["input", "k?"], ["output"], Int("upper", 1)),
        Op(0x1416, "depth_to_space", ["input"], ["output"], Needed(Int("blocksize")), Text("mode", "DCR")),
        Op(0x1417, "space_to_depth", ["input"], ["output"], Needed(Int("blocksize"))),
        Op(0x1418, "reverse_sequence", ["input", "sequence_lens"], ["Y"], Int("batch_axis", 1), Int("time_axis", 0)),
        Op(0x1419, "center_crop_pad", ["input_data", "shape"], ["output_data"], Ints("axes")),
        Op(0x141A, "shape", ["data"], ["shape"], Int("end"), Int("start", 0)),
        Op(0x141B, "size", ["data"], ["size"]),
        Op(0x141C, "constant_of_shape", ["input"], ["output"], Tensor("value")),
        Op(0x141D, "eye_like", ["input"], ["output"], Int("dtype"), Int("k", 0)),
        Op(0x141E, "range", ["start", "limit", "delta"], ["output"], Int("stash_type", 1)),
    ];
}
