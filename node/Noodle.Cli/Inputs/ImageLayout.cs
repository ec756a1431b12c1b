using Nbc.Tensors;

namespace Noodle.Cli.Inputs;

/// <summary>How a picture lies in an input: [N,C,H,W] or [N,H,W,C], or the same without N.</summary>
/// <param name="Height">Null when the model takes any.</param>
/// <param name="Width">Null when the model takes any.</param>
internal sealed record ImageLayout(int Channels, int? Height, int? Width, bool ChannelsFirst, bool HasBatch)
{
    /// <summary>Null when the input is not a picture. Where both layouts are possible, channels come first.</summary>
    public static ImageLayout? Of(TensorSpec spec)
    {
        bool hasBatch = spec.Dimensions.Count == 4;
        if (!(hasBatch && spec.Dimensions[0] is 1 or < 0) && spec.Dimensions.Count != 3)
        {
            return null;
        }

        long[] sizes = [.. spec.Dimensions.Skip(hasBatch ? 1 : 0)];
        return sizes[0] is 1 or 3 or 4 ? Make(sizes[0], sizes[1], sizes[2], true)
            : sizes[2] is 1 or 3 or 4 ? Make(sizes[2], sizes[0], sizes[1], false)
            : null;

        ImageLayout? Make(long channels, long height, long width, bool first) =>
            height is 0 or > int.MaxValue || width is 0 or > int.MaxValue
                ? null
                : new((int)channels, Size(height), Size(width), first, hasBatch);

        static int? Size(long size) => size < 0 ? null : (int)size;
    }

    /// <summary>The shape of one picture of this size.</summary>
    public long[] Shape(int height, int width)
    {
        long[] sizes = ChannelsFirst ? [Channels, height, width] : [height, width, Channels];
        return HasBatch ? [1, .. sizes] : sizes;
    }
}
