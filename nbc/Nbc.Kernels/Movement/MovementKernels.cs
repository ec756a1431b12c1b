namespace Nbc.Kernels.Movement;

/// <summary>Which class is the code of which operator of Descriptors/Movement.cs.</summary>
internal static class MovementKernels
{
    public static void Register(IDictionary<string, KernelFactory> kernels)
    {
        RegisterShapes(kernels);
        RegisterIndexed(kernels);
    }

    private static void RegisterShapes(IDictionary<string, KernelFactory> kernels)
    {
        kernels["reshape"] = attributes => new Reshape(attributes);
        kernels["flatten"] = attributes => new Flatten(attributes);
        kernels["squeeze"] = _ => new Squeeze();
        kernels["unsqueeze"] = _ => new Unsqueeze();
        kernels["transpose"] = attributes => new Transpose(attributes);
        kernels["slice"] = _ => new Slice();
        kernels["split"] = attributes => new Split(attributes);
        kernels["concat"] = attributes => new Concat(attributes);
        kernels["expand"] = _ => new Expand();
        kernels["tile"] = _ => new Tile();
        kernels["pad"] = attributes => new Pad(attributes);
        kernels["trilu"] = attributes => new Trilu(attributes);
        kernels["depth_to_space"] = attributes => new DepthToSpace(attributes);
        kernels["space_to_depth"] = attributes => new SpaceToDepth(attributes);
        kernels["reverse_sequence"] = attributes => new ReverseSequence(attributes);
        kernels["center_crop_pad"] = attributes => new CenterCropPad(attributes);
        kernels["shape"] = attributes => new ShapeOf(attributes);
        kernels["size"] = _ => new SizeOf();
        kernels["constant_of_shape"] = attributes => new ConstantOfShape(attributes);
        kernels["eye_like"] = attributes => new EyeLike(attributes);
        kernels["range"] = attributes => new Range(attributes);
    }

    private static void RegisterIndexed(IDictionary<string, KernelFactory> kernels)
    {
        kernels["gather"] = attributes => new Gather(attributes);
        kernels["gather_elements"] = attributes => new GatherElements(attributes);
        kernels["gather_nd"] = attributes => new GatherNd(attributes);
        kernels["scatter_elements"] = attributes => new ScatterElements(attributes);
        kernels["scatter_nd"] = attributes => new ScatterNd(attributes);
        kernels["tensor_scatter"] = attributes => new TensorScatter(attributes);
        kernels["compress"] = attributes => new Compress(attributes);
        kernels["one_hot"] = attributes => new OneHot(attributes);
        kernels["non_zero"] = _ => new NonZero();
        kernels["unique"] = attributes => new Unique(attributes);
    }
}
