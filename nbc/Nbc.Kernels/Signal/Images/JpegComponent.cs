namespace Nbc.Kernels.Signal.Images;

/// <summary>One channel of a JPEG file: its coefficients, then its samples.</summary>
/// <param name="Id">By which scans name it.</param>
/// <param name="Across">Samples across in a unit of the picture, 1 to 4.</param>
/// <param name="Down">Samples down in it.</param>
/// <param name="Table">Which quantisation it has.</param>
internal sealed record JpegComponent(int Id, int Across, int Down, int Table)
{
    /// <summary>Samples that belong to the picture.</summary>
    public int Width { get; private set; }

    public int Height { get; private set; }

    /// <summary>Blocks in memory, those that only fill up units among them.</summary>
    public int BlocksAcross { get; private set; }

    public int BlocksDown { get; private set; }

    /// <summary>64 coefficients a block, row by row.</summary>
    public short[] Coefficients { get; private set; } = [];

    /// <summary>The last constant coefficient of the running scan.</summary>
    public int Last { get; set; }

    public JpegCode Constants { get; set; }

    public JpegCode Waves { get; set; }

    /// <summary>Takes its memory.</summary>
    public void Allocate(int width, int height, int mostAcross, int mostDown)
    {
        Width = DivideUp(width * Across, mostAcross);
        Height = DivideUp(height * Down, mostDown);
        BlocksAcross = DivideUp(width, 8 * mostAcross) * Across;
        BlocksDown = DivideUp(height, 8 * mostDown) * Down;
        Coefficients = new short[checked(BlocksAcross * BlocksDown * 64)];
    }

    public Span<short> Block(int row, int column) =>
        Coefficients.AsSpan(((row * BlocksAcross) + column) * 64, 64);

    /// <summary>The samples, a row of blocks as long as those in memory.</summary>
    public byte[] Samples(ReadOnlySpan<int> steps)
    {
        int stride = BlocksAcross * 8;
        byte[] samples = new byte[checked(stride * BlocksDown * 8)];
        for (int row = 0; row < BlocksDown; row++)
        {
            for (int column = 0; column < BlocksAcross; column++)
            {
                JpegTransform.Inverse(
                    Block(row, column), steps, samples.AsSpan((row * 8 * stride) + (column * 8)), stride);
            }
        }

        return samples;
    }

    public static int DivideUp(int value, int by) => (value + by - 1) / by;
}
