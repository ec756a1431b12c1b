using Ahr.Ntir.Inference;
using Ahr.Ntir.Ops.Signal;

namespace Ahr.Ntir.Ops;

/// <summary>Types and shapes of the operators in Nbc/Descriptors/Signal.cs.</summary>
internal static class SignalRules
{
    public static void Register(IDictionary<string, InferRule> rules)
    {
        rules["dft"] = TransformRules.Dft;
        rules["stft"] = TransformRules.Stft;
        rules["resize"] = ResampleRules.Resize;
        rules["grid_sample"] = ResampleRules.GridSample;
        rules["affine_grid"] = ResampleRules.AffineGrid;
        rules["roi_align"] = ResampleRules.RoiAlign;
        rules["max_roi_pool"] = ResampleRules.MaxRoiPool;
        rules["non_max_suppression"] = TransformRules.NonMaxSuppression;
        rules["image_decoder"] = TransformRules.ImageDecoder;
        rules["det"] = TransformRules.Det;
        rules["col2_im"] = TransformRules.Col2Im;
        rules["max_unpool"] = TransformRules.MaxUnpool;
    }
}
