using Ahr.Ntir.Inference;
using Ahr.Ntir.Ops.Movement;

namespace Ahr.Ntir.Ops;

/// <summary>Types and shapes of the operators in Nbc/Descriptors/Movement.cs.</summary>
internal static class MovementRules
{
    public static void Register(IDictionary<string, InferRule> rules)
    {
        rules["reshape"] = ViewRules.Reshape;
        rules["flatten"] = ViewRules.Flatten;
        rules["squeeze"] = ViewRules.Squeeze;
        rules["unsqueeze"] = ViewRules.Unsqueeze;
        rules["transpose"] = ViewRules.Transpose;
        rules["slice"] = SliceRule.Infer;
        rules["split"] = CutRules.Split;
        rules["concat"] = CutRules.Concat;
        rules["expand"] = CutRules.Expand;
        rules["tile"] = CutRules.Tile;
        rules["pad"] = CutRules.Pad;
        rules["center_crop_pad"] = CutRules.CenterCropPad;
        rules["gather"] = IndexRules.Gather;
        rules["gather_elements"] = IndexRules.GatherElements;
        rules["gather_nd"] = IndexRules.GatherNd;
        rules["scatter_elements"] = IndexRules.ScatterElements;
        rules["scatter_nd"] = Sizes.Same;
        rules["tensor_scatter"] = Sizes.Same;
        rules["compress"] = IndexRules.Compress;
        rules["one_hot"] = IndexRules.OneHot;
        rules["non_zero"] = IndexRules.NonZero;
        rules["unique"] = IndexRules.Unique;
        rules["trilu"] = Sizes.Same;
        rules["reverse_sequence"] = Sizes.Same;
        rules["depth_to_space"] = SizeRules.DepthToSpace;
        rules["space_to_depth"] = SizeRules.SpaceToDepth;
        rules["shape"] = SizeRules.Shape;
        rules["size"] = SizeRules.Size;
        rules["constant_of_shape"] = SizeRules.ConstantOfShape;
        rules["eye_like"] = SizeRules.EyeLike;
        rules["range"] = SizeRules.Range;
    }
}
