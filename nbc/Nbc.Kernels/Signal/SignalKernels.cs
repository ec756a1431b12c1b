namespace Nbc.Kernels.Signal;

/// <summary>Which class is the code of which operator of Descriptors/Signal.cs.</summary>
internal static class SignalKernels
{
    public static void Register(IDictionary<string, KernelFactory> kernels)
    {
        kernels["dft"] = attributes => new Dft(attributes);
        kernels["stft"] = attributes => new Stft(attributes);
        kernels["resize"] = attributes => new Resize(attributes);
        kernels["grid_sample"] = attributes => new GridSample(attributes);
        kernels["affine_grid"] = attributes => new AffineGrid(attributes);
        kernels["roi_align"] = attributes => new RoiAlign(attributes);
        kernels["max_roi_pool"] = attributes => new MaxRoiPool(attributes);
        kernels["non_max_suppression"] = attributes => new NonMaxSuppression(attributes);
        kernels["image_decoder"] = attributes => new ImageDecoder(attributes);
        kernels["det"] = _ => new Det();
        kernels["col2_im"] = attributes => new Col2Im(attributes);
        kernels["max_unpool"] = attributes => new MaxUnpool(attributes);
    }
}
