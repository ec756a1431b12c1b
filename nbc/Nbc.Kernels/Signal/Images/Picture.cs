namespace Nbc.Kernels.Signal.Images;

/// <summary>A decoded picture: three bytes a pixel, red first, row by row from the top.</summary>
internal readonly record struct Picture(int Width, int Height, byte[] Pixels)
{
    private const long MaxPixels = 64_000_000;

    /// <summary>Room for a picture.</summary>
    /// <remarks>Bound: 64 million pixels.</remarks>
    /// <exception cref="KernelException">It is too large, or has no pixels.</exception>
    public static Picture Allocate(long width, long height)
    {
        CheckSize(width, height);
        return new Picture((int)width, (int)height, new byte[3 * width * height]);
    }

    /// <exception cref="KernelException">It is too large, or has no pixels.</exception>
    public static void CheckSize(long width, long height)
    {
        if (width <= 0 || height <= 0)
        {
            throw Damaged();
        }

        if (width > MaxPixels || height > MaxPixels || width * height > MaxPixels)
        {
            throw new KernelException(
                KernelFault.TooLarge, $"a picture of {width} by {height} is too large to decode");
        }
    }

    public static KernelException Unsupported(string kind) =>
        new(KernelFault.Unsupported, $"{kind} pictures cannot be decoded");

    public static KernelException Damaged() =>
        new(KernelFault.Unsupported, "the bytes are no picture, a damaged one, or of a kind that cannot be decoded");
}
