using Nbc.Tensors;
using Nbc.Values;
using static Nbc.Kernels.Tests.Movement.Give;

namespace Nbc.Kernels.Tests.Making;

public sealed class WindowTests
{
    [Fact]
    public void Windows_have_their_values()
    {
        IsNear(Run("hann_window", One(4L)), [4], 1e-7, 0, 0.5, 1, 0.5);
        IsNear(Run("hann_window", Attributes(("periodic", 0)), One(5)), [5], 1e-7, 0, 0.5, 1, 0.5, 0);
        IsNear(Run("hamming_window", One(2L)), [2], 1e-7, 4.0 / 46, 1);
        IsNear(Run("blackman_window", Attributes(("output_datatype", 11)), One(4L)), [4], 1e-12, 0, 0.34, 1, 0.34);
        Is(Run("hann_window", Attributes(("periodic", 0)), One(1L)), [1], 1f);
        Assert.Equal(ElementType.BFloat16, Run("hann_window", Attributes(("output_datatype", 16)), One(3L)).Type);
        Assert.Equal([0], Run("hann_window", One(0L)).Shape.ToArray());
        Refuses(KernelFault.OutOfRange, "hann_window", KernelAttributes.None, One(-1L));
        Refuses(KernelFault.WrongShape, "hann_window", KernelAttributes.None, Longs(1, 2));
    }

    [Fact]
    public void Mel_weights_are_triangles_over_the_bins()
    {
        TensorValue y = Run("mel_weight_matrix", One(2L), One(16L), One(8192L), One(0f), One(4096f));

        // Corners by ONNX's formula: floor(17 * 700 * (10 ^ (i * mel(4096) / 4 / 2595) - 1) / 8192), i from 0 to 3.
        double[] corners = [.. Enumerable.Range(0, 4).Select(i =>
            Math.Floor(17 * 700 * (Math.Pow(1 + (4096.0 / 700), i / 4.0) - 1) / 8192))];
        Assert.Equal([0, 0, 2, 4], corners);
        IsNear(y, [9, 2], 1e-7, 1, 0, 0.5, 0.5, 0, 1, 0, 0.5, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
    }

    [Fact]
    public void Mel_weights_refuse_edges_beyond_the_spectrum()
    {
        Refuses(KernelFault.OutOfRange, "mel_weight_matrix", KernelAttributes.None,
            One(2L), One(16L), One(8192L), One(0f), One(40960f));
        Refuses(KernelFault.OutOfRange, "mel_weight_matrix", KernelAttributes.None,
            One(2L), One(16L), One(0L), One(0f), One(4096f));
        Refuses(KernelFault.OutOfRange, "mel_weight_matrix", KernelAttributes.None,
            One(-2L), One(16L), One(8192L), One(0f), One(4096f));
        Refuses(KernelFault.OutOfRange, "mel_weight_matrix", KernelAttributes.None,
            One(2L), One(16L), One(8192L), One(float.NaN), One(4096f));
    }
}
