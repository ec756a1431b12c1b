using Nbc.Kernels;
using static Nbc.Descriptors.Declare;

namespace Nbc.Descriptors;

/// <summary>Fourier transforms, windows, resampling, boxes, images.</summary>
internal static class Signal
{
    private const KernelTraits ByData = KernelTraits.Pure | KernelTraits.DataDependentShape;

    public static IEnumerable<KernelDescriptor> All { get; } =
    [
        Op(0x1A00, "dft", ["input", "dft_length?", "axis?"], ["output"], Int("inverse", 0), Int("onesided", 0)),
        Op(0x1A01, "stft", ["signal", "frame_step", "window?", "frame_length?"], ["output"], Int("onesided", 1)),
        Op(0x1A02, "resize", ["X", "roi?", "scales?", "sizes?"], ["Y"],
            Int("antialias", 0), Ints("axes"), Text("coordinate_transformation_mode", "half_pixel"),
            Float("cubic_coeff_a", -0.75), Int("exclude_outside", 0), Float("extrapolation_value", 0),
            Text("keep_aspect_ratio_policy", "stretch"), Text("mode", "nearest"),
            Text("nearest_mode", "round_prefer_floor")),
        Op(0x1A03, "grid_sample", ["X", "grid"], ["Y"],
            Int("align_corners", 0), Text("mode", "linear"), Text("padding_mode", "zeros")),
        Op(0x1A04, "affine_grid", ["theta", "size"], ["grid"], Int("align_corners", 0)),
        Op(0x1A05, "roi_align", ["X", "rois", "batch_indices"], ["Y"],
            Text("coordinate_transformation_mode", "half_pixel"), Text("mode", "avg"), Int("output_height", 1),
            Int("output_width", 1), Int("sampling_ratio", 0), Float("spatial_scale", 1)),
        Op(0x1A06, "max_roi_pool", ["X", "rois"], ["Y"], Needed(Ints("pooled_shape")), Float("spatial_scale", 1)),
        Op(0x1A07, "non_max_suppression",
            ["boxes", "scores", "max_output_boxes_per_class?", "iou_threshold?", "score_threshold?"],
            ["selected_indices"], Int("center_point_box", 0)) with { Traits = ByData },
        Op(0x1A08, "image_decoder", ["encoded_stream"], ["image"], Text("pixel_format", "RGB"))
            with { Traits = ByData },
        Op(0x1A09, "det", ["X"], ["Y"]),
        Op(0x1A0A, "col2_im", ["input", "image_shape", "block_shape"], ["output"],
            Ints("dilations"), Ints("pads"), Ints("strides")),
        Op(0x1A0B, "max_unpool", ["X", "I", "output_shape?"], ["output"],
            Needed(Ints("kernel_shape")), Ints("pads"), Ints("strides")),
    ];
}
